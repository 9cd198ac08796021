//! Takes messages back.

use super::message_id;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Caller;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Cancel;
use postrider_core::delivery::State as MessageState;
use std::sync::Arc;

/// Takes a message back that still waits.
#[utoipa::path(
    delete, path = "/v1/messages/{id}", tag = "messages",
    params(("id" = String, Path, description = "The message's identifier.")),
    responses(
        (status = 200, description = "Taken back: it will not be sent."),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Too late: it is being sent, or was.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn cancel(
    State(rest): State<Arc<Rest>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = message_id(&id)?;
    match rest.archive.cancel(caller.viewer(), id).await? {
        Cancel::Done => {
            let state = MessageState::Canceled.word();
            Ok(json(StatusCode::OK, &serde_json::json!({ "id": id.to_string(), "state": state })))
        }
        Cancel::Missing => Err(Problem::not_found("there is no such message")),
        Cancel::TooLate(state) => {
            let detail = match state {
                MessageState::Queued => "it is being sent just now".to_owned(),
                state => format!("it is {} already", state.word()),
            };
            let problem = Problem::new(StatusCode::CONFLICT, "too_late", detail);
            Err(problem.with("state", state.word().into()))
        }
    }
}
