//! Settings of connections to carriers, which upstreams of several protocols have.

use crate::limit::{Ascii, AtMost};
use crate::mistake::Notes;
use crate::pem_files::{check_certificates, check_key};
use crate::written::{FromText, HostAndPort, HostName, Written};
use crate::{settings, words};
use std::net::IpAddr;

/// The most hosts besides the first.
const BACKUP_HOSTS_MAX: usize = 8;

settings! {
    /// Where a carrier listens, and how it is connected to.
    pub struct Connection {
        /// The host name or address of the carrier.
        host: Written<HostName>;
        /// Further hosts of the carrier, in the order in which the hosts are tried when the ones before can't be reached, each with its
        /// port if that differs from `port`: `smpp2.example.net`, `192.0.2.7:2776` or `[2001:db8::7]:2776`. Names are looked
        /// up anew each time. Default: nowhere.
        backup_hosts: Vec<Written<HostAndPort>> = Vec::new(), AtMost(BACKUP_HOSTS_MAX);
        /// The address of this machine to connect from, where the carrier admits only that one. Default: any.
        bind_ip: Option<Written<IpAddr>> = None;
        /// The encryption of the connection. Default: not at all.
        tls: Option<TlsDocument> = None;
    }
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name or an address.
    pub name: Box<str>,
    /// The TCP port of the carrier.
    pub port: u16,
}

impl Connection {
    /// The hosts in the order in which they are tried, with `port` for those that have none of their own.
    #[must_use]
    pub fn hosts(&self, port: u16) -> Vec<Host> {
        let first = Host { name: self.host.0.clone(), port };
        let backup = self.backup_hosts.iter();
        let backup = backup.map(|host| Host { name: host.name.clone(), port: host.port.unwrap_or(port) });
        std::iter::once(first).chain(backup).collect()
    }
}

settings! {
    /// The encryption of a connection.
    pub struct TlsDocument {
        /// The trusted certificates.
        verify: Verify = Verify::System;
        /// A file of certificates (PEM) that are trusted when `verify` is `ca_file`. Default: none.
        ca_file: Option<String> = None;
        /// The SHA-256 of the one certificate that is trusted when `verify` is `fingerprint`: 64 hexadecimal digits, with or
        /// without colons. Default: none.
        fingerprint: Option<Written<Fingerprint>> = None;
        /// The name that the certificate must have. Default: `host`.
        server_name: Option<String> = None, Ascii(1..=253);
        /// A file with the client's certificate and its chain (PEM). Default: none.
        cert_file: Option<String> = None;
        /// A file with the key of the client's certificate (PEM). Default: none; needed with `cert_file`.
        key_file: Option<String> = None;
    }
}

words! {
    /// The trusted certificates.
    pub enum Verify {
        /// The certificates that the system trusts.
        System = "system",
        /// The certificates in `ca_file`.
        CaFile = "ca_file",
        /// The one whose `fingerprint` is given, whatever its name and dates: for carriers that signed their own.
        Fingerprint = "fingerprint",
        /// Any: encrypted, but open to an attacker in between. For tests.
        Nobody = "nobody",
    }
}

impl TlsDocument {
    /// Visits each path of a file.
    pub(crate) fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        [&mut self.ca_file, &mut self.cert_file, &mut self.key_file].into_iter().flatten().for_each(visit);
    }

    /// Notes files that hold no certificate, or no key.
    pub(crate) fn check_files(&self, notes: &Notes<'_>) {
        for (name, file) in [("ca_file", &self.ca_file), ("cert_file", &self.cert_file)] {
            if let Some(file) = file {
                notes.key(name).take(check_certificates(file));
            }
        }
        if let Some(file) = &self.key_file {
            notes.key("key_file").take(check_key(file));
        }
    }

    /// Notes settings that contradict each other, and ones that are needed and missing.
    pub(crate) fn check(&self, notes: &Notes<'_>) {
        let missing = |key: &str, what: &str, help: &str| notes.key(key).wrong(what, help);
        match (self.verify == Verify::CaFile, &self.ca_file) {
            (true, None) => {
                missing("ca_file", "no authority is named", "write ca_file = '...', or another 'verify'");
            }
            (false, Some(_)) => missing("ca_file", "this file is not used", "write verify = 'ca_file'"),
            _ => {}
        }
        match (&self.cert_file, &self.key_file) {
            (Some(_), None) => {
                missing("key_file", "the certificate needs its key", "write key_file = '...'");
            }
            (None, Some(_)) => {
                missing("cert_file", "the key needs its certificate", "write cert_file = '...'");
            }
            _ => {}
        }
        let key = "fingerprint";
        match (self.verify == Verify::Fingerprint, &self.fingerprint) {
            (true, None) => {
                missing(key, "no fingerprint is given", "write fingerprint = '...', or another 'verify'");
            }
            (false, Some(_)) => missing(key, "this fingerprint is not used", "write verify = 'fingerprint'"),
            _ => {}
        }
    }
}

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl FromText for Fingerprint {
    fn from_text(text: &str) -> Result<Self, String> {
        let help = "write 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` shows them";
        sha256(text).map(Self).ok_or_else(|| format!("invalid SHA-256 '{text}': {help}"))
    }
}

/// Octets as tools show them, with colons or without.
fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.chars().filter(|c| *c != ':');
    let digits = digits.map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    octets.try_into().ok().filter(|_| digits.len() == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_tools_show_it() {
        let plain = "00ff".repeat(16);
        let colons = ["00:FF"; 16].join(":");
        let octets: [u8; 32] = std::array::from_fn(|index| if index % 2 == 0 { 0 } else { 0xFF });
        assert_eq!((sha256(&plain), sha256(&colons)), (Some(octets), Some(octets)));
        for wrong in ["", "00ff", &plain[1..], &format!("{plain}0"), &format!("+f{}", &plain[2..])] {
            assert_eq!(sha256(wrong), None, "{wrong}");
        }
    }
}
