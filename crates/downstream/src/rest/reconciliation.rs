//! Reconciliation over HTTP: a supplier's table of what it sent is compared with what went by an upstream.

mod view;

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::list;
use super::mistakes;
use super::payload::read_up_to;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use postrider_core::contract::{Entry, Filter};
use postrider_core::csv::OCTETS_MAX;
use postrider_core::delivery::State as MessageState;
use postrider_core::principal::Viewer;
use postrider_core::reconciliation::{OwnRecord, Reconciliation, SupplierRow, read, reconcile};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_declare::Span;
use std::sync::Arc;
use std::time::Duration;
use utoipa::IntoParams;
use view::{ReconciliationView, lines};

/// The longest time for the arrival of a table.
const ARRIVAL_MAX: Duration = Duration::from_mins(10);
/// Messages of one page.
const PAGE: usize = 500;
/// The most messages that are looked at.
const MESSAGES_MAX: usize = 2_000_000;
/// How long before it was sent a message may have been accepted.
const SCHEDULED: Duration = Duration::from_hours(7 * 24);
/// How far apart the two times of a message may be if the request doesn't say.
const WITHIN: Duration = Duration::from_mins(10);

/// What a table is compared with.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ReconciliationQuery {
    /// The upstream that the supplier is.
    upstream: String,
    /// Messages sent at or after this: a time, or a length of time before now. Default: the first time of the table, less `within`.
    since: Option<String>,
    /// Messages sent before this, likewise. Default: the last time of the table, and `within`.
    until: Option<String>,
    /// Which columns of the table are ours, separated by commas: `reference=Message ID,to=Destination,sent_at=Date,parts=Segments,cost=Rate`.
    /// Default: they have our names.
    columns: Option<String>,
    /// The time zone of times without an offset. Default: `UTC`.
    zone: Option<String>,
    /// How far apart the two times of a message may be. Default: `10m`.
    within: Option<String>,
    /// `json`, with the first 1,000 differences, or `csv` with all of them. Default: `json`.
    format: Option<String>,
}

/// The parameters of a request.
struct Asked {
    upstream: UpstreamId,
    since: Option<Time>,
    until: Option<Time>,
    columns: Vec<(String, String)>,
    zone: TimeZone,
    within: Duration,
    is_csv: bool,
}

/// Compares a supplier's table with the messages that went by an upstream: which one side alone has, and which differ in parts or cost.
/// Nothing is changed.
///
/// The body is CSV. Rows are matched by `reference`, the supplier's name for a message, or else by `to` and `sent_at`. Of messages of
/// several parts the rows are added up. Costs are compared with those of the upstream's tariff, in its currency.
#[utoipa::path(
    post, path = "/v1/reconciliation", tag = "money", operation_id = "reconcile", params(ReconciliationQuery),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "The comparison.", body = ReconciliationView),
        (status = "4XX", description = "The request, or the table, is wrong; `errors` lists up to 100 mistakes by line.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn compare(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Problem> {
    let (rules, now) = (rest.live.rules(), rest.live.now());
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &rules, now)?;
    let octets = read_up_to(body, OCTETS_MAX, ARRIVAL_MAX).await?;
    let rows = read(&octets, &asked.columns, &asked.zone);
    let rows = rows.map_err(|wrong| mistakes::of_table("invalid_table", &wrong))?;
    let span = asked.span(&rows)?;
    let own = own(&rest, asked.upstream, span).await?;
    let result: Reconciliation = reconcile(own, &rows, asked.within);
    if asked.is_csv {
        return Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], lines(&result)).into_response());
    }
    Ok(json(StatusCode::OK, &ReconciliationView::of(&result)))
}

impl Asked {
    fn read(query: &str, rules: &Rules, now: Time) -> Result<Self, Problem> {
        let known = ["upstream", "since", "until", "columns", "zone", "within", "format"];
        let mut upstream = None;
        let (mut since, mut until, mut columns) = (None, None, Vec::new());
        let (mut zone, mut within, mut is_csv) = (TimeZone::UTC, WITHIN, false);
        for (name, value) in pairs(query, &known)? {
            match &*name {
                "upstream" => upstream = Some(self::upstream(&value, rules)?),
                "since" => since = list::time("since", &value, now)?,
                "until" => until = list::time("until", &value, now)?,
                "columns" => columns = columns_of(&value)?,
                "zone" => {
                    zone = TimeZone::get(&value)
                        .map_err(|_| wrong("zone", "write a name such as Europe/Berlin"))?;
                }
                "within" => {
                    within =
                        Span::new(value.as_str()).read().map_err(|why| wrong("within", &why.to_string()))?;
                }
                _ => {
                    is_csv = match &*value {
                        "csv" => true,
                        "json" => false,
                        _ => return Err(wrong("format", "write json or csv")),
                    }
                }
            }
        }
        let upstream = upstream.ok_or_else(|| wrong("upstream", "name the upstream that the supplier is"))?;
        Ok(Self { upstream, since, until, columns, zone, within, is_csv })
    }

    /// From when to when messages were sent that are compared.
    fn span(&self, rows: &[SupplierRow]) -> Result<(Time, Time), Problem> {
        let times = || rows.iter().filter_map(|row| row.sent_at);
        let since = self.since.or_else(|| Some(times().min()? - self.within));
        let until = self.until.or_else(|| Some(times().max()? + self.within + Duration::from_millis(1)));
        let none = |name| wrong(name, "the table has no times: say of which time it is");
        Ok((since.ok_or_else(|| none("since"))?, until.ok_or_else(|| none("until"))?))
    }
}

/// The upstream of this name.
fn upstream(name: &str, rules: &Rules) -> Result<UpstreamId, Problem> {
    let found = rules.upstreams().find(|upstream| *upstream.name == *name);
    let found = found.map(|upstream| upstream.id);
    found.ok_or_else(|| wrong("upstream", &format!("there is no upstream '{name}'")))
}

/// `reference=Message ID,to=Destination`.
fn columns_of(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let pair = |pair: &str| {
        let pair =
            pair.split_once('=').map(|(ours, theirs)| (ours.trim().to_owned(), theirs.trim().to_owned()));
        pair.ok_or_else(|| wrong("columns", "write our name and the supplier's: reference=Message ID"))
    };
    text.split(',').map(pair).collect()
}

/// What went by an upstream in a span of time.
async fn own(
    rest: &Rest,
    upstream: UpstreamId,
    (since, until): (Time, Time),
) -> Result<Vec<OwnRecord>, Problem> {
    let mut filter = Filter {
        upstream: Some(upstream),
        since: Some(since - SCHEDULED),
        until: Some(until),
        ..Filter::all(Viewer::Everything, PAGE)
    };
    let (mut records, mut seen) = (Vec::new(), 0);
    loop {
        let page = rest.archive.list(filter.clone()).await?;
        seen += page.entries.len();
        let within = |record: &OwnRecord| (since..until).contains(&record.sent_at);
        records.extend(page.entries.iter().filter_map(|entry| record(entry, upstream)).filter(within));
        filter.before = page.next;
        if page.next.is_none() {
            records.reverse();
            return Ok(records);
        }
        if seen >= MESSAGES_MAX {
            let detail =
                format!("more than {MESSAGES_MAX} messages went by this upstream: narrow since and until");
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_messages", detail));
        }
    }
}

/// The record of a message that this upstream's carrier took; `None` of one that it didn't.
fn record(entry: &Entry, upstream: UpstreamId) -> Option<OwnRecord> {
    let message = &*entry.message;
    let (reference, sent_at) = match &entry.outcome {
        Some(outcome) if outcome.upstream == upstream => (outcome.reference.clone(), outcome.sent_at?),
        // Its receipt is waited for: when it was sent isn't kept before.
        None if entry.state == MessageState::Sent => (None, message.created().max(message.due)),
        _ => return None,
    };
    Some(OwnRecord {
        message: message.id,
        to: message.to,
        reference,
        sent_at,
        parts: message.parts.into(),
        cost: message.charge.as_deref().and_then(|charge| charge.cost(message, upstream)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_is_compared() {
        let wrong_in = |query: &str| {
            Asked::read(query, &Rules::default(), Time(0)).err().and_then(|problem| problem.field)
        };
        for (query, field) in [
            ("", "upstream"),
            ("upstream=nobody", "upstream"),
            ("zone=Nowhere", "zone"),
            ("within=soon", "within"),
            ("columns=reference", "columns"),
            ("format=xml", "format"),
        ] {
            assert_eq!(wrong_in(query).as_deref(), Some(field), "{query}");
        }
        let columns = columns_of("reference=Message ID, to = Destination").unwrap();
        assert_eq!(columns[1], ("to".to_owned(), "Destination".to_owned()));
    }

    #[test]
    fn a_tables_times_say_of_which_time_it_is() {
        let asked = |since| Asked {
            upstream: UpstreamId(1),
            since,
            until: None,
            columns: Vec::new(),
            zone: TimeZone::UTC,
            within: Duration::from_millis(10),
            is_csv: false,
        };
        let row = |at| SupplierRow { sent_at: Some(Time(at)), ..SupplierRow::default() };
        assert_eq!(asked(None).span(&[row(100), row(50)]).unwrap(), (Time(40), Time(111)));
        assert_eq!(asked(Some(Time(0))).span(&[row(100)]).unwrap(), (Time(0), Time(111)));
        assert!(asked(None).span(&[SupplierRow::default()]).is_err());
    }
}
