//! Tests of accounts' webhooks.

use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::webhook::{NotTested, TEST_INTERVAL, Tested};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The outcome of a test event.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTested)]
pub(super) struct TestedView {
    /// Its `webhook-id`.
    id: String,
    /// Whether the endpoint took it: it answered 2xx.
    delivered: bool,
    /// The status of the endpoint's answer; absent if none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// How long the answer took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    /// The outcome in words, such as `204 in 31 ms` or `connection refused`.
    result: String,
}

impl From<Tested> for TestedView {
    fn from(tested: Tested) -> Self {
        Self {
            id: tested.id,
            delivered: tested.status.is_some_and(|status| (200..300).contains(&status)),
            status: tested.status,
            took_ms: tested.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            result: tested.words,
        }
    }
}

/// Posts a signed event `webhook.test` to the account's webhook, once, and answers the outcome.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/webhook/test", operation_id = "testWebhook", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Posted, or tried.", body = TestedView),
        (status = 429, description = "The account's webhook was tested a moment ago.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Nothing was posted.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn test_webhook(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let tested = rest.test_events.post(&name).await.map_err(|why| problem(&name, &why))?;
    Ok(json(StatusCode::OK, &TestedView::from(tested)))
}

fn problem(name: &str, why: &NotTested) -> Problem {
    match why {
        NotTested::NoAccount => Problem::not_found(format!("there is no account '{name}'")),
        NotTested::NoWebhook => Problem::not_found(format!("the account '{name}' has no webhook")),
        NotTested::TooSoon(wait) => {
            let detail = format!(
                "the webhook of '{name}' was tested a moment ago: it may be tested every {} seconds",
                TEST_INTERVAL.as_secs()
            );
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tests", detail).later(*wait)
        }
    }
}
