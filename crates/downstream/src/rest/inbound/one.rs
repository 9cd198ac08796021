//! Look-up of one message from a handset.

use super::ReceivedView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::moment;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::inbound::Received;
use postrider_core::notice::Attempt;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message from a handset, and how telling you of it went.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedMessageHistory)]
pub(in crate::rest) struct ReceivedHistory<'a> {
    #[serde(flatten)]
    message: ReceivedView<'a>,
    /// The attempts to notify you, the oldest first.
    attempts: Vec<AttemptView<'a>>,
}

/// An attempt to notify you.
#[derive(Serialize, ToSchema)]
struct AttemptView<'a> {
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// The result in words.
    result: &'a str,
}

impl<'a> From<&'a Attempt> for AttemptView<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self { at: moment::write(attempt.at), result: &attempt.result }
    }
}

impl<'a> ReceivedHistory<'a> {
    /// A message as its owner sees it.
    pub(in crate::rest) fn own(received: &'a Received, attempts: &'a [Attempt], rules: &Rules) -> Self {
        let attempts = attempts.iter().map(AttemptView::from).collect();
        Self { message: ReceivedView::own(received, rules), attempts }
    }
}

/// Shows a message from a handset.
#[utoipa::path(
    get, path = "/v1/inbound/{id}", tag = "messages", operation_id = "getInbound",
    params(("id" = String, Path, description = "The message's identifier.")),
    responses(
        (status = 200, description = "The message.", body = ReceivedHistory),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn received(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("there is no such message from a handset");
    let id = id.parse().map_err(|_| missing())?;
    let (received, attempts) = rest.archive.received(caller.viewer(), id).await?.ok_or_else(missing)?;
    let message = ReceivedView::of(&received, &rest.live.rules(), caller.viewer());
    let attempts = attempts.iter().map(AttemptView::from).collect();
    Ok(json(StatusCode::OK, &ReceivedHistory { message, attempts }))
}
