//! Calls of rules' own addresses: who knows the token sets off the rule. No key is needed.

use super::Rest;
use super::answer::json;
use super::client::Client;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_core::contract::{Decided, Refused};
use postrider_declare::hash_key;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use utoipa::ToSchema;

/// The most fields of a call that templates may name.
const FIELDS_MAX: usize = 100;
/// The longest idempotency key of a call, in characters.
const KEY_MAX: usize = 200;

/// The start of the addresses of rules.
const PATH: &str = "/v1/call/";

/// Paths that end with a secret, and how logs show them: of rules that are called, of links by
/// which passwords are set, and of pages with media.
const SECRET: [(&str, &str); 4] = [
    (PATH, "/v1/call/{token}"),
    ("/v1/setup/", "/v1/setup/{token}"),
    ("/console/setup/", "/console/setup/{token}"),
    ("/m/", "/m/{secret}"),
];

/// A path as logs may show it.
pub(super) fn without_token(path: &str) -> &str {
    SECRET.iter().find(|(secret, _)| path.starts_with(secret)).map_or(path, |(_, shown)| shown)
}

/// What came of a call.
#[derive(Serialize, ToSchema)]
pub(super) struct CallAnswer {
    /// The messages that were accepted, in order.
    messages: Vec<String>,
    /// The messages that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedView>,
}

/// A message that was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedByRule)]
struct RefusedView {
    /// The code, as in errors of submissions.
    code: String,
    /// The reason.
    detail: String,
}

/// Sets off the rule whose address this is. The answer comes when its messages are stored.
#[utoipa::path(
    post, path = "/v1/call/{token}", operation_id = "callRule", tag = "messages", security(()), request_body = Object,
    params(
        ("token" = String, Path, description = "The rule's token."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated call with the same key sends nothing again; up to 200 characters."),
    ),
    responses(
        (status = 202, description = "The rule was set off.", body = CallAnswer),
        (status = 404, description = "No rule has this address.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Nothing was done.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Messages can't be stored just now.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn call(
    State(rest): State<Arc<Rest>>,
    client: Option<Extension<Arc<Client>>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let Some(rule) = rules.automation.called(&hash_key(&token)) else {
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let peer = client.map_or(nobody, |Extension(client)| client.peer);
        let missing = Problem::not_found("no rule has this address");
        return Err(rest.wrong_keys.answer(peer, "the token of a rule is unknown", missing).await);
    };
    let once = once(&headers)?;
    let decided = rest.automation.call(rule, &fields(&body)?, once).await?;
    Ok(json(StatusCode::ACCEPTED, &answer(decided)))
}

fn once(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(given) = headers.get("idempotency-key") else { return Ok(None) };
    match given.to_str() {
        Ok(key) if (1..=KEY_MAX).contains(&key.len()) => Ok(Some(key)),
        _ => {
            let detail = format!("an Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters");
            Err(Problem::bad("invalid_idempotency_key", detail).at("Idempotency-Key"))
        }
    }
}

/// The fields that templates may name: texts, numbers, true and false.
fn fields(body: &[u8]) -> Result<BTreeMap<String, String>, Problem> {
    let given: Map<String, Value> = if body.is_empty() { Map::new() } else { parse(body)? };
    let field = |(name, value): (String, Value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Number(number) => Some((name, number.to_string())),
        Value::Bool(yes) => Some((name, yes.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(given.into_iter().take(FIELDS_MAX).filter_map(field).collect())
}

fn answer(decided: Vec<Decided>) -> CallAnswer {
    let (mut messages, mut refused) = (Vec::new(), Vec::new());
    for decided in decided {
        match decided {
            Decided::Accepted(message) => messages.push(message.to_string()),
            Decided::Refused(Refused { code, detail, .. }) => {
                refused.push(RefusedView { code: code.into(), detail: detail.into() });
            }
        }
    }
    CallAnswer { messages, refused }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_no_token() {
        assert_eq!(without_token("/v1/call/0123456789abcdefghij"), "/v1/call/{token}");
        assert_eq!(without_token("/v1/setup/0123456789abcdefghij"), "/v1/setup/{token}");
        assert_eq!(without_token("/console/setup/0123456789abcdefghij"), "/console/setup/{token}");
        assert_eq!(without_token("/m/0123456789abcdefghij/0"), "/m/{secret}");
        assert_eq!(without_token("/v1/messages"), "/v1/messages");
    }

    #[test]
    fn fields_are_what_templates_can_name() {
        let body = br#"{"a":"x","b":7,"c":true,"d":null,"e":[1],"f":{"g":1}}"#;
        let read = fields(body).unwrap();
        let expected = [("a", "x"), ("b", "7"), ("c", "true")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert!(fields(b"").unwrap().is_empty());
        assert!(fields(b"[]").is_err());
    }
}
