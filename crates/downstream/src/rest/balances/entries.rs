//! What moved balances.

use super::account;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::list::{self, PAGE};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, moment, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{EntryFilter, MoneyEntry};
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What moved a balance: the messages of one transaction of the gateway, or a top-up. Amounts are decimal numbers in texts.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BalanceEntry)]
pub(in crate::rest) struct EntryView {
    /// Its number; later ones are higher.
    id: u64,
    /// The account.
    account: String,
    /// The time.
    #[schema(format = "date-time")]
    at: String,
    /// `top_up`; `charge` of messages when they are accepted; `reservation` for a later charge, which is a `capture` or a
    /// `release`; `refund` of a charge; `inbound` for messages from handsets;
    /// `lookup` of a number; `monthly_fee`; `correction` of what messages were charged.
    kind: &'static str,
    /// The currency (ISO 4217).
    currency: String,
    /// What it added to the balance.
    amount: String,
    /// What it added to what is reserved.
    reserved: String,
    /// How many messages it is about.
    messages: u64,
    /// The key by which a repetition is known: the idempotency key of a top-up, the month of a `monthly_fee`, the days of a `correction`.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What a top-up or a correction was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct EntryList {
    /// The entries, the newest first.
    entries: Vec<EntryView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl EntryView {
    pub(super) fn of(entry: &MoneyEntry, rules: &Rules) -> Self {
        let account = rules.account(entry.account);
        let text = |text: &Option<Box<str>>| text.as_ref().map(ToString::to_string);
        Self {
            id: entry.id,
            account: account.map_or_else(|| entry.account.0.to_string(), |account| account.name.to_string()),
            at: moment::write(entry.at),
            kind: entry.kind.word(),
            currency: entry.currency.to_string(),
            amount: entry.posted.to_string(),
            reserved: entry.reserved.to_string(),
            messages: entry.messages,
            key: text(&entry.key),
            note: text(&entry.note),
            who: text(&entry.who),
        }
    }
}

/// Lists what moved balances, the newest first: an account sees its own, an administrator all, or those of one account.
#[utoipa::path(
    get, path = "/v1/entries", tag = "money", operation_id = "listEntries",
    params(
        ("account" = Option<String>, Query, description = "Only this account's. Default: all that the key may see."),
        ("limit" = Option<usize>, Query, description = "The most entries of the page. 1 to 500. Default: 50."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of entries.", body = EntryList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn entries(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let (mut limit, mut before, mut named) = (PAGE, None, None);
    for (name, value) in query::pairs(given.as_deref().unwrap_or_default(), &["limit", "cursor", "account"])?
    {
        match &*name {
            "limit" => limit = list::limit(&value)?,
            "cursor" => before = list::cursor(&value)?,
            _ => named = Some(value),
        }
    }
    let account = account(&caller, named.as_deref(), &rules)?;
    // One more than requested shows whether there is another page.
    let found = rest.credits.entries(EntryFilter { account, kind: None, before, limit: limit + 1 }).await?;
    let (page, next) = list::page(&found, limit, |entry| entry.id.to_string());
    let entries = page.iter().map(|entry| EntryView::of(entry, &rules)).collect();
    Ok(json(StatusCode::OK, &EntryList { entries, next }))
}
