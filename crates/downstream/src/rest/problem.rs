//! Problems: errors as documents of RFC 9457, with a stable code for programs and words for people.

use super::messages::RefusedMessage;
use super::mistakes;
use super::words::StateWord;
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use postrider_core::contract::{Busy, Refused, StoreError};
use postrider_core::submission::Refusal;
use postrider_declare::RegistryError;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;
use utoipa::ToSchema;

/// A problem, not yet rendered for its request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: Cow<'static, str>,
    pub(super) detail: Box<str>,
    pub(super) field: Option<Box<str>>,
    pub(super) retry_after: Option<Duration>,
    /// An additional member: the errors of a declaration, or the messages of a batch.
    pub(super) more: Option<Box<(&'static str, Value)>>,
    /// The cause, for the log only.
    pub(super) cause: Option<Box<StoreError>>,
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDocument<'a> {
    /// `urn:postrider:problem:` and the code.
    r#type: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The problem in words, for people.
    detail: &'a str,
    /// The stable code, for programs, such as `invalid_recipient`.
    code: &'a str,
    /// The field that is wrong, if the problem is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// The identifier of the request in the logs, also in the header `X-Request-Id`.
    request_id: &'a str,
    #[serde(flatten)]
    #[schema(value_type = ProblemMembers)]
    more: Option<serde_json::Map<String, Value>>,
}

/// Members that only some problems have.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes problems")]
struct ProblemMembers {
    /// All mistakes of a declaration.
    #[schema(required = false)]
    errors: Vec<DeclarationError>,
    /// The messages of a list, if none was accepted.
    #[schema(required = false)]
    messages: Vec<RefusedMessage<'static>>,
    /// The message's state, if it is too late for what was asked.
    #[schema(value_type = StateWord, required = false)]
    state: String,
}

/// A mistake of a declaration.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes problems")]
struct DeclarationError {
    /// The field that is wrong, or the column of a numbering plan. It is absent if a whole line of a plan is wrong.
    #[schema(required = false)]
    field: String,
    /// What is wrong with it, for people.
    detail: String,
    /// Its place in the body, as a JSON pointer: `#/smpp/allow/0`. It is absent, and so are line and column, if the mistake is
    /// not in the body.
    #[schema(required = false)]
    pointer: String,
    /// The line of the value, from 1; of a missing field, the line of its object.
    #[schema(required = false)]
    line: usize,
    /// The column there, in octets, from 1.
    #[schema(required = false)]
    column: usize,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Box<str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            field: None,
            retry_after: None,
            more: None,
            cause: None,
        }
    }

    /// A request that can't be understood (400).
    pub(super) fn bad(code: &'static str, detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A thing that doesn't exist, or belongs to another account (404).
    pub(super) fn not_found(detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The problem, with the field that is wrong.
    pub(super) fn at(self, field: impl Into<Box<str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The problem, with an additional member.
    pub(super) fn with(self, name: &'static str, value: Value) -> Self {
        Self { more: Some(Box::new((name, value))), ..self }
    }

    /// The problem, with a `Retry-After`.
    pub(super) fn later(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// The problem's document.
    pub(super) fn document(&mut self, request_id: &str) -> Vec<u8> {
        let document = ProblemDocument {
            r#type: format!("urn:postrider:problem:{}", self.code),
            title: title(&self.code),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: &self.code,
            field: self.field.as_deref(),
            request_id,
            more: self.more.take().map(|more| [(more.0.to_owned(), more.1)].into_iter().collect()),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// The response with the problem's document.
    pub(super) fn render(mut self, request_id: &str) -> Response {
        let mut response = Response::new(Body::from(self.document(request_id)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.retry_after {
            // Whole seconds, rounded up: earlier would be too early.
            let seconds = after.as_millis().div_ceil(1_000).max(1);
            headers.insert(RETRY_AFTER, HeaderValue::from(u32::try_from(seconds).unwrap_or(u32::MAX)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// `invalid_recipient` as `Invalid recipient`.
pub(super) fn title(code: &str) -> String {
    let mut title = code.replace('_', " ").replace("json", "JSON");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

impl IntoResponse for Problem {
    /// An empty response that carries the problem to [`super::door`], where the request's identifier is known.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Takes the problem out of a response. An error of the router's own carries none, in plain text, and gets one.
pub(super) fn take(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !is_error || !(kind.is_empty() || kind.starts_with(b"text/plain")) {
        return None;
    }
    Some(match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed =
                response.headers().get(ALLOW).and_then(|allowed| allowed.to_str().ok()).unwrap_or("others");
            let allowed = allowed.replace(',', ", ");
            let detail = format!("this address does not support this method; it supports {allowed}");
            Problem::new(status, "method_not_allowed", detail)
        }
        StatusCode::BAD_REQUEST => Problem::bad("invalid_path", "the path is not percent-encoded UTF-8"),
        _ => {
            let words = status.canonical_reason().unwrap_or("Error").to_lowercase();
            Problem::new(status, words.replace([' ', '-'], "_"), words)
        }
    })
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        Self { retry_after: refusal.wait(), ..Refused::from(refusal).into() }
    }
}

/// The code of a message whose content was accepted a while ago.
const DUPLICATE: &str = "duplicate";

/// The message that a refusal names.
fn duplicate_of(detail: &str) -> Option<&str> {
    detail.strip_prefix("message ")?.split(' ').next()
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let Refused { code, detail, field } = refused;
        let status = match &*code {
            "recipient_not_allowed"
            | "country_not_allowed"
            | "route_not_allowed"
            | "sender_not_allowed"
            | "sender_protected"
            | "account_disabled" => StatusCode::FORBIDDEN,
            "insufficient_credit" | "daily_cap_reached" => StatusCode::PAYMENT_REQUIRED,
            DUPLICATE => StatusCode::CONFLICT,
            "rate_limited" | "account_queue_full" | "quota_reached" => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let of = if &*code == DUPLICATE { duplicate_of(&detail).map(ToOwned::to_owned) } else { None };
        let problem = Self { field, ..Self::new(status, code.into_string(), detail) };
        match of {
            Some(of) => problem.with("duplicate_of", of.into()),
            None => problem,
        }
    }
}

impl From<Busy> for Problem {
    fn from(busy: Busy) -> Self {
        let (status, code, seconds) = match busy {
            Busy::Full => (StatusCode::TOO_MANY_REQUESTS, "too_busy", 1),
            Busy::Store => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", 5),
            Busy::Draining => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down", 5),
        };
        Self::new(status, code, busy.to_string()).later(Duration::from_secs(seconds))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self { cause: Some(Box::new(error)), ..Self::from(Busy::Store) }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Mistakes(mistakes) => mistakes::of_meaning(&mistakes.0, None),
            RegistryError::Store(error) => error.into(),
            RegistryError::ReadOnly => Self::new(StatusCode::CONFLICT, "declared_in_file", error.to_string()),
            RegistryError::Missing(words) => Self::not_found(words),
            RegistryError::Taken(words) => Self::new(StatusCode::CONFLICT, "name_taken", words),
            RegistryError::Emptied(words) => Self::new(StatusCode::CONFLICT, "nothing_left", words),
            RegistryError::Named(words) => Self::new(StatusCode::CONFLICT, "in_use", words),
            RegistryError::Unmet(words) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", words)
            }
            RegistryError::Plan(mistakes) => mistakes::of_table("invalid_numbering_plan", &mistakes),
            RegistryError::Form(mistakes) => mistakes::of_form(&mistakes.0, None),
            RegistryError::Interrupted => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "interrupted", error.to_string())
                    .later(Duration::from_secs(1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_declare::{Found, Mistakes};

    async fn document(problem: Problem) -> (Response<()>, Value) {
        let (parts, body) = problem.render("req-1").into_parts();
        let octets = axum::body::to_bytes(body, 65_536).await.unwrap();
        (Response::from_parts(parts, ()), serde_json::from_slice(&octets).unwrap())
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_code_and_field() {
        let refusal = Refusal::Empty;
        let (response, document) = document(Problem::from(&refusal)).await;
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let expected = serde_json::json!({
            "type": "urn:postrider:problem:empty_message",
            "title": "Empty message",
            "status": 422,
            "detail": "there is nothing to send: give a text or data",
            "code": "empty_message",
            "field": "text",
            "request_id": "req-1",
        });
        assert_eq!(document, expected);
    }

    #[tokio::test]
    async fn problems_that_pass_have_a_retry_after() {
        let cases = [
            (Problem::from(&Refusal::TooFast { retry_after: Duration::from_millis(1_200) }), 429, "2"),
            (Problem::from(&Refusal::TooFast { retry_after: Duration::ZERO }), 429, "1"),
            (Problem::from(&Refusal::QueueFull { most: 10 }), 429, "5"),
            (Problem::from(Busy::Full), 429, "1"),
            (Problem::from(Busy::Store), 503, "5"),
            (Problem::from(Busy::Draining), 503, "5"),
        ];
        for (problem, status, after) in cases {
            let (response, _) = document(problem).await;
            assert_eq!(
                (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
                (status, &after.parse().unwrap())
            );
        }
    }

    #[tokio::test]
    async fn all_mistakes_of_a_declaration_are_listed() {
        let found = Found::default();
        for field in ["rate", "sender"] {
            found.notes().key("accounts").key("a").key(field).wrong("wrong", "");
        }
        let mistakes = Mistakes(found.into_mistakes());
        let (_, document) = document(RegistryError::Mistakes(mistakes).into()).await;
        assert_eq!(document["detail"], "accounts.a.rate: wrong (and 1 more)");
        assert_eq!(document["errors"][1]["field"], "accounts.a.sender");
    }
}
