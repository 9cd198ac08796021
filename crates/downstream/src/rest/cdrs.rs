//! Call detail records: a line for each message that has ended, in the order in which ends were recorded, by cursor.
//!
//! They are read from the stream of events, whose order is one for all nodes: whoever goes on behind the cursor of the last line
//! gets every record, and none twice.

mod record;

use super::Rest;
use super::balances;
use super::caller::Reader;
use super::problem::{Problem, ProblemDocument};
use super::query::{self, pairs, wrong};
use super::reports::sees_margin;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use postrider_core::contract::{Events, EventsWanted};
use postrider_core::delivery::State as MessageState;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;
use postrider_core::stream::{EventFilter, EventPosition, StreamEvent, type_of_end};
use record::{Record, Writing};
use std::sync::Arc;
use std::time::Duration;

/// The most records of one answer, and the usual number.
const MOST: usize = 5_000;
const USUAL: usize = 1_000;
/// The longest that an answer waits for a record.
const WAIT_MAX: u64 = 60;
/// The header with the cursor behind the answer's last record.
static NEXT: HeaderName = HeaderName::from_static("next-cursor");

/// What records are asked for.
struct Wanted {
    events: EventsWanted,
    writing: Writing,
    patience: Duration,
}

/// Lists records of messages that have ended, the first ended first, as lines of JSON or as CSV.
///
/// Each record has a `cursor`; so has the answer (`Next-Cursor`), also if it has no record. Whoever asks again with the last cursor gets
/// every record once. Records are kept as long as the stream of events (`retention.events`).
#[utoipa::path(
    get, path = "/v1/cdrs", tag = "reports", operation_id = "listRecords",
    params(
        ("cursor" = Option<String>, Query, description = "The cursor behind which the records begin. Default: the oldest that is kept."),
        ("format" = Option<String>, Query, description = "`jsonl`, a JSON object a line, or `csv`. Default: `jsonl`."),
        ("limit" = Option<usize>, Query, description = "The most records, 1 to 5,000. Default: 1,000."),
        ("wait" = Option<u64>, Query, description = "How many seconds to wait for a record where there is none yet, up to 60. Default: 0."),
        ("account" = Option<String>, Query, description = "Only this account's. An account sees its own alone."),
    ),
    responses(
        (status = 200, description = "The records.", body = String, content_type = "application/jsonl"),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "The stream of events is switched off.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "Records behind that cursor are not kept any more.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn records(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    if !rest.streams.are_kept() {
        return Err(Problem::not_found(
            "there are no records without the stream of events: see retention.events",
        ));
    }
    let rules = rest.live.rules();
    let wanted = wanted(given.as_deref().unwrap_or_default(), &caller, &rules)?;
    let is_first = wanted.events.after == Some(EventPosition::START);
    let found = rest.archive.events(wanted.events, wanted.patience).await?;
    if found.forgotten && !is_first {
        let detail = "records behind this cursor are not kept any more: go on without it, from the oldest that is kept";
        return Err(Problem::new(StatusCode::GONE, "records_forgotten", detail));
    }
    let shows_cost = sees_margin(&caller);
    Ok(answer(&found, &wanted.writing, &rules, shows_cost))
}

fn answer(found: &Events, writing: &Writing, rules: &Rules, shows_cost: bool) -> Response {
    let mut text = writing.head();
    for (cursor, event) in &found.events {
        if let StreamEvent::Ended { message, outcome } = event {
            writing.write(&mut text, &Record::of(*cursor, message, outcome, rules, shows_cost));
        }
    }
    let mut response = ([(CONTENT_TYPE, writing.content_type())], text).into_response();
    if let Ok(next) = HeaderValue::from_str(&found.next.to_string()) {
        response.headers_mut().insert(&NEXT, next);
    }
    response
}

fn wanted(given: &str, caller: &Principal, rules: &Rules) -> Result<Wanted, Problem> {
    let ends = MessageState::ALL.into_iter().filter(|state| state.is_final());
    let types = Some(ends.map(|state| type_of_end(state).into()).collect());
    let filter = EventFilter { viewer: caller.viewer(), types };
    let mut events = EventsWanted { filter, after: Some(EventPosition::START), most: USUAL };
    let (mut writing, mut patience, mut named) = (Writing::Lines, Duration::ZERO, None);
    for (name, value) in pairs(given, &["cursor", "format", "limit", "wait", "account"])? {
        match &*name {
            "cursor" => {
                let cursor = value.parse();
                events.after = Some(cursor.map_err(|_| wrong("cursor", "use the cursor of a record"))?);
            }
            "format" => writing = Writing::of(&value).ok_or_else(|| wrong("format", "write jsonl or csv"))?,
            "limit" => events.most = query::limit(&value, MOST)?,
            "wait" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds <= WAIT_MAX);
                let seconds =
                    seconds.ok_or_else(|| wrong("wait", &format!("write 0 to {WAIT_MAX} seconds")))?;
                patience = Duration::from_secs(seconds);
            }
            _ => named = Some(value),
        }
    }
    if let Some(account) = balances::account(caller, named.as_deref(), rules)? {
        events.filter.viewer = Viewer::Account(account);
    }
    Ok(Wanted { events, writing, patience })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, message, rules};
    use postrider_core::account::{AccountId, Permits};
    use postrider_core::delivery::Outcome;
    use postrider_core::id::MessageId;
    use postrider_core::route::UpstreamId;
    use postrider_core::time::Time;

    #[test]
    fn a_query_says_which_records() {
        let root = Principal::administrator("root".into());
        let read = |query: &str, caller: &Principal| {
            wanted(query, caller, &rules(account())).map_err(|it| it.detail)
        };
        let usual = read("", &root).unwrap();
        assert_eq!((usual.events.after, usual.events.most), (Some(EventPosition::START), USUAL));
        let some = read("cursor=7-2&format=csv&limit=9&wait=5&account=shop", &root).unwrap();
        assert_eq!(some.events.after, Some(EventPosition { page: 7, events: 2 }));
        assert_eq!((some.events.filter.viewer, some.patience.as_secs()), (Viewer::Account(AccountId(1)), 5));
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        assert_eq!(read("", &own).unwrap().events.filter.viewer, Viewer::Account(AccountId(1)));
        for query in ["cursor=x", "format=xml", "limit=0", "wait=61", "account=other"] {
            assert!(read(query, &own).is_err(), "{query}");
        }
    }

    #[test]
    fn a_record_is_a_line() {
        let message = Arc::new(message(MessageId::from_number(42)));
        let outcome = Outcome {
            state: MessageState::Undelivered,
            upstream: UpstreamId(9),
            reference: Some("a,1".into()),
            error: Some("invalid_recipient 0x0B".into()),
            sent_at: Some(Time(1_000)),
            done_at: Time(2_000),
            parts: 2,
            possible_duplicate: true,
        };
        let record =
            Record::of(EventPosition { page: 3, events: 1 }, &message, &outcome, &rules(account()), true);
        let mut lines = Writing::Lines.head();
        Writing::Lines.write(&mut lines, &record);
        let shown: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(
            (&shown["cursor"], &shown["id"], &shown["account"]),
            (&"3-1".into(), &"42".into(), &"shop".into())
        );
        assert_eq!((&shown["error"], &shown["carrier_code"]), (&"invalid_recipient".into(), &"0x0B".into()));
        assert!(lines.ends_with("}\n") && shown.get("price").is_none());
        let mut csv = Writing::Csv.head();
        Writing::Csv.write(&mut csv, &record);
        let mut rows = csv.lines();
        let (head, row) = (rows.next().unwrap(), rows.next().unwrap());
        assert!(head.starts_with("cursor,id,account,accepted_at,"), "{head}");
        assert!(row.starts_with("3-1,42,shop,") && row.contains("\"a,1\""), "{row}");
    }
}
