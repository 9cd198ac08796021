//! Rerating over HTTP: what was sold before is priced again, and the difference posted.

mod period;
mod view;

use super::entries::EntryView;
use super::of_name;
use super::top_up::unbilled;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::messages::conflict;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query::{pairs, wrong};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use period::{Correction, Days};
use postrider_core::account::Account;
use postrider_core::contract::{Added, Entry, EntryFilter, Filter, MoneyEntry, Posted, Posting};
use postrider_core::money::{Amount, EntryKind, Rerater, Rerating};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use view::{ReratingView, lines};

/// Messages of one page.
const PAGE: usize = 500;
/// The most messages that are looked at.
const MESSAGES_MAX: usize = 5_000_000;
/// The most corrections of an account that are looked at.
const CORRECTIONS_MAX: usize = 10_000;

/// Which messages are priced again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RerateRequest)]
pub(in crate::rest) struct RerateRequest {
    /// The first day (UTC) whose messages are looked at, by when they were accepted.
    #[schema(example = "2026-11-01", format = "date")]
    since: String,
    /// The day behind the last, in the same month or the first of the next. Default: the first of the next.
    #[schema(example = "2026-12-01", format = "date")]
    until: Option<String>,
    /// Whether the difference is posted to the balance. Without it, nothing is changed.
    #[serde(default)]
    post: bool,
}

/// Prices messages of a month, or of some of its days, by the account's tariff as it is now, and says what the account would have been
/// charged. With `post` the difference is added to the balance, or taken from it, as an entry `correction`.
///
/// Whatever was corrected for the same days before counts, so that a repetition posts nothing. Messages keep the price that they had.
/// Those that have not ended are left out; they are found when the same days are looked at again.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/reratings", tag = "money", operation_id = "rerateAccount", request_body = RerateRequest,
    params(
        ("name" = String, Path, description = "The account's name."),
        ("format" = Option<String>, Query, description = "`json`, with the first 1,000 messages whose price is another, or `csv` with all of them. Default: `json`."),
    ),
    responses(
        (status = 200, description = "What was found. Nothing was posted.", body = ReratingView),
        (status = 201, description = "The difference was posted.", body = ReratingView),
        (status = "4XX", description = "Nothing was posted.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn rerate(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: RerateRequest = parse(&body)?;
    let is_csv = is_csv(query.as_deref().unwrap_or_default())?;
    let days = Days::read(&request.since, request.until.as_deref())?;
    let rules = rest.live.rules();
    let account =
        of_name(&name, &rules).map_err(|_| Problem::not_found(format!("there is no account '{name}'")))?;
    let corrections = corrections(&rest, account, &days).await?;
    let found = found(&rest, &rules, account, &days).await?;
    let Some(found) = found else { return Err(unbilled(&name)) };
    let corrected: Amount = corrections.iter().map(|entry| entry.posted).sum();
    let owed = found.owed() - corrected;
    let posted = match request.post && owed != Amount::ZERO {
        true => Some(post(&rest, account, &days, corrections.len(), owed, who).await?),
        false => None,
    };
    if is_csv {
        return Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], lines(&found)).into_response());
    }
    let status = if posted.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &ReratingView::of(account, &days, &found, corrected, posted.as_ref(), &rules)))
}

/// The parameter `format`.
fn is_csv(query: &str) -> Result<bool, Problem> {
    let format = pairs(query, &["format"])?.pop().map(|(_, format)| format);
    match format.as_deref() {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(_) => Err(wrong("format", "write json or csv")),
    }
}

/// What was posted for these days before.
///
/// # Errors
/// When something was posted for other days of which some are these: then nobody knows what is left of it.
async fn corrections(rest: &Rest, account: &Account, days: &Days) -> Result<Vec<MoneyEntry>, Problem> {
    let kind = Some(EntryKind::Correction);
    let filter = EntryFilter { account: Some(account.id), kind, before: None, limit: CORRECTIONS_MAX };
    let mut same = Vec::new();
    for entry in rest.credits.entries(filter).await? {
        match entry.key.as_deref().and_then(|key| days.compare(key)) {
            None => {}
            Some(Correction::Same) => same.push(entry),
            Some(Correction::Overlaps(of)) => {
                let detail = format!("{of} was corrected before: rerate the same days, or others");
                let problem = Problem::new(StatusCode::CONFLICT, "overlapping_correction", detail);
                return Err(problem.at("since"));
            }
        }
    }
    Ok(same)
}

/// What the account's messages of these days cost, then and now; `None` if it isn't billed.
async fn found(
    rest: &Rest,
    rules: &Rules,
    account: &Account,
    days: &Days,
) -> Result<Option<Rerating>, Problem> {
    let volume = match rules.tariffs.have_volumes(account.id) {
        true => volume(rest, account, days).await?,
        false => 0,
    };
    let Some(mut rerater) = Rerater::new(account, rules, volume) else { return Ok(None) };
    let mut pages = Pages::new(rest, account, days.since(), days.until());
    while let Some(page) = pages.next().await? {
        for entry in &page {
            rerater.add(&entry.message, entry.outcome.as_ref());
        }
    }
    Ok(Some(rerater.found()))
}

/// Parts that the account submitted from the beginning of the month on.
async fn volume(rest: &Rest, account: &Account, days: &Days) -> Result<u64, Problem> {
    let mut pages = Pages::new(rest, account, days.month(), days.until());
    let mut volume = 0;
    while let Some(page) = pages.next().await? {
        volume += page.iter().map(|entry| u64::from(entry.message.parts)).sum::<u64>();
    }
    Ok(volume)
}

/// The messages of an account of a while, the newest first.
struct Pages<'r> {
    rest: &'r Rest,
    filter: Filter,
    seen: usize,
    is_over: bool,
}

impl<'r> Pages<'r> {
    fn new(rest: &'r Rest, account: &Account, since: Time, until: Time) -> Self {
        let filter = Filter {
            since: Some(since),
            until: Some(until),
            ..Filter::all(Viewer::Account(account.id), PAGE)
        };
        Self { rest, filter, seen: 0, is_over: false }
    }

    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Problem> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.rest.archive.list(self.filter.clone()).await?;
        self.seen += page.entries.len();
        self.filter.before = page.next;
        self.is_over = page.next.is_none();
        if self.seen > MESSAGES_MAX {
            let detail =
                format!("the account has more than {MESSAGES_MAX} messages of these days: rerate fewer days");
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_messages", detail));
        }
        Ok(Some(page.entries))
    }
}

/// Posts the difference. Of two that are posted at once, one is.
async fn post(
    rest: &Rest,
    account: &Account,
    days: &Days,
    before: usize,
    owed: Amount,
    who: Box<str>,
) -> Result<MoneyEntry, Problem> {
    let Some(billing) = account.billing.as_deref() else { return Err(unbilled(&account.name)) };
    let posting = Posting {
        account: account.id,
        currency: billing.currency(),
        kind: EntryKind::Correction,
        added: Added::Amount(owed),
        limit: None,
        key: days.key(before + 1).into(),
        note: Some(format!("{days} by the tariff '{}'", billing.tariff).into()),
        who,
        at: rest.live.now(),
    };
    match rest.credits.post(posting).await? {
        Posted::Now(entry, _) => Ok(entry),
        Posted::Before(..) | Posted::Conflict | Posted::Unpaid => Err(conflict()),
    }
}
