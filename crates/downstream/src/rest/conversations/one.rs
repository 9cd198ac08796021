//! One conversation.

use super::find;
use super::view::ConversationView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// Shows a conversation and its notes.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", operation_id = "getConversation", tag = "messages",
    params(("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The conversation.", body = ConversationView),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn conversation(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (conversation, notes) = find(&rest, caller.viewer(), &id).await?;
    let rules = rest.live.rules();
    let view = ConversationView::with_notes(&conversation, &notes, &rules, caller.viewer());
    Ok(json(StatusCode::OK, &view))
}
