//! Idempotency: the header `Idempotency-Key` makes repetitions of a request harmless.

use super::decision::Decisions;
use crate::rest::Rest;
use crate::rest::problem::Problem;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use postrider_core::account::AccountId;
use postrider_core::contract::{Decided, Once};
use sha2::{Digest, Sha256};

/// The longest key, in characters.
const KEY_MAX: usize = 255;

static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of a request.
pub(super) struct Key {
    key: Box<str>,
    /// SHA-256 of the request's body.
    request: [u8; 32],
}

impl Key {
    /// The request's key, if it has one.
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Result<Option<Self>, Problem> {
        let key = key_of(headers)?;
        Ok(key.map(|key| Self { key: key.into(), request: Sha256::digest(body).into() }))
    }

    /// The decisions on the same request, if it came before.
    ///
    /// # Errors
    /// The key was used for another request, or the store can't be read.
    pub(super) async fn decided_before(
        &self,
        rest: &Rest,
        account: AccountId,
    ) -> Result<Option<Vec<Decided>>, Problem> {
        match rest.archive.once(account, &self.key).await? {
            None => Ok(None),
            Some(once) if once.request == self.request => Ok(Some(once.decided)),
            Some(_) => Err(conflict()),
        }
    }

    /// The promise that goes to the store together with the messages.
    pub(super) fn once(self, account: AccountId, decided: Vec<Decided>) -> Once {
        Once { account, key: self.key, request: self.request, decided }
    }
}

/// The header of a request, if it has it.
pub(in crate::rest) fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(given) = headers.get(&HEADER) else { return Ok(None) };
    match given.to_str() {
        Ok(key) if (1..=KEY_MAX).contains(&key.len()) => Ok(Some(key)),
        _ => {
            let detail = "an Idempotency-Key has 1 to 255 printable ASCII characters";
            Err(Problem::bad("invalid_idempotency_key", detail).at("Idempotency-Key"))
        }
    }
}

/// The answer to a request that came before. Whether it was one message or a list, the repeated request itself says: its
/// body is the same.
pub(super) async fn replay(
    rest: &Rest,
    account: AccountId,
    decided: Vec<Decided>,
    is_single: bool,
) -> Result<Response, Problem> {
    let accepted = decided.iter().filter_map(|decided| match decided {
        Decided::Accepted(message) => Some(*message),
        Decided::Refused(_) => None,
    });
    let messages = rest.archive.messages(account, accepted.collect()).await?;
    let mut response = Decisions::remembered(decided, messages, is_single).answer()?;
    response.headers_mut().insert(&REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// The problem that the key was used for another request.
pub(in crate::rest) fn conflict() -> Problem {
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
        assert_eq!(key(&[b'x'; 256]), Err("invalid_idempotency_key".into()));
        assert_eq!(key(b""), Err("invalid_idempotency_key".into()));
        assert_eq!(key("é".as_bytes()), Err("invalid_idempotency_key".into()));
        assert!(Key::of(&HeaderMap::new(), b"body").unwrap().is_none());
    }
}
