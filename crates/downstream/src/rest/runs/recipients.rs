//! Recipients of a campaign or a batch, and what became of the message to each.

use super::found;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list;
use crate::rest::problem::Problem;
use crate::rest::query;
use crate::rest::words::StateWord;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream::unfold;
use postrider_apps::csv;
use postrider_apps::run::{Personal, Run, RunKind};
use postrider_core::account::AccountId;
use postrider_core::contract::{RecipientResult, RecipientRow, StoreError, WantedRecipients};
use postrider_core::delivery::State;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Recipients that an export reads at once.
const PAGE: usize = 500;

/// The page of a list of recipients.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct RecipientsQuery {
    /// The most recipients of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Which recipients: `open` (nothing was done yet), `accepted`, `refused`, `delivered` or `not_delivered`. Default: all.
    result: Option<String>,
}

/// A recipient.
#[derive(Serialize, ToSchema)]
#[schema(as = Recipient)]
pub(in crate::rest) struct RecipientView {
    /// The number; absent when the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The values of variables.
    #[schema(value_type = HashMap<String, Value>)]
    variables: BTreeMap<Box<str>, Value>,
    /// The message to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The final state of the message; absent while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<StateWord>)]
    state: Option<&'static str>,
    /// Why it gets no message: a code, such as `opted_out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// A page of recipients.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RecipientList {
    /// The recipients, in the order in which they were added.
    recipients: Vec<RecipientView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How many recipients there are of each kind.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RunResults {
    /// Nothing was done yet.
    open: u64,
    /// The message has no final state yet.
    under_way: u64,
    /// The message has this final state.
    #[schema(value_type = HashMap<String, u64>)]
    ended: BTreeMap<&'static str, u64>,
    /// There is no message, for this reason.
    #[schema(value_type = HashMap<String, u64>)]
    refused: BTreeMap<Box<str>, u64>,
}

impl RecipientView {
    fn of((row, personal): &(RecipientRow, Personal)) -> Self {
        let (message, refused) = match &row.recipient.result {
            RecipientResult::Open => (None, None),
            RecipientResult::Accepted(message) => (Some(message.to_string()), None),
            RecipientResult::Refused(code) => (None, Some(code.to_string())),
        };
        Self {
            to: row.recipient.number.map(|number| number.to_string()),
            language: personal.language.as_deref().map(str::to_owned),
            variables: personal.variables.clone(),
            message,
            state: row.ended.map(State::word),
            refused,
        }
    }
}

/// A page of them.
pub(super) async fn list(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let run = found(rest, &owned.account, kind, id).await?;
    let (mut limit, mut after, mut wanted) = (list::PAGE, 0, WantedRecipients::All);
    for (name, value) in query::pairs(query.unwrap_or_default(), &["limit", "cursor", "result"])? {
        match name.as_str() {
            "limit" => limit = list::limit(&value)?,
            "cursor" => after = list::cursor(&value)?.unwrap_or(0),
            _ => wanted = read_wanted(&value)?,
        }
    }
    let rows = rest.apps.runs.recipients(owned.account.id, &run, wanted, after, limit + 1).await?;
    let (page, next) = list::page(&rows, limit, |(row, _)| row.recipient.position.to_string());
    let recipients = page.iter().map(RecipientView::of).collect();
    Ok(json(StatusCode::OK, &RecipientList { recipients, next }))
}

fn read_wanted(value: &str) -> Result<WantedRecipients, Problem> {
    Ok(match value {
        "open" => WantedRecipients::Open,
        "accepted" => WantedRecipients::Accepted,
        "refused" => WantedRecipients::Refused,
        "delivered" => WantedRecipients::Delivered,
        "not_delivered" => WantedRecipients::NotDelivered,
        _ => {
            let detail = "must be open, accepted, refused, delivered or not_delivered";
            return Err(query::wrong("result", detail));
        }
    })
}

/// How many there are of each kind.
pub(super) async fn results(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
) -> Result<Response, Problem> {
    let run = found(rest, &owned.account, kind, id).await?;
    let counts = rest.apps.runs.counts(owned.account.id, &run).await?;
    let results = RunResults {
        open: counts.open,
        under_way: counts.under_way,
        ended: counts.ended.into_iter().map(|(state, many)| (state.word(), many)).collect(),
        refused: counts.refused.into_iter().collect(),
    };
    Ok(json(StatusCode::OK, &results))
}

/// The columns of an export.
const COLUMNS: [&str; 5] = ["to", "language", "message", "state", "refused"];

/// All of them as CSV, however many there are, without holding them in memory.
pub(super) async fn export(
    rest: Arc<Rest>,
    kind: RunKind,
    owned: &Owned,
    id: &str,
) -> Result<Response, Problem> {
    let run = found(&rest, &owned.account, kind, id).await?;
    let (account, first) = (owned.account.id, Some(0));
    let lines = unfold((rest, account, run, first), async |(rest, account, run, after)| {
        match lines(&rest, account, &run, after?).await {
            Ok((lines, next)) => Some((Ok(Bytes::from(lines)), (rest, account, run, next))),
            // The body breaks off, so that nobody takes it for whole.
            Err(error) => Some((Err(error), (rest, account, run, None))),
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The lines behind a place, and the place behind them.
async fn lines(
    rest: &Rest,
    account: AccountId,
    run: &Run,
    after: u64,
) -> Result<(String, Option<u64>), StoreError> {
    let mut lines = String::new();
    if after == 0 {
        csv::write(&mut lines, COLUMNS);
    }
    let rows = rest.apps.runs.recipients(account, run, WantedRecipients::All, after, PAGE).await?;
    for row in &rows {
        let it = RecipientView::of(row);
        let state = row.0.ended.map_or("", State::word);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [text(&it.to), text(&it.language), text(&it.message), state.into(), text(&it.refused)];
        csv::write(&mut lines, cells.iter().map(String::as_str));
    }
    Ok((lines, rows.last().map(|(row, _)| row.recipient.position)))
}
