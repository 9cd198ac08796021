//! Cancellation of messages.

use super::message_id;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Sender;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Cancel;
use postrider_core::delivery::State as MessageState;
use postrider_core::id::MessageId;
use std::sync::Arc;

/// Cancels a message that is still queued.
#[utoipa::path(
    delete, path = "/v1/messages/{id}", operation_id = "cancelMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "Canceled: it will not be sent."),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Too late: it is being sent, or was.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn cancel(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = message_id(&id)?;
    answer(id, rest.archive.cancel(caller.viewer(), id).await?)
}

fn answer(id: MessageId, result: Cancel) -> Result<Response, Problem> {
    match result {
        Cancel::Done => {
            let state = MessageState::Canceled.word();
            Ok(json(StatusCode::OK, &serde_json::json!({ "id": id.to_string(), "state": state })))
        }
        Cancel::Missing => Err(Problem::not_found("there is no such message")),
        Cancel::TooLate(state) => {
            let detail = match state {
                MessageState::Queued => "the message is being sent just now".to_owned(),
                state => format!("the message is already {}", state.word()),
            };
            let problem = Problem::new(StatusCode::CONFLICT, "too_late", detail);
            Err(problem.with("state", state.word().into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_queued_message_is_canceled() {
        let answer = |result| answer(MessageId::from_number(42), result).map(|response| response.status());
        assert_eq!(answer(Cancel::Done), Ok(StatusCode::OK));
        assert_eq!(answer(Cancel::Missing).unwrap_err().status, 404);
        let cases = [
            (MessageState::Queued, "the message is being sent just now"),
            (MessageState::Delivered, "the message is already delivered"),
        ];
        for (state, detail) in cases {
            let problem = answer(Cancel::TooLate(state)).unwrap_err();
            assert_eq!((problem.status.as_u16(), &*problem.detail), (409, detail));
            assert_eq!(problem.more, Some(Box::new(("state", state.word().into()))));
        }
    }
}
