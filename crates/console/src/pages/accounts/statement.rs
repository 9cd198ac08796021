//! The money of an account: what it has, what moved it, and top-ups.

use crate::amount::Amount;
use crate::api::{Failed, path, with_query};
use crate::form::{Form, once};
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use crate::when;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::json;

/// The entries of a page of a statement. Those of a day and a kind are one line.
const AT_ONCE: &str = "500";
/// The header that makes a repetition harmless.
const ONCE: &str = "idempotency-key";

/// What an account has in a currency.
#[derive(Deserialize)]
pub(super) struct Balance {
    pub(super) currency: String,
    pub(super) balance: String,
    pub(super) reserved: String,
    pub(super) available: Option<String>,
    pub(super) limit: Option<String>,
    pub(super) low: bool,
}

#[derive(Deserialize)]
struct Balances {
    balances: Vec<Balance>,
}

/// What moved a balance, as the API tells of it.
#[derive(Clone, Deserialize)]
struct Entry {
    at: String,
    kind: String,
    currency: String,
    amount: String,
    reserved: String,
    messages: u64,
    note: Option<String>,
    who: Option<String>,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
    next: Option<String>,
}

/// A line of a statement: a top-up, or all entries of a kind on a day.
pub(super) struct Line {
    /// The time of its last entry.
    pub(super) at: String,
    day: Option<Date>,
    kind: String,
    pub(super) currency: String,
    pub(super) amount: Amount,
    pub(super) reserved: Amount,
    pub(super) messages: u64,
    pub(super) note: Option<String>,
    pub(super) who: Option<String>,
}

impl Line {
    fn of(entry: Entry, zone: &TimeZone) -> Self {
        let day = when::read(&entry.at).map(|at| at.to_zoned(zone.clone()).date());
        Self {
            day,
            amount: Amount::read(&entry.amount),
            reserved: Amount::read(&entry.reserved),
            at: entry.at,
            kind: entry.kind,
            currency: entry.currency,
            messages: entry.messages,
            note: entry.note,
            who: entry.who,
        }
    }

    /// Whether another line is one with this: charges of a day are, top-ups and corrections never.
    fn is_one_with(&self, other: &Self) -> bool {
        !["top_up", "correction"].contains(&self.kind.as_str())
            && (&self.kind, &self.currency, self.day) == (&other.kind, &other.currency, other.day)
    }

    fn add(&mut self, other: &Self) {
        self.amount = [self.amount, other.amount].into_iter().sum();
        self.reserved = [self.reserved, other.reserved].into_iter().sum();
        self.messages += other.messages;
    }

    /// What it is, for people.
    pub(super) fn label<'t>(&'t self, frame: &'t Frame) -> &'t str {
        match self.kind.as_str() {
            "top_up" => frame.t("Top-up"),
            "charge" => frame.t("Charged"),
            "reservation" => frame.t("Reserved"),
            "capture" => frame.t("Charged from what was reserved"),
            "release" => frame.t("No longer reserved"),
            "refund" => frame.t("Given back"),
            "inbound" => frame.t("Messages from handsets"),
            "lookup" => frame.t("Look-ups of numbers"),
            "monthly_fee" => frame.t("Monthly fee"),
            "correction" => frame.t("Correction"),
            other => other,
        }
    }

    /// Its day, in the zone of the page.
    pub(super) fn day(&self) -> String {
        self.day.map_or_else(|| self.at.clone(), |day| day.to_string())
    }

    /// The money that it moved: of the balance, or else of what is reserved.
    pub(super) fn moved(&self) -> String {
        self.amount.to_string()
    }
}

/// Entries as lines, in their order. A line stands where its last entry is.
fn lines(entries: Vec<Entry>, zone: &TimeZone) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for entry in entries {
        let line = Line::of(entry, zone);
        // Kinds alternate: a day has a line of each, however they are mixed.
        match lines.iter().rposition(|before| line.is_one_with(before)) {
            Some(at) => lines[at].add(&line),
            None => lines.push(line),
        }
    }
    lines
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage {
    frame: Frame,
    name: String,
    balances: Vec<Balance>,
    lines: Vec<Line>,
    next: Option<String>,
    /// The key that makes a repetition of the top-up harmless.
    once: String,
    is_billed: bool,
}

impl StatementPage {
    fn older(&self, cursor: &str) -> String {
        with_query(&format!("/console/accounts/{}/statement", self.name), &[("cursor", cursor)])
    }
}

/// What an account has, in each of its currencies.
pub(super) async fn balances(visitor: &Visitor, name: &str) -> Result<Vec<Balance>, Failed> {
    let Balances { balances } = visitor.ask.get("/v1/balances", &[("account", name)]).await?;
    Ok(balances)
}

pub(in crate::pages) async fn page(
    visitor: Visitor,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &name, form.get("cursor")).await)
}

async fn shown(visitor: &Visitor, name: &str, cursor: &str) -> Result<StatementPage, Failed> {
    if visitor.who.account.as_ref().is_some_and(|own| own != name) {
        return Err(Failed::not_found());
    }
    let query = [("account", name), ("limit", AT_ONCE), ("cursor", cursor)];
    let Entries { entries, next } = visitor.ask.get("/v1/entries", &query).await?;
    let balances = balances(visitor, name).await?;
    Ok(StatementPage {
        frame: visitor.frame("accounts", title("Statement")),
        is_billed: !balances.is_empty(),
        balances,
        lines: lines(entries, &visitor.liked.zone),
        once: once(),
        name: name.to_owned(),
        next,
    })
}

/// Adds credit. The amount must be typed twice.
pub(in crate::pages) async fn top_up(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let back = format!("/console/accounts/{name}/statement");
    let done = async {
        let amount = form.needed("amount")?;
        if amount != form.get("again") {
            let detail = "nothing was added: the two amounts differ";
            let failed = Failed::new(StatusCode::BAD_REQUEST, "not_confirmed", detail);
            return Err(Failed { field: Some("again".to_owned()), ..failed });
        }
        let note = Some(form.get("note")).filter(|note| !note.is_empty());
        let asker = visitor.ask.with_header(ONCE, form.get("once"));
        let document = json!({ "amount": amount, "note": note });
        asker.post::<serde::de::IgnoredAny>(&path(&["accounts", &name, "top-ups"]), &document).await
    };
    match done.await {
        Ok(_) => Redirect::to(&format!("{back}?done=topped-up")).into_response(),
        Err(failed) => visitor.refused(failed, &back),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: &str, kind: &str, amount: &str, reserved: &str) -> Entry {
        Entry {
            at: at.to_owned(),
            kind: kind.to_owned(),
            currency: "EUR".to_owned(),
            amount: amount.to_owned(),
            reserved: reserved.to_owned(),
            messages: u64::from(kind != "top_up"),
            note: None,
            who: None,
        }
    }

    #[test]
    fn the_charges_of_a_day_are_one_line_and_top_ups_are_their_own() {
        let entries = vec![
            entry("2030-01-31T23:30:00.000Z", "charge", "-0.05", "0.00"),
            entry("2030-01-31T12:00:00.000Z", "capture", "-0.0125", "-0.0125"),
            entry("2030-01-31T11:00:00.000Z", "charge", "-0.10", "0.00"),
            entry("2030-01-31T10:00:00.000Z", "top_up", "5.00", "0.00"),
            entry("2030-01-31T09:00:00.000Z", "top_up", "5.00", "0.00"),
        ];
        let told = |zone: &TimeZone| -> Vec<(String, String, u64)> {
            let lines = lines(entries.clone(), zone);
            lines.into_iter().map(|line| (line.day(), line.moved(), line.messages)).collect()
        };
        let line = |day: &str, moved: &str, messages| (day.to_owned(), moved.to_owned(), messages);
        let (day, next) = ("2030-01-31", "2030-02-01");
        assert_eq!(
            told(&TimeZone::UTC),
            [line(day, "-0.15", 2), line(day, "-0.0125", 1), line(day, "5.00", 0), line(day, "5.00", 0)]
        );
        // In another zone the first one was on another day.
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        assert_eq!(told(&vienna)[0], line(next, "-0.05", 1));
    }
}
