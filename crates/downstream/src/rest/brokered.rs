//! Messages that come by brokers: each is a request to send, as `POST /v1/messages` takes it.

use super::Rest;
use super::messages::submit_for;
use axum::body::to_bytes;
use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use postrider_core::account::Account;
use std::time::Duration;

/// The largest answer, in octets: one of a thousand messages.
const ANSWER_MAX: usize = 4 << 20;
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The answer to a request that came by a broker.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    /// When it is worth trying again.
    pub(crate) retry_after: Option<Duration>,
    /// The answer's document.
    pub(crate) document: Vec<u8>,
}

impl Answered {
    /// Whether it is final: nothing becomes different when it is tried again.
    pub(crate) fn is_final(&self) -> bool {
        !self.status.is_server_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }
}

impl Rest {
    /// Sends what a body asks for on behalf of an account, once for each key.
    pub(crate) async fn submit_by_broker(&self, account: &Account, key: &str, body: &[u8]) -> Answered {
        let mut headers = HeaderMap::new();
        headers.extend(HeaderValue::from_str(key).ok().map(|key| (KEY, key)));
        let answer = submit_for(self, account, &headers, body).await;
        let answer = answer.unwrap_or_else(|refused| refused.render("-"));
        let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let status = answer.status();
        let document = to_bytes(answer.into_body(), ANSWER_MAX).await.unwrap_or_default().to_vec();
        Answered { status, retry_after: seconds.map(Duration::from_secs), document }
    }
}
