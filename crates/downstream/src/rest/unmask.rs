//! Unmasking: the text and the number of one message, for users whose role asks for it. Each time is a line of the audit log, and
//! without the line nothing is shown.

use super::Rest;
use super::answer::json;
use super::caller::Unmasker;
use super::client::Client;
use super::inbound::ReceivedHistory;
use super::messages::HistoryView;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::audit::Event;
use postrider_core::principal::Principal;
use serde::Deserialize;
use serde_json::json as document;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most characters of a reason.
const REASON_MAX: usize = 200;

/// Why somebody wants to see a message whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Unmasking)]
pub(super) struct Unmasking {
    /// The reason, 1 to 200 characters, as the audit log keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Shows a message whole, with its text, and notes that in the audit log.
#[utoipa::path(
    post, path = "/v1/messages/{id}/unmask", operation_id = "unmaskMessage", tag = "users", request_body = Unmasking,
    params(("id" = String, Path, description = "The message's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The message.", body = HistoryView),
        (status = "4XX", description = "It is not shown.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn unmask_message(
    State(rest): State<Arc<Rest>>,
    Unmasker(caller): Unmasker,
    client: Option<Extension<Arc<Client>>>,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let reason = reason(&body)?;
    let missing = || Problem::not_found("there is no such message");
    let id = id.parse().map_err(|_| missing())?;
    let history = rest.archive.history(caller.viewer(), id).await?.ok_or_else(missing)?;
    note(&rest, &caller, client, &format!("message {id}"), &reason).await?;
    Ok(json(StatusCode::OK, &HistoryView::own(&history, &rest.live.rules())))
}

/// Shows a message from a handset whole, with its text, and notes that in the audit log.
#[utoipa::path(
    post, path = "/v1/inbound/{id}/unmask", operation_id = "unmaskInbound", tag = "users", request_body = Unmasking,
    params(("id" = String, Path, description = "The message's identifier.")),
    responses(
        (status = 200, description = "The message.", body = ReceivedHistory),
        (status = "4XX", description = "It is not shown.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn unmask_inbound(
    State(rest): State<Arc<Rest>>,
    Unmasker(caller): Unmasker,
    client: Option<Extension<Arc<Client>>>,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let reason = reason(&body)?;
    let missing = || Problem::not_found("there is no such message from a handset");
    let id = id.parse().map_err(|_| missing())?;
    let (received, attempts) = rest.archive.received(caller.viewer(), id).await?.ok_or_else(missing)?;
    note(&rest, &caller, client, &format!("inbound {id}"), &reason).await?;
    Ok(json(StatusCode::OK, &ReceivedHistory::own(&received, &attempts, &rest.live.rules())))
}

fn reason(body: &[u8]) -> Result<String, Problem> {
    let Unmasking { reason } = parse(body)?;
    let reason = reason.trim().to_owned();
    let fits = (1..=REASON_MAX).contains(&reason.chars().count());
    let wrong = || Problem::bad("invalid_request", "the reason has 1 to 200 characters").at("reason");
    if fits { Ok(reason) } else { Err(wrong()) }
}

/// Notes that a message is shown whole.
async fn note(
    rest: &Rest,
    caller: &Principal,
    client: Option<Extension<Arc<Client>>>,
    subject: &str,
    reason: &str,
) -> Result<(), Problem> {
    let event = Event {
        at: rest.live.now(),
        who: caller.who.clone(),
        role: super::audited::role(caller),
        address: client.map(|Extension(client)| client.peer.to_string().into()),
        action: "message.unmask".into(),
        subject: subject.into(),
        outcome: "ok".into(),
        detail: Some(document!({ "reason": reason }).to_string().into()),
    };
    Ok(rest.auditor.insist(event).await?)
}
