//! Trials of rules: what a message from a handset, or another event, would set off, and why. Nothing is sent.

mod request;
mod view;

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use request::TrialRequest;
use std::sync::Arc;
use view::TrialView;

/// Shows what a message from a handset, or another event, would set off among the rules, and why. Nothing is sent and nothing
/// is remembered.
#[utoipa::path(
    post, path = "/v1/rules/test", operation_id = "testRules", tag = "declarations", request_body = TrialRequest,
    responses(
        (status = 200, description = "What would happen, and why.", body = TrialView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn try_rules(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: TrialRequest = parse(&body)?;
    let rules = rest.live.rules();
    let trial = request.run(&rules, &*rest.automation, rest.live.now()).await?;
    Ok(json(StatusCode::OK, &TrialView::of(&trial, &rules)))
}
