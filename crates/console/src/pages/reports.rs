//! Reports: what became of messages, over time and by what they have in common.

mod asked;
mod course;
mod line;

use crate::api::Failed;
use crate::chart;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use asked::Asked;
use axum::extract::RawQuery;
use axum::response::Response;
use course::Course;
pub(super) use line::{Line, Report, SAMPLES_MIN, percent};

/// The most lines of the breakdown on a page.
const ROWS_MAX: usize = 100;
/// The most errors on a page.
const ERRORS_MAX: usize = 12;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    frame: Frame,
    asked: Asked,
    /// A line for each currency.
    totals: Vec<Line>,
    course: Course,
    /// The breakdown, the most messages first.
    rows: Vec<Line>,
    /// How many lines of the breakdown are left out.
    left_out: usize,
    accounts: Vec<String>,
    upstreams: Vec<String>,
}

impl ReportsPage {
    fn sum(&self, of: fn(&Line) -> u64) -> u64 {
        self.totals.iter().map(of).sum()
    }

    fn messages(&self) -> u64 {
        self.sum(|line| line.messages)
    }

    fn parts(&self) -> u64 {
        self.sum(|line| line.parts)
    }

    fn delivered(&self) -> u64 {
        self.sum(|line| line.delivered)
    }

    /// The line of the most messages: percentiles of several currencies can't be added up.
    fn whole(&self) -> Option<&Line> {
        self.totals.iter().max_by_key(|line| line.messages)
    }

    fn has_money(&self) -> bool {
        self.totals.iter().any(|line| line.price.is_some())
    }

    fn has_costs(&self) -> bool {
        self.totals.iter().any(|line| line.margin.is_some())
    }

    /// The codes of errors with their counts, the most frequent first.
    fn errors(&self) -> Vec<(&str, u64)> {
        let mut errors = std::collections::BTreeMap::<&str, u64>::new();
        for (code, count) in self.totals.iter().flat_map(|line| &line.errors) {
            *errors.entry(code).or_default() += count;
        }
        let mut errors: Vec<_> = errors.into_iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        errors.truncate(ERRORS_MAX);
        errors
    }

    fn share(&self, line: &Line) -> String {
        chart::share(line.messages, self.rows.iter().map(|row| row.messages).max().unwrap_or(0))
    }
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &visitor.who);
    visitor.show(shown(&visitor, asked).await)
}

async fn shown(visitor: &Visitor, asked: Asked) -> Result<ReportsPage, Failed> {
    let now = crate::clock::now();
    let report = async |by: &str| {
        let since = asked.since(now).to_string();
        let mut query = asked.filters();
        query.extend([("by", by), ("since", &since)]);
        visitor.ask.get::<Report>("/v1/reports", &query).await
    };
    let totals = report("").await?.lines;
    let course = Course::of(&report(asked.step_word()).await?, &asked, now);
    let mut rows = report(asked.by()).await?.lines;
    rows.sort_by_key(|row| std::cmp::Reverse(row.messages));
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    let (accounts, upstreams) = choices(visitor).await?;
    let frame = visitor.frame("reports", "Reports");
    Ok(ReportsPage { frame, asked, totals, course, rows, left_out, accounts, upstreams })
}

/// The accounts and upstreams of the filters, as far as whoever looks may see them.
async fn choices(visitor: &Visitor) -> Result<(Vec<String>, Vec<String>), Failed> {
    let names =
        async |kind: &str, permission: &str| match visitor.who.sees_all() && visitor.who.may(permission) {
            true => super::messages::names(visitor, kind).await,
            false => Ok(Vec::new()),
        };
    Ok((names("accounts", "read_accounts").await?, names("upstreams", "read_configuration").await?))
}

/// The page as a file: each step of time, broken down as the page is.
pub(super) async fn export(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &visitor.who);
    let (by, since) =
        (format!("{},{}", asked.step_word(), asked.by()), asked.since(crate::clock::now()).to_string());
    let mut query = asked.filters();
    query.extend([("by", &*by), ("since", &since)]);
    match visitor.ask.file("/v1/reports/csv", &query, "report.csv").await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &asked.address("/console/reports")),
    }
}
