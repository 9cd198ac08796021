//! Tells an account's applications again what they were told of a time.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{ReplayPlace, ReplayWanted};
use postrider_core::id::MessageId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What is told again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayRequest)]
pub(super) struct ReplayRequest {
    /// Of messages that were accepted, or came in from handsets, at or after this.
    #[schema(format = "date-time")]
    since: String,
    /// Of those before this. Default: now.
    #[serde(default)]
    #[schema(format = "date-time")]
    until: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// What is told again.
#[derive(Serialize, ToSchema)]
#[schema(as = Replayed)]
pub(super) struct ReplayedView {
    /// Ends of messages.
    ended: usize,
    /// Messages from handsets.
    received: usize,
    /// The `cursor` of the next page; absent if this is the last. A page that isn't the last may have told nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Tells an account's applications again what they were told of a time, by webhook and in sessions: the ends of messages that were
/// accepted then, and what handsets wrote then. Each has the `webhook-id` that it had. A page looks at 500 messages.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/replay", operation_id = "replayNotices", tag = "declarations", request_body = ReplayRequest,
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "They are told again.", body = ReplayedView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn replay(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: ReplayRequest = parse(&body)?;
    let rules = rest.live.rules();
    let account = rules.accounts().find(|account| *account.name == *name).map(|account| account.id);
    let account = account.ok_or_else(|| Problem::not_found(format!("there is no account '{name}'")))?;
    let since = read("since", &request.since)?;
    let until = request.until.as_deref().map(|until| read("until", until)).transpose()?;
    let until = until.unwrap_or_else(|| rest.live.now());
    if until <= since {
        return Err(wrong("until", "it must be after 'since'"));
    }
    let from = request.cursor.as_deref().map(place).transpose()?.unwrap_or_default();
    let replayed = rest.archive.replay(ReplayWanted { account, since, until, from }).await?;
    let next = replayed.next.map(cursor);
    Ok(json(StatusCode::OK, &ReplayedView { ended: replayed.ended, received: replayed.received, next }))
}

fn read(field: &'static str, text: &str) -> Result<postrider_core::time::Time, Problem> {
    moment::read(text).map_err(|error| wrong(field, &error))
}

fn wrong(field: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_replay", format!("{field}: {detail}")).at(field)
}

/// A place as a cursor.
fn cursor(place: ReplayPlace) -> String {
    let word = if place.is_inbound { "inbound" } else { "messages" };
    place.before.map_or_else(|| word.to_owned(), |before| format!("{word}-{before}"))
}

/// The place of a cursor.
fn place(cursor: &str) -> Result<ReplayPlace, Problem> {
    let (word, before) = cursor.split_once('-').map_or((cursor, None), |(word, before)| (word, Some(before)));
    let before = before.map(str::parse::<MessageId>).transpose();
    match (word, before) {
        ("messages" | "inbound", Ok(before)) => Ok(ReplayPlace { is_inbound: word == "inbound", before }),
        _ => Err(wrong("cursor", "it is the 'next' of no page")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for is_inbound in [false, true] {
            for before in [None, Some(MessageId::from_number(42))] {
                let there = ReplayPlace { is_inbound, before };
                assert_eq!(place(&cursor(there)), Ok(there));
            }
        }
        for wrong in ["", "42", "messages-x", "people-1"] {
            assert_eq!(place(wrong).unwrap_err().field.as_deref(), Some("cursor"), "{wrong}");
        }
    }
}
