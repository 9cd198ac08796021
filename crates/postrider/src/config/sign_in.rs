//! How users of the console sign in, and what is agreed with an identity provider.

use super::check::{Checker, keys};
use super::settings::{OidcSection, SignInSection};
use postrider_access::{OidcSettings, Settings};
use postrider_core::user::SessionLimits;
use std::net::IpAddr;
use url::{Host, Url};

/// The path to which a provider leads back.
const RETURN: &str = "/console/sign-in/provider";

impl Checker<'_> {
    pub(super) fn sign_in(&mut self, section: &SignInSection) -> Settings {
        Settings {
            limits: SessionLimits {
                idle: section.idle.get(),
                absolute: section.longest.get(),
                fresh: section.fresh.get(),
            },
            codes_required: section.totp_required.iter().map(|role| (*role).into()).collect(),
            oidc: section.oidc.as_ref().map(|oidc| self.oidc(oidc)),
        }
    }

    fn oidc(&mut self, section: &OidcSection) -> OidcSettings {
        let place = |name: &str| keys(&["sign_in", "oidc", name]);
        if let Err(why) = safe(&section.issuer) {
            self.error(&place("issuer"), why, "write it as the provider does: `https://id.example`");
        }
        let back = safe(&section.redirect_uri).and_then(|url| match url.path() {
            RETURN => Ok(()),
            path => Err(format!("the path is `{path}`")),
        });
        if let Err(why) = back {
            let help = format!("write the address of this gateway with the path {RETURN}");
            self.error(&place("redirect_uri"), why, help.as_str());
        }
        if section.create_users && section.roles.is_empty() {
            let help = "say which values of the claim have which role, or `roles.\"*\"` for all";
            self.error(&place("create_users"), "a user who is made has no role", help);
        }
        let secret = section.client_secret.as_ref();
        let client_secret = secret.and_then(|secret| self.secret(&place("client_secret"), secret));
        let roles = section.roles.iter().map(|(value, role)| (value.as_str().into(), (*role).into()));
        OidcSettings {
            label: section.label.as_str().into(),
            issuer: section.issuer.as_str().into(),
            client_id: section.client_id.as_str().into(),
            client_secret: client_secret.map(Into::into),
            redirect_uri: section.redirect_uri.as_str().into(),
            scopes: section.scopes.iter().map(|scope| scope.as_str().into()).collect(),
            name_claim: section.name_claim.as_str().into(),
            roles_claim: section.roles_claim.as_str().into(),
            roles: roles.collect(),
            account_claim: section.account_claim.as_deref().map(Into::into),
            creates_users: section.create_users,
        }
    }
}

/// An address at which nobody reads along: of https, or on this machine.
fn safe(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("invalid address `{text}`: {error}"))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && is_here) {
        return Ok(url);
    }
    Err(format!("`{text}` is not encrypted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_providers_are_encrypted_or_on_this_machine() {
        for address in
            ["https://id.example/realms/x", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost"]
        {
            assert!(safe(address).is_ok(), "{address}");
        }
        for address in ["http://id.example", "id.example", "ftp://localhost", "http://127.0.0.1.example"] {
            assert!(safe(address).is_err(), "{address}");
        }
    }
}
