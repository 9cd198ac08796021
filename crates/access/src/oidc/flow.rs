//! One attempt to sign in at a provider: secrets that the browser keeps while it is there, and where it goes.

use super::OidcSettings;
use super::discovery::Discovery;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_declare::new_token;
use ring::digest::{SHA256, digest};
use url::Url;

/// What the browser keeps while it is at the provider. It is opaque there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Comes back with the browser, and shows that it is the same.
    pub(super) state: String,
    /// Comes back in the token, and shows that it was made for this attempt.
    pub(super) nonce: String,
    /// Shows the provider that whoever has the code began the attempt (RFC 7636).
    pub(super) verifier: String,
}

/// What the browser comes back with.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// What the browser has kept: [`Flow`] as text.
    pub flow: &'a str,
    /// The state of the attempt.
    pub state: &'a str,
    /// The code that the provider gives a token for.
    pub code: &'a str,
    /// Who says so (RFC 9207); empty if the provider doesn't tell.
    pub issuer: &'a str,
}

impl std::fmt::Display for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.state, self.nonce, self.verifier)
    }
}

impl Flow {
    /// A new attempt.
    pub(super) fn new() -> Result<Self, postrider_declare::RegistryError> {
        Ok(Self { state: new_token()?, nonce: new_token()?, verifier: new_token()? + &new_token()? })
    }

    /// The attempt that a text stands for.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::to_owned).filter(|part| part.len() >= 32);
        let flow = Self { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? };
        parts.next().is_none().then_some(flow)
    }

    /// The address to which the browser goes. For a fresh proof the provider asks again who it is.
    pub(super) fn address(
        &self,
        discovery: &Discovery,
        settings: &OidcSettings,
        is_fresh: bool,
    ) -> Result<String, String> {
        let endpoint = &discovery.authorization_endpoint;
        let mut address: Url = endpoint.parse().map_err(|_| format!("'{endpoint}' is no address"))?;
        let mut scope = "openid".to_owned();
        for more in &settings.scopes {
            scope.push(' ');
            scope.push_str(more);
        }
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()));
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.redirect_uri)
            .append_pair("scope", &scope)
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if is_fresh {
            address.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(address.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::sign_in::tests::settings;

    #[test]
    fn an_attempt_is_kept_by_the_browser_and_read_again() {
        let flow = Flow::new().unwrap();
        assert_eq!(Flow::read(&flow.to_string()), Some(flow.clone()));
        for other in ["", "a.b.c", &flow.state, &format!("{flow}.{}", flow.state)] {
            assert_eq!(Flow::read(other), None, "{other}");
        }
    }

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_as_the_standard_has_it() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let flow = Flow { state: "s".into(), nonce: "n".into(), verifier };
        let discovery = serde_json::from_str(
            r#"{"issuer":"i","authorization_endpoint":"https://id.example/auth?a=1","token_endpoint":"t","jwks_uri":"j"}"#,
        );
        let address = flow.address(&discovery.unwrap(), &settings(), true).unwrap();
        assert!(
            address.starts_with("https://id.example/auth?a=1&response_type=code&client_id=postrider"),
            "{address}"
        );
        assert!(address.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), "{address}");
        assert!(
            address.contains("scope=openid+profile") && address.ends_with("prompt=login&max_age=0"),
            "{address}"
        );
    }
}
