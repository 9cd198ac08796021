//! Conversions: applications tell that a message did what it was sent for.

use super::message_id;
use crate::rest::Rest;
use crate::rest::caller::ByAccount;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// Tells that a message converted: that its code was entered, for example.
///
/// Rules against fraud hold messages to numbers where too few convert. A message counts once, however often it is told, and with
/// the messages of its time: tell it within ten minutes. Codes that the gateway checks itself count without it.
#[utoipa::path(
    post, path = "/v1/messages/{id}/conversion", operation_id = "tellConversion", tag = "messages",
    params(("id" = String, Path, description = "The message's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 204, description = "It is noted."),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn convert(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let is_known = rest.intake.converted(&account, message_id(&id)?).await?;
    if is_known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("there is no such message")) }
}
