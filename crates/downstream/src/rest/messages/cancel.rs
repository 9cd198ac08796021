//! Takes messages back.

use super::super::Rest;
use super::super::caller::Caller;
use super::super::problem::{Problem, ProblemDocument};
use super::message_id;
use super::submit::stand;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Cancel;
use postrider_core::delivery::State as Stand;
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
pub(in super::super) async fn cancel(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = message_id(&id)?;
    match rest.archive.cancel(caller.sees(), id).await? {
        Cancel::Done => Ok(stand(id, Stand::Canceled)),
        Cancel::Missing => Err(Problem::not_found("there is no such message")),
        Cancel::TooLate(state) => {
            let detail = match state {
                Stand::Queued => "it is being sent just now".to_owned(),
                state => format!("it is {} already", state.word()),
            };
            let problem = Problem::new(StatusCode::CONFLICT, "too_late", detail);
            Err(problem.with("state", state.word().into()))
        }
    }
}
