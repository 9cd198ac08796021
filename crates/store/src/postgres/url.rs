//! The address of a database as an operator writes it: what tokio-postgres knows of it, and what it doesn't.

use std::path::PathBuf;
use tokio_postgres::Config;

/// Where the database is, and whom to trust to be it.
pub(super) struct Address {
    /// The part that tokio-postgres reads.
    pub(super) config: Config,
    /// `sslrootcert`: the file with the authorities that may vouch for the server, instead of the system's.
    pub(super) authorities: Option<PathBuf>,
}

/// Whether a database's URL can be read.
///
/// # Errors
/// The fault of a URL, in words that repeat nothing of it but parameters' names.
pub fn check(url: &str) -> Result<(), String> {
    parse(url).map(drop)
}

/// Reads `postgres://user:password@host1,host2/database?sslmode=require&...`.
///
/// # Errors
/// The fault of a URL, in words that repeat nothing of it but parameters' names.
pub(super) fn parse(url: &str) -> Result<Address, String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("it does not start with postgres://".into());
    }
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    if base.matches('@').count() > 1 {
        return Err("there is an @ in its user or password, which is written %40".into());
    }
    let mut authorities = None;
    let mut known = Vec::new();
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslrootcert", path)) => authorities = Some(PathBuf::from(decoded(path)?)),
            // A server that can't prove who it is is never spoken to, so these are all the same.
            Some(("sslmode", "verify-ca" | "verify-full")) => known.push("sslmode=require"),
            Some(("sslmode", mode)) if !["disable", "prefer", "require"].contains(&mode) => {
                return Err("sslmode is one of disable, prefer, require, verify-ca and verify-full".into());
            }
            // A node writes, and looks for the server that can be written.
            Some(("target_session_attrs", "read-write" | "primary" | "any")) => {}
            Some(("target_session_attrs", _)) => {
                return Err("target_session_attrs must be read-write, since a node writes".into());
            }
            _ => known.push(parameter),
        }
    }
    let rest = if known.is_empty() { base.to_owned() } else { format!("{base}?{}", known.join("&")) };
    let config: Config = rest.parse().map_err(|error| super::error::words(&error))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err("it names no host".into());
    }
    Ok(Address { config, authorities })
}

/// A parameter's value without its percent signs.
fn decoded(value: &str) -> Result<String, String> {
    let wrong = || "sslrootcert is not percent-encoded properly".to_owned();
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let digits = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
            let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
            octets.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use tokio_postgres::config::{Host, SslMode};

    #[test]
    fn hosts_and_authorities_are_read() {
        let url = "postgres://u:p@one,two:5433/db?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem";
        let address = parse(url).unwrap();
        assert_eq!(address.config.get_hosts(), [Host::Tcp("one".into()), Host::Tcp("two".into())]);
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.authorities.as_deref(), Some(Path::new("/etc/my ca.pem")));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for url in [
            "mysql://u:secret@h/db",
            "postgres://u:secret@h/db?sslmode=secret",
            "postgres://u:secret@h/db?target_session_attrs=read-only",
            "postgres://u:sec@ret@h/db",
            "postgres://u:secret@h/db?nonsense=1",
            "postgres://u:secret@h/db?sslrootcert=%zz",
            "postgres:///db?user=secret",
        ] {
            let Err(why) = parse(url) else { panic!("{url} was taken") };
            assert!(!why.is_empty() && !why.contains("secret") && !why.contains("ret@"), "{why}");
        }
    }
}
