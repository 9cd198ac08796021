//! Recipients are added, as many as come.

use super::rows::{Read, Recipients};
use super::{found, not_done};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::client::Client;
use crate::rest::payload::BODY_TIMEOUT;
use crate::rest::problem::Problem;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::StreamExt;
use postrider_apps::run::{Personal, Run, RunKind, RunState};
use postrider_core::number::Number;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use utoipa::ToSchema;

/// Recipients that are kept together.
const PAGE: usize = 500;
/// The most lines that an answer tells the mistakes of.
const MISTAKES_MAX: usize = 100;

/// A recipient, a line of JSON.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it only describes lines")]
pub(in crate::rest) struct RecipientRequest {
    /// The number.
    to: String,
    /// The values of the template's variables.
    #[schema(value_type = HashMap<String, Value>, required = false)]
    variables: HashMap<String, Value>,
    /// The language, such as `pt-BR`.
    language: Option<String>,
    /// The time zone, such as `Europe/Berlin`.
    zone: Option<String>,
}

/// What became of lines.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::rest) struct AddedRecipients {
    /// Recipients that are new.
    added: u64,
    /// Lines whose number was there.
    doubled: u64,
    /// Lines that are wrong, and were passed over.
    invalid: u64,
    /// The first 100 mistakes.
    mistakes: Vec<RecipientMistake>,
}

/// A line that is wrong.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RecipientMistake {
    /// The line, from 1.
    line: u64,
    /// What is wrong.
    detail: String,
}

impl AddedRecipients {
    /// Sorts lines into recipients and mistakes.
    fn sort(&mut self, read: Vec<(u64, Read)>, recipients: &mut Vec<(Number, Personal)>) {
        for (line, read) in read {
            match read {
                Ok(recipient) => recipients.push(recipient),
                Err(detail) => {
                    self.invalid += 1;
                    if self.mistakes.len() < MISTAKES_MAX {
                        self.mistakes.push(RecipientMistake { line, detail });
                    }
                }
            }
        }
    }
}

/// Adds the recipients of a body, page by page as they come. What was added stays when the body breaks off: a repetition of the
/// request passes over it.
pub(super) async fn add(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    request: Request,
) -> Result<Response, Problem> {
    let run = found(rest, &owned.account, kind, id).await?;
    if run.state != RunState::Open {
        return Err(not_done(kind, postrider_apps::run::NotDone::State(run.state)));
    }
    let home = owned.account.country;
    let mut reader = match content_type(&request).as_str() {
        "text/csv" => Recipients::csv(home),
        "application/x-ndjson" | "application/jsonl" | "application/json" | "" => Recipients::json(home),
        other => {
            let detail = format!("'{other}' is not supported: send application/x-ndjson or text/csv");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
    };
    let client = request.extensions().get::<Arc<Client>>().cloned();
    let mut pieces = request.into_body().into_data_stream();
    let (mut answer, mut recipients, mut is_checked) = (AddedRecipients::default(), Vec::new(), false);
    loop {
        let piece = tokio::time::timeout(BODY_TIMEOUT, pieces.next()).await.map_err(|_| late())?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|_| Problem::bad("body_broken", "the body broke off"))?;
        client.as_ref().inspect(|client| client.standing.prove());
        answer.sort(reader.take(&piece)?, &mut recipients);
        if !is_checked && let Some(columns) = reader.columns() {
            check_columns(rest, owned, &run, &columns).await?;
            is_checked = true;
        }
        while recipients.len() >= PAGE {
            let page = recipients.drain(..PAGE).collect();
            keep(rest, kind, owned, run.id, page, &mut answer).await?;
        }
    }
    answer.sort(reader.end()?, &mut recipients);
    for page in recipients.chunks(PAGE) {
        keep(rest, kind, owned, run.id, page.to_vec(), &mut answer).await?;
    }
    Ok(json(StatusCode::OK, &answer))
}

/// A table that lacks a column which each message needs is refused as a whole, rather than each of its recipients later.
async fn check_columns(
    rest: &Rest,
    owned: &Owned,
    run: &Run,
    columns: &BTreeSet<&str>,
) -> Result<(), Problem> {
    let missing = rest.apps.runs.missing_columns(owned.account.id, run, columns).await;
    let missing = missing.map_err(|error| not_done(run.kind, error))?;
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.into_iter().collect::<Vec<_>>().join("', '");
    let detail = format!("the template needs columns that the table lacks: '{names}'. Nothing was added");
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "missing_column", detail))
}

async fn keep(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: u64,
    page: Vec<(Number, Personal)>,
    answer: &mut AddedRecipients,
) -> Result<(), Problem> {
    let doubled = rest.apps.runs.add(owned.account.id, kind, id, &page).await;
    let doubled = doubled.map_err(|error| not_done(kind, error))?.len() as u64;
    answer.doubled += doubled;
    answer.added += page.len() as u64 - doubled;
    Ok(())
}

/// The type of a body, without its parameters.
fn content_type(request: &Request) -> String {
    let given = request.headers().get(CONTENT_TYPE).and_then(|given| given.to_str().ok());
    given.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn late() -> Problem {
    let detail = "nothing more of the body came within 30 seconds: repeat the request";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
}
