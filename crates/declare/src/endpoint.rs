//! Where notices may be posted: to https and the usual ports, unless the account's webhook allows more.

use postrider_core::account::Webhook;
use url::{Host, Url};

/// The ports of https.
const HTTPS_PORTS: [u16; 2] = [443, 8443];
/// The ports of http, where it is allowed.
const HTTP_PORTS: [u16; 2] = [80, 8080];

/// What an account's webhook allows its endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Plain http.
    pub allow_http: bool,
    /// Addresses that are not public, at any port; http too, if it stays within this machine.
    pub allow_private: bool,
}

impl Endpoints {
    /// Everything.
    pub const ANY: Self = Self { allow_http: true, allow_private: true };

    /// What a webhook allows.
    #[must_use]
    pub const fn of(webhook: &Webhook) -> Self {
        Self { allow_http: webhook.allow_http, allow_private: webhook.allow_private }
    }

    /// Whether notices may be posted to a URL, as far as scheme and port say.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(self, text: &str) -> Result<(), String> {
        let url = Url::parse(text).map_err(|_| "invalid URL: write https://host/path".to_owned())?;
        self.check_url(&url)
    }

    /// As [`Endpoints::check`], for a URL that was read.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check_url(self, url: &Url) -> Result<(), String> {
        let is_plain = url.scheme() == "http";
        if is_plain && !self.allow_http && !(self.allow_private && is_this_machine(url)) {
            return Err("anybody on the way can read what http carries: write https, or allow it with \
                        `webhook.allow_http`"
                .to_owned());
        }
        let usual = if is_plain { HTTP_PORTS } else { HTTPS_PORTS };
        match url.port_or_known_default().filter(|port| !self.allow_private && !usual.contains(port)) {
            None => Ok(()),
            Some(port) => Err(format!(
                "notices are not posted to port {port}: use {} or {}, or allow every port with `webhook.allow_private`",
                usual[0], usual[1]
            )),
        }
    }
}

/// Whether the host is this machine by its very form.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_at_usual_ports_unless_more_is_allowed() {
        let (strict, http) = (Endpoints { allow_http: false, allow_private: false }, true);
        let plain = Endpoints { allow_http: http, ..strict };
        let private = Endpoints { allow_private: true, ..strict };
        let both = Endpoints { allow_http: true, allow_private: true };
        let cases = [
            // The URL, and whether each of the four allows it.
            ("https://example.org/sms", [true, true, true, true]),
            ("https://example.org:8443/sms", [true, true, true, true]),
            ("https://example.org:22/", [false, false, true, true]),
            ("https://example.org:80/", [false, false, true, true]),
            ("http://example.org/", [false, true, false, true]),
            ("http://example.org:8080/", [false, true, false, true]),
            ("http://example.org:443/", [false, false, false, true]),
            ("http://10.0.0.7:3000/", [false, false, false, true]),
            ("https://10.0.0.7:3000/", [false, false, true, true]),
            ("http://127.0.0.1:3000/", [false, false, true, true]),
            ("http://[::1]:3000/", [false, false, true, true]),
            ("http://localhost:3000/", [false, false, true, true]),
            ("http://localhost.example.org:3000/", [false, false, false, true]),
        ];
        for (url, allowed) in cases {
            let found = [strict, plain, private, both].map(|may| may.check(url).is_ok());
            assert_eq!(found, allowed, "{url}");
        }
    }
}
