//! The last posts to a webhook, for administrators and the account's own people.

use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, moment};
use crate::webhook::PostAttempt;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A post to a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct AttemptView {
    /// When it was over.
    #[schema(format = "date-time")]
    at: String,
    /// The identifier of its event, or of the first of several.
    event: String,
    /// How many events it had.
    events: usize,
    /// How many posts of it there had been, with this one.
    attempt: u16,
    /// Whether the endpoint took it.
    delivered: bool,
    /// The outcome in words: the status and the time that it took, or why there was no answer.
    result: String,
    /// When it is posted again; absent if it isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    again_at: Option<String>,
}

/// The last posts to a webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct AttemptList {
    /// The posts, the newest first.
    attempts: Vec<AttemptView>,
}

impl From<PostAttempt> for AttemptView {
    fn from(attempt: PostAttempt) -> Self {
        Self {
            at: moment::write(attempt.at),
            event: attempt.event.into(),
            events: attempt.events,
            attempt: attempt.number,
            delivered: attempt.is_taken,
            result: attempt.result.into(),
            again_at: attempt.again.map(moment::write),
        }
    }
}

/// Lists the last posts of this node to the account's webhook, up to 100, the newest first. A restart forgets them.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/webhook/attempts", operation_id = "listWebhookAttempts", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "The posts.", body = AttemptList),
        (status = 404, description = "There is no such account.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn webhook_attempts(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let account = rules.accounts().find(|account| *account.name == *name);
    let account = account.ok_or_else(|| Problem::not_found(format!("there is no account '{name}'")))?;
    let attempts = rest.attempts.of(account.id).into_iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &AttemptList { attempts }))
}
