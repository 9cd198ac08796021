//! Reports over HTTP: what became of messages, by time, account, way and network, as JSON and as CSV.

mod csv;
mod fold;

use super::Rest;
use super::answer::json;
use super::balances;
use super::caller::Reader;
use super::list;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use fold::fold;
use postrider_core::principal::{Principal, Scope};
use postrider_core::report::{Dimension, ReportFilter, hour_of};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_core::user::Permission;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// The most sums that a report is made of.
const SUMS_MAX: usize = 200_000;
/// The time that a report is about if it doesn't say.
const USUAL: Duration = Duration::from_hours(24);

/// What a report is about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct ReportQuery {
    /// What it is broken down by, separated by commas: `hour`, `day`, `account`, `upstream`, `country`, `network` and `sender`.
    /// Default: nothing, one line for each currency.
    by: Option<String>,
    /// Messages accepted at or after this: a time, or a length of time before now such as `24h`. It is rounded down to the hour.
    /// Default: `24h`.
    since: Option<String>,
    /// Messages accepted before this, likewise, rounded up to the hour. Default: now.
    until: Option<String>,
    /// Only this account's messages. An account sees its own alone.
    account: Option<String>,
    /// Only messages by this upstream; for administrators.
    upstream: Option<String>,
    /// Only messages to this country (ISO 3166).
    country: Option<String>,
    /// Only messages to this network, by MCC and MNC.
    network: Option<String>,
    /// Only messages from this sender.
    sender: Option<String>,
}

/// A report.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Report)]
pub(super) struct ReportView {
    /// The first hour.
    #[schema(format = "date-time")]
    since: String,
    /// The hour behind the last.
    #[schema(format = "date-time")]
    until: String,
    /// The lines, in the order of what they are broken down by.
    lines: Vec<ReportLine>,
}

/// A line of a report: messages that have ended, by the hour in which they were accepted.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct ReportLine {
    /// What the messages have in common, by the names in `by`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    by: BTreeMap<&'static str, String>,
    /// How many messages.
    messages: u64,
    /// How many parts.
    parts: u64,
    /// How many were delivered.
    delivered: u64,
    /// The share of those that were delivered, 0 to 1.
    delivered_ratio: f64,
    /// How many ended otherwise, by state.
    states: BTreeMap<&'static str, u64>,
    /// How many were not delivered, by the gateway's code.
    errors: BTreeMap<String, u64>,
    /// Times from acceptance to delivery in milliseconds, each at most 41 % above the true one; absent if none was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<LatencyView>,
    /// The currency (ISO 4217) of the amounts; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// What accounts paid in the end: a decimal number in a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// What upstreams cost, as far as it is known; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    /// The price less the cost; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<String>,
}

/// Percentiles of times, in milliseconds.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Latency)]
pub(super) struct LatencyView {
    /// Half of the messages were delivered within this.
    p50: u64,
    /// 90 % were.
    p90: u64,
    /// 99 % were.
    p99: u64,
}

/// Reports what became of messages: volumes, delivered ratio, latencies, errors, and for administrators cost and margin.
///
/// A message counts about a second after it has ended, in the hour in which it was accepted.
#[utoipa::path(
    get, path = "/v1/reports", tag = "reports", operation_id = "getReport", params(ReportQuery),
    responses(
        (status = 200, description = "The report.", body = ReportView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn report(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (view, _) = make(&rest, &caller, query.as_deref().unwrap_or_default()).await?;
    Ok(json(StatusCode::OK, &view))
}

/// The same report as CSV.
#[utoipa::path(
    get, path = "/v1/reports/csv", tag = "reports", operation_id = "exportReport", params(ReportQuery),
    responses(
        (status = 200, description = "The report.", body = String, content_type = "text/csv"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn export(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (view, by) = make(&rest, &caller, query.as_deref().unwrap_or_default()).await?;
    let is_administrator = sees_margin(&caller);
    let lines = csv::lines(&view.lines, &by, is_administrator);
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], lines).into_response())
}

async fn make(rest: &Rest, caller: &Principal, query: &str) -> Result<(ReportView, Vec<Dimension>), Problem> {
    let rules = rest.live.rules();
    let filter = filter(query, caller, &rules, rest.live.now())?;
    let sums = rest.reports.report(filter.clone(), SUMS_MAX + 1).await?;
    if sums.len() > SUMS_MAX {
        let detail = "the report has too many lines: ask for a shorter time, or break it down by less";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "report_too_long", detail));
    }
    let is_administrator = sees_margin(caller);
    Ok((fold(&filter, &sums, &rules, is_administrator), filter.by))
}

/// Whether somebody may see what messages cost.
pub(super) fn sees_margin(caller: &Principal) -> bool {
    matches!(caller.scope, Scope::Administrator)
        && caller.role.is_none_or(|role| role.may(Permission::ReadMargin))
}

/// What a query asks for.
fn filter(query: &str, caller: &Principal, rules: &Rules, now: Time) -> Result<ReportFilter, Problem> {
    let (mut since, mut until) = (now - USUAL, now);
    let (mut filter, mut named) = (ReportFilter::default(), None);
    let known = ["by", "since", "until", "account", "upstream", "country", "network", "sender"];
    for (name, value) in pairs(query, &known)? {
        match &*name {
            "by" => filter.by = dimensions(&value)?,
            "since" => since = list::time(&name, &value, now)?.unwrap_or(since),
            "until" => until = list::time(&name, &value, now)?.unwrap_or(until),
            "account" => named = Some(value),
            "upstream" => {
                let found = rules.upstreams().find(|upstream| *upstream.name == *value);
                let missing = || wrong("upstream", &format!("there is no upstream '{value}'"));
                filter.upstream = Some(found.ok_or_else(missing)?.id);
            }
            "country" => {
                filter.country = Some(value.parse().map_err(|why| wrong("country", &format!("{why}")))?);
            }
            "network" => filter.network = Some(value.into()),
            _ => filter.sender = Some(value.into()),
        }
    }
    let is_administrator = matches!(caller.scope, Scope::Administrator);
    if !is_administrator && (filter.upstream.is_some() || filter.by.contains(&Dimension::Upstream)) {
        return Err(wrong("by", "only administrators see upstreams"));
    }
    filter.account = balances::account(caller, named.as_deref(), rules)?;
    filter.from = hour_of(since);
    filter.until = hour_of(until + Duration::from_hours(1) - Duration::from_millis(1));
    Ok(filter)
}

fn dimensions(value: &str) -> Result<Vec<Dimension>, Problem> {
    let mut by = Vec::new();
    for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.word() == word);
        let words = || Dimension::ALL.map(Dimension::word).join(", ");
        let dimension = dimension.ok_or_else(|| wrong("by", &format!("'{word}' is none of {}", words())))?;
        if by.contains(&dimension) {
            return Err(wrong("by", &format!("'{word}' is given twice")));
        }
        by.push(dimension);
    }
    Ok(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::{AccountId, Permits};

    fn read(query: &str, caller: &Principal) -> Result<ReportFilter, Box<str>> {
        let now = Time(1_800_000_000_000);
        filter(query, caller, &rules(account()), now).map_err(|problem| problem.detail)
    }

    #[test]
    fn a_query_says_what_a_report_is_about() {
        let root = Principal::administrator("root".into());
        let all = read("", &root).unwrap();
        assert_eq!((all.from, all.until, all.account, all.by.len()), (499_976, 500_000, None, 0));
        let some = read("by=day,%20country&since=2h&until=30m&account=shop&country=GB", &root).unwrap();
        assert_eq!((some.from, some.until, some.account), (499_998, 500_000, Some(AccountId(1))));
        assert_eq!(some.by, [Dimension::Day, Dimension::Country]);
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        assert_eq!(read("", &own).unwrap().account, Some(AccountId(1)));
    }

    #[test]
    fn mistakes_are_told() {
        let root = Principal::administrator("root".into());
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        for (query, caller, words) in [
            ("by=week", &root, "'week' is none of hour, day"),
            ("by=day,day", &root, "given twice"),
            ("country=UK", &root, "not the code of a country"),
            ("upstream=nowhere", &root, "there is no upstream"),
            ("account=other", &own, "only administrators"),
            ("by=upstream", &own, "only administrators see upstreams"),
            ("since=soon", &root, "is not a time"),
        ] {
            let told = read(query, caller).unwrap_err();
            assert!(told.contains(words), "{query}: {told}");
        }
    }
}
