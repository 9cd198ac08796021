//! The audit log, as administrators read it.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::{moment, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::audit::{Filter, Head, Line, LineHash};
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most lines of one page.
const PAGE_MAX: usize = 1_000;
/// The default number of lines of a page.
const PAGE: usize = 50;

/// The filter of the audit log. All conditions must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct AuditQuery {
    /// The name of whoever did it.
    who: Option<String>,
    /// The action, or the beginning of it.
    action: Option<String>,
    /// What it was done to.
    subject: Option<String>,
    /// The address that it was done from.
    address: Option<String>,
    /// The earliest time (RFC 3339).
    since: Option<String>,
    /// The time before which it happened (RFC 3339).
    until: Option<String>,
    /// `newest` (default) or `oldest`: which lines come first.
    order: Option<String>,
    /// The most lines of the page, 1 to 1000. Default: 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub(super) struct LineView<'a> {
    /// Its place in the log: 1, 2, 3 and so on.
    sequence: u64,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// The name of whoever did it; empty where nobody proved anything.
    who: &'a str,
    /// `administrator`, `account`, `user`, `stranger`, or `system` for the configuration file and the gateway itself.
    role: &'static str,
    /// The address that it was done from, if it was done over a connection.
    address: Option<&'a str>,
    /// The action: `change` of a declaration, `login.refused`, `privacy.export`, `privacy.erase`, or a request such as
    /// `GET /v1/messages/{id}`.
    action: &'a str,
    /// What it was done to.
    subject: &'a str,
    /// `ok`, or the status of the answer.
    outcome: &'a str,
    /// Details: JSON as a text, just as the hash covers it.
    detail: Option<&'a str>,
    /// The SHA-256 of the line and of the hash before it, in hexadecimal.
    hash: String,
}

/// The last line of the log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditHead)]
pub(super) struct HeadView {
    /// Its place.
    sequence: u64,
    /// Its hash.
    hash: String,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub(super) struct AuditPage<'a> {
    /// The lines.
    lines: Vec<LineView<'a>>,
    /// The last line of the whole log; null if it has none.
    head: Option<HeadView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists the audit log: who saw or changed what.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "listAudit", tag = "operations", params(AuditQuery),
    responses(
        (status = 200, description = "A page of lines.", body = AuditPage),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn audit(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let filter = filter(given.as_deref().unwrap_or_default())?;
    let limit = filter.limit;
    // One more than requested shows whether there is another page.
    let (lines, head) = rest.auditor.log.trail(Filter { limit: limit + 1, ..filter }).await?;
    Ok(json(StatusCode::OK, &AuditPage::new(&lines, head, limit)))
}

const PARAMETERS: [&str; 9] =
    ["who", "action", "subject", "address", "since", "until", "order", "limit", "cursor"];

fn filter(given: &str) -> Result<Filter, Problem> {
    let mut filter = Filter { limit: PAGE, ..Filter::default() };
    for (name, value) in query::pairs(given, &PARAMETERS)? {
        let wrong = |detail: &str| query::wrong(&name, detail);
        match name.as_str() {
            "who" => filter.who = Some(value.into()),
            "action" => filter.action = Some(value.into()),
            "subject" => filter.subject = Some(value.into()),
            "address" => filter.address = Some(value.into()),
            "since" => filter.since = Some(moment::of_query(&value).map_err(|error| wrong(&error))?),
            "until" => filter.until = Some(moment::of_query(&value).map_err(|error| wrong(&error))?),
            "order" => {
                filter.oldest_first = match &*value {
                    "newest" => false,
                    "oldest" => true,
                    _ => return Err(wrong("must be newest or oldest")),
                };
            }
            "limit" => filter.limit = query::limit(&value, PAGE_MAX)?,
            _ => {
                let cursor = value.parse::<u64>().ok().filter(|place| i64::try_from(*place).is_ok());
                filter.after = Some(cursor.ok_or_else(|| wrong("invalid cursor: use the 'next' of a page"))?);
            }
        }
    }
    Ok(filter)
}

impl<'a> AuditPage<'a> {
    /// The page of the first `limit` lines that were found.
    fn new(found: &'a [Line], head: Option<Head>, limit: usize) -> Self {
        let page = found.get(..limit).unwrap_or(found);
        let last = page.last().filter(|_| found.len() > limit);
        Self {
            lines: page.iter().map(view).collect(),
            head: head.map(|head| HeadView { sequence: head.sequence, hash: hex(&head.hash) }),
            next: last.map(|line| line.sequence.to_string()),
        }
    }
}

fn view(line: &Line) -> LineView<'_> {
    let event = &line.event;
    LineView {
        sequence: line.sequence,
        at: moment::write(event.at),
        who: &event.who,
        role: event.role.word(),
        address: event.address.as_deref(),
        action: &event.action,
        subject: &event.subject,
        outcome: &event.outcome,
        detail: event.detail.as_deref(),
        hash: hex(&line.hash),
    }
}

fn hex(hash: &LineHash) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::audit::{ActorKind, Event};
    use postrider_core::time::Time;

    #[test]
    fn every_condition_arrives() {
        let given = "who=ops&action=change&subject=route+world&address=192.0.2.1&since=1970-01-01T00:00:01Z\
                     &until=1970-01-01T00:00:02Z&order=oldest&limit=1000&cursor=7";
        let expected = Filter {
            who: Some("ops".into()),
            action: Some("change".into()),
            subject: Some("route world".into()),
            address: Some("192.0.2.1".into()),
            since: Some(Time(1_000)),
            until: Some(Time(2_000)),
            oldest_first: true,
            after: Some(7),
            limit: 1_000,
        };
        assert_eq!(filter(given), Ok(expected));
        for (query, field) in [
            ("order=up", "order"),
            ("limit=1001", "limit"),
            ("cursor=x", "cursor"),
            ("since=x", "since"),
            ("whom=x", "whom"),
        ] {
            assert_eq!(filter(query).unwrap_err().field.as_deref(), Some(field), "{query}");
        }
    }

    #[test]
    fn a_page_names_the_last_line_of_all_and_the_next_page() {
        let event = Event {
            at: Time(1_000),
            who: "ops".into(),
            role: ActorKind::Administrator,
            address: None,
            action: "change".into(),
            subject: "route world".into(),
            outcome: "ok".into(),
            detail: None,
        };
        let line = |sequence| Line { sequence, event: event.clone(), hash: [1; 32] };
        let head = Head { sequence: 9, hash: [0xab; 32] };
        let show =
            |limit| serde_json::to_value(AuditPage::new(&[line(4), line(3)], Some(head), limit)).unwrap();
        let first = show(1);
        assert_eq!((&first["next"], &first["head"]["sequence"]), (&"4".into(), &9.into()));
        assert_eq!(first["head"]["hash"], "ab".repeat(32));
        assert_eq!(first["lines"][0]["at"], "1970-01-01T00:00:01.000Z");
        assert_eq!(show(2).get("next"), None);
    }
}
