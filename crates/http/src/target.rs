//! Where requests go: a URL, read once.

use rustls_pki_types::ServerName;
use url::{Host, Url};

/// The server of a URL, by which connections are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// A name or an address; an IPv6 address is without brackets.
    pub host: Box<str>,
    /// The port.
    pub port: u16,
}

/// A URL of http or https, as requests need it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The URL.
    pub url: Url,
    /// Its server.
    pub origin: Origin,
    /// The name of the server that its certificate must have.
    pub(crate) name: Option<ServerName<'static>>,
    /// The value of the field `host`.
    pub(crate) authority: Box<str>,
    /// Path and query.
    pub(crate) path: Box<str>,
}

/// A URL is none of http or https.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL is not one of http or https")]
pub struct NotHttp;

impl Target {
    /// The target that a URL names.
    ///
    /// # Errors
    /// Its scheme is neither http nor https.
    pub fn new(url: Url) -> Result<Self, NotHttp> {
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(NotHttp),
        };
        let (host, port) = url.host().zip(url.port_or_known_default()).ok_or(NotHttp)?;
        let host: Box<str> = match host {
            Host::Domain(name) => name.into(),
            Host::Ipv4(address) => address.to_string().into(),
            Host::Ipv6(address) => address.to_string().into(),
        };
        let name = ServerName::try_from(host.to_string()).ok();
        let origin = Origin { is_tls, host, port };
        let shown = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| shown.into(), |port| format!("{shown}:{port}").into());
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        let path = format!("{}{query}", url.path()).into();
        Ok(Self { url, origin, name, authority, path })
    }

    /// The target, whose certificate must have this name instead of the host's.
    #[must_use]
    pub fn named(mut self, name: ServerName<'static>) -> Self {
        self.name = Some(name);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_into_its_parts() {
        for (url, is_tls, host, port, authority, path) in [
            ("http://a.example", false, "a.example", 80, "a.example", "/"),
            ("https://a.example:443/x?y=1#z", true, "a.example", 443, "a.example", "/x?y=1"),
            ("https://a.example:8443/x", true, "a.example", 8443, "a.example:8443", "/x"),
            ("http://[::1]:8080/a b\r\nX: y", false, "::1", 8080, "[::1]:8080", "/a%20bX:%20y"),
            ("http://0x7f.1/", false, "127.0.0.1", 80, "127.0.0.1", "/"),
        ] {
            let target = Target::new(url.parse().unwrap()).unwrap();
            assert_eq!(target.origin, Origin { is_tls, host: host.into(), port }, "{url}");
            assert_eq!((&*target.authority, &*target.path), (authority, path), "{url}");
        }
        assert_eq!(Target::new("ftp://a.example/".parse().unwrap()).err(), Some(NotHttp));
        assert_eq!(Target::new("data:text/plain,x".parse().unwrap()).err(), Some(NotHttp));
    }
}
