//! What a provider says of itself (OpenID Connect Discovery 1.0), and how it is asked for documents.

use postrider_http::{Connector, Request, Target};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// The most octets of a document.
const DOCUMENT_MAX: usize = 256 * 1024;
/// The longest time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a provider says of itself, as far as it is used.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    /// Asks a provider. What isn't about this provider is refused (section 4.3).
    pub(super) async fn ask(connector: &Connector, issuer: &str) -> Result<Self, String> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Self = get(connector, &address, None).await?;
        if discovery.issuer != issuer {
            let (told, set) = (&discovery.issuer, issuer);
            return Err(format!("the provider calls itself '{told}', and `sign_in.oidc.issuer` is '{set}'"));
        }
        Ok(discovery)
    }

    /// Whether this gateway gives its secret in the body rather than in a header.
    pub(super) fn wants_secret_in_body(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |wanted: &str| methods.iter().any(|method| method == wanted);
        !has("client_secret_basic") && has("client_secret_post")
    }
}

/// Reads the document at an address, with a token if there is one.
pub(super) async fn get<T: DeserializeOwned>(
    connector: &Connector,
    address: &str,
    token: Option<&str>,
) -> Result<T, String> {
    let target = target(address)?;
    let mut request = Request::new("GET", &target).field("accept", "application/json");
    if let Some(token) = token {
        request = request.field("authorization", format_args!("Bearer {token}"));
    }
    asked(connector, &target, &request.without_body()).await
}

/// Posts a form to an address, and reads the answer.
pub(super) async fn post<T: DeserializeOwned>(
    connector: &Connector,
    address: &str,
    form: &str,
    authorization: Option<&str>,
) -> Result<T, String> {
    let target = target(address)?;
    let mut request = Request::new("POST", &target)
        .field("accept", "application/json")
        .field("content-type", "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.field("authorization", authorization);
    }
    asked(connector, &target, &request.with_body(form.as_bytes())).await
}

fn target(address: &str) -> Result<Target, String> {
    let wrong = || format!("'{address}' is no address of http or https");
    Target::new(address.parse().map_err(|_| wrong())?).map_err(|_| wrong())
}

async fn asked<T: DeserializeOwned>(
    connector: &Connector,
    target: &Target,
    request: &[u8],
) -> Result<T, String> {
    let place = &target.origin.host;
    let answered = async {
        let connection = connector.connect(target).await.map_err(|error| format!("{place}: {error}"))?;
        let mut answer = connection.ask(request).await.map_err(|error| format!("{place}: {error}"))?;
        let body = answer.rest(DOCUMENT_MAX).await.map_err(|error| format!("{place}: {error}"))?;
        let body = body.ok_or_else(|| format!("{place} answered with more than {DOCUMENT_MAX} octets"))?;
        match answer.head.status {
            200..300 => serde_json::from_slice(&body).map_err(|error| format!("{place}: {error}")),
            status => Err(format!("{place} answered {status}{}", reason(&body))),
        }
    };
    timeout(PATIENCE, answered).await.map_err(|_| format!("{place} did not answer in time"))?
}

/// What a refusal says (RFC 6749, section 5.2).
fn reason(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
        #[serde(default)]
        error_description: String,
    }
    let Ok(Refusal { error, error_description }) = serde_json::from_slice(body) else { return String::new() };
    format!(": {error} {error_description}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_goes_where_the_provider_wants_it() {
        let of = |methods: &str| {
            let text = format!(
                r#"{{"issuer":"i","authorization_endpoint":"a","token_endpoint":"t","jwks_uri":"j"{methods}}}"#
            );
            serde_json::from_str::<Discovery>(&text).unwrap().wants_secret_in_body()
        };
        assert!(!of(""), "the header is the default");
        assert!(of(r#","token_endpoint_auth_methods_supported":["client_secret_post"]"#));
        assert!(!of(
            r#","token_endpoint_auth_methods_supported":["client_secret_post","client_secret_basic"]"#
        ));
    }

    #[test]
    fn a_refusal_is_told() {
        assert_eq!(
            reason(br#"{"error":"invalid_grant","error_description":"too old"}"#),
            ": invalid_grant too old"
        );
        assert_eq!(reason(b"<html>"), "");
    }
}
