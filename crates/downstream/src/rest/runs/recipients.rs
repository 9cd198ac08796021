//! Recipients of a campaign or a batch, and what became of the message to each.

use super::found;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list;
use crate::rest::moment;
use crate::rest::problem::Problem;
use crate::rest::query;
use crate::rest::words::StateWord;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream::unfold;
use postrider_apps::csv;
use postrider_apps::run::{LinkClicks, Personal, Run, RunKind};
use postrider_core::account::AccountId;
use postrider_core::contract::{RecipientResult, RecipientRow, StoreError, WantedRecipients};
use postrider_core::delivery::State;
use postrider_core::time::Time;
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
    /// The name of the variant, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    /// When the recipient followed a link first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    clicked_at: Option<String>,
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
    /// Recipients who followed a link.
    clicked: u64,
    /// The links, and who followed each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkView>,
}

/// A link of a campaign, and who followed it.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkResults)]
pub(in crate::rest) struct LinkView {
    /// The address; with `personal` its beginning.
    target: String,
    /// Whether each recipient has an address of their own.
    personal: bool,
    /// The variant that has it, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    /// Recipients who followed it, each once.
    people: u64,
    /// Recipients whose link a robot followed: a preview, a scanner, or a browser in advance. These are not among `people` unless the
    /// recipient followed it, too.
    robots: u64,
}

impl From<LinkClicks> for LinkView {
    fn from(it: LinkClicks) -> Self {
        Self {
            target: it.link.target.into(),
            personal: it.link.is_personal,
            variant: it.variant.map(Into::into),
            people: it.people,
            robots: it.robots,
        }
    }
}

impl RecipientView {
    fn of(run: &Run, (row, personal): &(RecipientRow, Personal), clicked: Option<Time>) -> Self {
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
            variant: run.variant_name(row.recipient.position).map(str::to_owned),
            clicked_at: clicked.map(moment::write),
        }
    }

    /// Those of a page, with what is known of links that they followed.
    async fn all(
        rest: &Rest,
        account: AccountId,
        run: &Run,
        rows: &[(RecipientRow, Personal)],
    ) -> Result<Vec<Self>, StoreError> {
        let positions: Vec<u64> = rows.iter().map(|(row, _)| row.recipient.position).collect();
        let clicked = rest.apps.runs.clicked_at(account, run, &positions).await?;
        Ok(rows.iter().zip(clicked).map(|(row, clicked)| Self::of(run, row, clicked)).collect())
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
    let recipients = RecipientView::all(rest, owned.account.id, &run, page).await?;
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
    let (clicked, links) = rest.apps.runs.clicks(owned.account.id, &run).await?;
    let results = RunResults {
        clicked,
        links: links.into_iter().map(Into::into).collect(),
        open: counts.open,
        under_way: counts.under_way,
        ended: counts.ended.into_iter().map(|(state, many)| (state.word(), many)).collect(),
        refused: counts.refused.into_iter().collect(),
    };
    Ok(json(StatusCode::OK, &results))
}

/// The columns of an export.
const COLUMNS: [&str; 7] = ["to", "language", "message", "state", "refused", "variant", "clicked_at"];

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
    for it in RecipientView::all(rest, account, run, &rows).await? {
        let texts = [&it.to, &it.language, &it.message];
        let rest = [&it.refused, &it.variant, &it.clicked_at];
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let state = it.state.unwrap_or_default().to_owned();
        let cells: Vec<String> = texts.map(text).into_iter().chain([state]).chain(rest.map(text)).collect();
        csv::write(&mut lines, cells.iter().map(String::as_str));
    }
    Ok((lines, rows.last().map(|(row, _)| row.recipient.position)))
}
