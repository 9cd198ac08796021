//! Answers for users whose role sees numbers and texts masked. It is done on the whole answer, so that no operation can forget it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use postrider_core::user::{mask_number, mask_text};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most octets of an answer that is masked: more than any page has.
const ANSWER_MAX: usize = 16 << 20;
/// Digits of a run that may be a number; identifiers have more.
const NUMBERS: std::ops::RangeInclusive<usize> = 7..=15;
/// Fields whose texts were written by or for somebody.
const TEXTS: [&str; 5] = ["text", "data", "note", "body", "value"];
/// Fields whose values clients send back as they are.
const KEPT: [&str; 10] =
    ["id", "next", "cursor", "event", "message", "conversation", "request_id", "type", "hash", "sequence"];
/// Fields whose values are amounts of money: a million has as many digits as a number.
const AMOUNTS: [&str; 10] =
    ["amount", "balance", "reserved", "available", "limit", "price", "cost", "margin", "part", "total"];

/// Whether the answer to a request is masked, once it is known who asks.
#[derive(Clone, Default)]
pub(super) struct Masked(Arc<AtomicBool>);

impl Masked {
    /// Has the answer masked.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Answers a request, and masks the answer if whoever asks sees it so.
pub(super) async fn masked(mut request: Request, next: Next) -> Response {
    let masked = Masked::default();
    request.extensions_mut().insert(masked.clone());
    let response = next.run(request).await;
    if masked.0.load(Ordering::Relaxed) && response.status().is_success() {
        mask(response).await
    } else {
        response
    }
}

async fn mask(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let octets = match to_bytes(body, ANSWER_MAX).await {
        Ok(octets) if is_json(&parts.headers) || octets.is_empty() => octets,
        // What isn't known to be masked isn't shown.
        _ => return StatusCode::FORBIDDEN.into_response(),
    };
    if octets.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    let Ok(mut document) = serde_json::from_slice(&octets) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    mask_value("", &mut document);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(document.to_string()))
}

/// Whether a file is of prices or sums and names nobody, so that there is nothing to mask in it.
pub(super) fn names_nobody(pattern: &str, query: Option<&str>) -> bool {
    match pattern {
        "/v1/tariffs/{name}/csv" => true,
        "/v1/reports/csv" => !query.unwrap_or_default().contains("sender"),
        _ => false,
    }
}

/// Whether a text is an amount: digits with a point before two decimals or more.
fn is_amount(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let parts = text.trim_start_matches('-').split_once('.');
    parts.is_some_and(|(whole, part)| digits(whole) && digits(part) && part.len() >= 2)
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.starts_with("application/json")
}

fn mask_value(field: &str, value: &mut Value) {
    match value {
        Value::String(_) if KEPT.contains(&field) => {}
        Value::String(text) if AMOUNTS.contains(&field) && is_amount(text) => {}
        Value::String(text) if TEXTS.contains(&field) => *text = mask_text(text),
        Value::String(text) => *text = mask_digits(text),
        Value::Array(values) => values.iter_mut().for_each(|value| mask_value(field, value)),
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| mask_value(field, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text with each run of digits masked that may be a number.
pub(super) fn mask_digits(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            masked.push_str(&rest[..other]);
            rest = &rest[other..];
            continue;
        }
        let (run, after) = rest.split_at(digits);
        if NUMBERS.contains(&digits) {
            masked.push_str(&mask_number(run));
        } else {
            masked.push_str(run);
        }
        rest = after;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_no_numbers_and_files_of_prices_name_nobody() {
        let mut answer = json!({ "balance": "-1234567.50", "price": "447700900123", "note": "1234567.50" });
        mask_value("", &mut answer);
        assert_eq!(answer["balance"], json!("-1234567.50"));
        assert_eq!(answer["price"], json!("4477****23"), "it is no amount");
        assert_ne!(answer["note"], json!("1234567.50"));
        assert!(
            names_nobody("/v1/tariffs/{name}/csv", None) && names_nobody("/v1/reports/csv", Some("by=day"))
        );
        assert!(!names_nobody("/v1/reports/csv", Some("by=day,sender")) && !names_nobody("/v1/cdrs", None));
    }

    #[test]
    fn no_whole_number_stands_in_a_masked_text() {
        assert_eq!(mask_digits("to=%2B447700900123&limit=5"), "to=%2B4477****23&limit=5");
        assert_eq!(mask_digits("/v1/messages/381234567890123456"), "/v1/messages/381234567890123456");
        assert_eq!(mask_digits("since=2030-01-31T09:00:00Z"), "since=2030-01-31T09:00:00Z");
        assert_eq!(mask_digits(""), "");
        assert_eq!(mask_digits("é1234567"), "é1234****67");
    }

    #[test]
    fn numbers_and_texts_are_masked_wherever_they_stand() {
        let mut answer = json!({
            "messages": [{
                "id": "381234567890123456", "to": "+447700900123", "from": "Shop", "text": "Your code is 1234",
                "created_at": "2030-01-31T09:00:00.000Z", "parts": 1,
                "timeline": [{ "event": "remark", "detail": "the number 447700900123 is wrong" }],
            }],
            "next": "17500000000001234",
        });
        mask_value("", &mut answer);
        let message = &answer["messages"][0];
        assert_eq!((&message["to"], &message["from"]), (&json!("+4477****23"), &json!("Shop")));
        assert_eq!(message["text"], "(17 characters, hidden)");
        assert_eq!(
            (&message["id"], &answer["next"]),
            (&json!("381234567890123456"), &json!("17500000000001234"))
        );
        assert_eq!(message["created_at"], "2030-01-31T09:00:00.000Z");
        assert_eq!(message["timeline"][0]["detail"], "the number 4477****23 is wrong");
    }

    #[tokio::test]
    async fn what_can_not_be_masked_is_not_shown() {
        let answer = |kind: &'static str, body: &'static str| ([(CONTENT_TYPE, kind)], body).into_response();
        let status = async |response| mask(response).await.status().as_u16();
        assert_eq!(status(answer("application/json", "{}")).await, 200);
        assert_eq!(status(answer("text/csv", "number\n+447700900123")).await, 403);
        assert_eq!(status(answer("application/json", "{")).await, 403);
        assert_eq!(status(StatusCode::NO_CONTENT.into_response()).await, 204);
    }
}
