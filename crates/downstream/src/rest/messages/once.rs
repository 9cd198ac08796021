//! Requests that are one however often they come: the header `Idempotency-Key`.

use super::super::Rest;
use super::super::problem::Problem;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use postrider_core::account::AccountId;
use postrider_core::contract::Once;
use sha2::{Digest, Sha256};

use super::super::answer::json_text;

/// The longest key, in characters.
const KEY_MAX: usize = 255;

static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of a request, and what the request was.
pub(super) struct Key {
    key: Box<str>,
    request: [u8; 32],
}

impl Key {
    /// The request's key, if it has one.
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Result<Option<Self>, Problem> {
        let Some(given) = headers.get(&HEADER) else { return Ok(None) };
        match given.to_str() {
            Ok(key) if (1..=KEY_MAX).contains(&key.len()) => {
                Ok(Some(Self { key: key.into(), request: Sha256::digest(body).into() }))
            }
            _ => {
                let detail = "an Idempotency-Key has 1 to 255 printable ASCII characters";
                Err(Problem::bad("invalid_idempotency_key", detail).at("Idempotency-Key"))
            }
        }
    }

    /// The answer that the request got when it came before.
    pub(super) async fn before(&self, rest: &Rest, account: AccountId) -> Result<Option<Response>, Problem> {
        match rest.archive.once(account, &self.key).await? {
            None => Ok(None),
            Some(once) if once.request == self.request => Ok(Some(replay(once.answer))),
            Some(_) => Err(conflict()),
        }
    }

    /// The promise that goes to the store with the messages.
    pub(super) fn once(self, account: AccountId, answer: &[u8]) -> Once {
        let answer = String::from_utf8_lossy(answer).into_owned().into_boxed_str();
        Once { account, key: self.key, request: self.request, answer }
    }
}

/// The answer of the first time, marked as such.
pub(super) fn replay(answer: Box<str>) -> Response {
    let mut response = json_text(StatusCode::ACCEPTED, answer.into_string().into_bytes());
    response.headers_mut().insert(&REPLAYED, HeaderValue::from_static("true"));
    response
}

/// The key stands for another request.
pub(super) fn conflict() -> Problem {
    let detail = "this key was used for another request: make a new key for each new request";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail).at("Idempotency-Key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_printable() {
        let key = |text: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(&HEADER, HeaderValue::from_bytes(text).unwrap());
            Key::of(&headers, b"body").map(|key| key.is_some()).map_err(|problem| problem.code)
        };
        assert_eq!(key(b"order-7"), Ok(true));
        assert_eq!(key(&[b'x'; 255]), Ok(true));
        assert_eq!(key(&[b'x'; 256]), Err("invalid_idempotency_key"));
        assert_eq!(key(b""), Err("invalid_idempotency_key"));
        assert_eq!(key("é".as_bytes()), Err("invalid_idempotency_key"));
        assert!(Key::of(&HeaderMap::new(), b"body").unwrap().is_none());
    }
}
