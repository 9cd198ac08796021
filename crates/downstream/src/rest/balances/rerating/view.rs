//! A rerating as clients see it.

use super::{Days, EntryView};
use postrider_core::account::Account;
use postrider_core::contract::MoneyEntry;
use postrider_core::money::{Amount, Repriced, Rerating};
use postrider_core::rules::Rules;
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

/// The most messages of an answer in JSON.
const LISTED_MAX: usize = 1_000;

/// What an account was charged for messages of some days, and what it would be by its tariff as it is now. Amounts are decimal numbers
/// in texts.
#[derive(Serialize, ToSchema)]
#[schema(as = Rerating)]
pub(in crate::rest) struct ReratingView {
    /// The account.
    account: String,
    /// The days.
    #[schema(example = "2026-11-01 to 2026-11-30")]
    days: String,
    /// The currency (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Messages that were looked at.
    messages: u64,
    /// Their parts.
    parts: u64,
    /// What they were charged.
    charged: String,
    /// What they would be charged.
    rerated: String,
    /// What was posted for these days before, or now.
    corrected: String,
    /// What is still to be posted: above zero it is given back, below zero taken.
    owed: String,
    /// Messages that have not ended: they are left out until they have.
    open: u64,
    /// Messages that had no price in the currency, or have none now: they stay as they are.
    unpriced: u64,
    /// The entry, if one was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<EntryView>,
    /// The first 1,000 messages whose price is another, the newest first.
    repriced: Vec<RepricedView>,
    /// How many more there are.
    repriced_more: usize,
}

/// A message whose price is another now.
#[derive(Serialize, ToSchema)]
#[schema(as = RepricedMessage)]
pub(in crate::rest) struct RepricedView {
    /// The message.
    id: String,
    /// Its recipient.
    to: String,
    /// Its parts.
    parts: u8,
    /// The price of a part when it was accepted.
    before: String,
    /// The price of a part now.
    now: String,
    /// What it was charged in the end.
    charged: String,
    /// What it would be charged.
    rerated: String,
}

impl ReratingView {
    pub(super) fn of(
        account: &Account,
        days: &Days,
        found: &Rerating,
        corrected: Amount,
        posted: Option<&MoneyEntry>,
        rules: &Rules,
    ) -> Self {
        let corrected = corrected + posted.map(|entry| entry.posted).unwrap_or_default();
        let listed: Vec<_> = found.repriced.iter().take(LISTED_MAX).map(RepricedView::of).collect();
        Self {
            account: account.name.to_string(),
            days: days.to_string(),
            currency: account.billing.as_ref().map(|billing| billing.currency().to_string()),
            messages: found.messages,
            parts: found.parts,
            charged: found.charged.to_string(),
            rerated: found.rerated.to_string(),
            corrected: corrected.to_string(),
            owed: (found.owed() - corrected).to_string(),
            open: found.open,
            unpriced: found.unpriced,
            entry: posted.map(|entry| EntryView::of(entry, rules)),
            repriced_more: found.repriced.len() - listed.len(),
            repriced: listed,
        }
    }
}

impl RepricedView {
    fn of(it: &Repriced) -> Self {
        Self {
            id: it.message.to_string(),
            to: it.to.to_string(),
            parts: it.parts,
            before: it.before.to_string(),
            now: it.now.to_string(),
            charged: it.charged.to_string(),
            rerated: it.rerated.to_string(),
        }
    }
}

/// All messages whose price is another, as CSV.
pub(super) fn lines(found: &Rerating) -> String {
    let mut text = "id,to,parts,before,now,charged,rerated\r\n".to_owned();
    for RepricedView { id, to, parts, before, now, charged, rerated } in
        found.repriced.iter().map(RepricedView::of)
    {
        // A text takes everything.
        let _ = write!(text, "{id},{to},{parts},{before},{now},{charged},{rerated}\r\n");
    }
    text
}
