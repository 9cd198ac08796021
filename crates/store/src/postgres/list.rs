//! Lists of messages, the newest first. The work is bounded: what has no index is looked for among so many
//! messages and no more, and not for longer than a query of a person's may take. Blocks of messages whose filters rule it out are
//! passed over.

use super::days::Days;
use super::error::Error;
use super::find;
use super::link::{Link, Value};
use super::rows::{Cells, MESSAGE, OUTCOME, code, key, limit, text, with_message, with_outcome, with_queue};
use super::search;
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::rebuild::state;
use crate::table::{Plans, Source};
use postrider_core::account::AccountId;
use postrider_core::contract::{Entry, Filter, Page};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::sync::Arc;

/// The messages that meet all of the filter's conditions.
pub(super) async fn list(link: &Link, filter: &Filter) -> Result<Page, Error> {
    let (first, end) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map(|account| i64::from(account.0));
    let to = filter.to.map(|to| to.digits().cast_signed());
    let reference = filter.reference.as_deref().map(text);
    let ended = filter.state.filter(|state| state.is_final()).map(code);
    let most = filter.limit.min(LIST_MAX);
    let sender = filter.sender.as_ref().map(ToString::to_string);
    let upstream = filter.upstream.map(|upstream| i64::from(upstream.0));
    let carrier_reference = filter.carrier_reference.as_deref().map(text);
    let error = filter.error.as_deref().map(text);
    let held_by = filter.held_by.as_deref().map(text);
    let (query, bound) = (query(filter), bound(filter));
    let mut plans = Plans::default();
    let (mut entries, mut seen, mut last, mut next) = (Vec::new(), 0, None, None);
    for (from, before) in search::stretches(link, filter, first, end).await? {
        // One more than wanted shows whether there is another page.
        let wanted = limit(most + 1 - seen);
        let values: [Value<'_>; 12] = [
            &from,
            &before,
            &account,
            &to,
            &reference,
            &ended,
            &wanted,
            &sender,
            &upstream,
            &carrier_reference,
            &error,
            &held_by,
        ];
        let rows = link.query(&query, &values).await?;
        for row in rows.iter().take(most - seen) {
            last = Some(row.try_get(0)?);
            entries.extend(shown(entry(&mut Cells::from(row, 0, &mut plans)), row.try_get(0)?)?);
        }
        seen += rows.len();
        if seen > most {
            next = last;
            break;
        }
        // The rest of what may be looked through at once had nothing more.
        if let Some(row) = link.query(&bound, &[&from, &before, &account]).await?.first() {
            next = Some(row.try_get::<_, i64>(0)?);
            break;
        }
    }
    Ok(Page { entries, next: next.map(|id| MessageId::from_number(id.cast_unsigned())) })
}

fn entry(row: &mut Cells<'_>) -> Result<Entry, Error> {
    let (message, outcome) = (row.message()?, row.outcome()?);
    let state = state(outcome.as_ref().map(|outcome| outcome.state), !row.is_null());
    row.skip(1);
    Ok(Entry { message, state, outcome, possible_duplicate: row.read("possible_duplicate")? })
}

/// A list's line, if it can be read.
pub(super) fn shown<T>(read: Result<T, Error>, message: i64) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Damaged(why)) => {
            tracing::warn!(message, %why, "a message can't be read and is left out of a list");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The account's messages with these identifiers, as far as they are known.
pub(super) async fn messages(
    link: &Link,
    account: AccountId,
    messages: &[MessageId],
) -> Result<Vec<Arc<Message>>, Error> {
    let ids: Vec<i64> = messages.iter().map(|message| key(*message)).collect();
    let Some(days) = Days::of(&ids) else { return Ok(Vec::new()) };
    let mut plans = Plans::default();
    let mut found = Vec::new();
    for row in link.query(&find::messages(days), &[&ids]).await? {
        let mut cells = Cells::from(&row, 1, &mut plans);
        if !cells.is_null() {
            found.extend(shown(cells.message(), row.try_get(0)?)?);
        }
    }
    found.retain(|message| message.account == account);
    Ok(found)
}

/// Candidates, newest first: all of them, an account's, or what is queued; of these those that meet the filter; of
/// these what a list shows. Only tables that the filter needs are joined. Nothing is passed over unseen, so that the
/// bound holds.
pub(super) fn query(filter: &Filter) -> String {
    let queued_only = filter.is_of_queue();
    let id = if queued_only { "q.id" } else { "m.id" };
    let (outcome, queue) = (with_outcome("m.id"), with_queue("m.id"));
    let met = match filter.state {
        Some(State::Sent) => "c.ended IS NULL AND c.queued IS NULL",
        Some(state) if state.is_final() => "c.ended = $6::smallint",
        _ => "true",
    };
    let asked = |is_asked: bool, condition: &'static str| if is_asked { condition } else { "true" };
    let to = asked(filter.to.is_some(), "c.recipient = $4::bigint");
    let reference = asked(filter.reference.is_some(), "c.reference = $5::text");
    let own = asked(filter.viewer.account().is_some(), "c.account = $3::bigint");
    let sender = asked(filter.sender.is_some(), "c.sender = $8::text");
    let upstream = asked(filter.upstream.is_some(), "c.upstream = $9::bigint");
    let carrier_reference = asked(filter.carrier_reference.is_some(), "c.has_carrier_reference");
    let error = asked(filter.error.is_some(), "c.has_error");
    let held = asked(filter.held_by.is_some(), "starts_with(c.hold, $12::text)");
    format!(
        "WITH found AS MATERIALIZED (SELECT c.id FROM (SELECT {id} AS id, m.account, m.recipient, m.reference, m.sender, \
         m.hold, {} FROM {} WHERE {} ORDER BY {id} DESC LIMIT {SCAN_MAX}) c \
         WHERE {own} AND {to} AND {reference} AND {met} AND {sender} AND {upstream} AND {carrier_reference} AND {error} AND {held} \
         AND ($3::bigint IS NULL OR true) AND ($4::bigint IS NULL OR true) AND ($5::text IS NULL OR true) \
         AND ($6::smallint IS NULL OR true) AND ($8::text IS NULL OR true) AND ($9::bigint IS NULL OR true) \
         AND ($10::text IS NULL OR true) AND ($11::text IS NULL OR true) AND ($12::text IS NULL OR true) \
         ORDER BY c.id DESC LIMIT $7::bigint) \
         SELECT {MESSAGE}, {OUTCOME}, q.id, coalesce(o.possible_duplicate, q.possible_duplicate, \
         (SELECT bool_or(w.possible_duplicate) FROM waiting w WHERE w.message = m.id), false) \
         FROM found f {} {outcome} {queue} ORDER BY f.id DESC",
        columns(filter),
        tables(filter),
        within(filter),
        with_message("f.id")
    )
}

/// The candidate behind which the list goes on, if there are as many as are looked through at once.
pub(super) fn bound(filter: &Filter) -> String {
    let queued_only = filter.is_of_queue();
    let (id, table) = if queued_only { ("q.id", "queue q") } else { ("m.id", "message m") };
    format!(
        "SELECT {id} FROM {table} WHERE {} ORDER BY {id} DESC OFFSET {} LIMIT 1",
        within(filter),
        SCAN_MAX - 1
    )
}

/// What the conditions need of other tables than that of messages.
fn columns(filter: &Filter) -> String {
    let asked =
        |is_asked: bool, column: &'static str, null: &'static str| if is_asked { column } else { null };
    let is_ended = joins_outcome(filter) && !filter.is_of_queue();
    [
        (asked(is_ended, "o.state", "NULL::smallint"), "ended"),
        (asked(joins_queue(filter) || filter.is_of_queue(), "q.id", "NULL::bigint"), "queued"),
        (asked(filter.upstream.is_some(), UPSTREAM, "NULL::bigint"), "upstream"),
        (
            asked(filter.carrier_reference.is_some(), HAS_CARRIER_REFERENCE, "NULL::boolean"),
            "has_carrier_reference",
        ),
        (asked(filter.error.is_some(), HAS_ERROR, "NULL::boolean"), "has_error"),
    ]
    .map(|(column, name)| format!("{column} AS {name}"))
    .join(", ")
}

/// The tables that the conditions need.
fn tables(filter: &Filter) -> String {
    let outcome = if joins_outcome(filter) { with_outcome("m.id") } else { String::new() };
    let queue = if joins_queue(filter) { with_queue("m.id") } else { String::new() };
    if filter.is_of_queue() {
        format!("queue q {} {outcome}", with_message("q.id"))
    } else {
        format!("message m {outcome} {queue}")
    }
}

fn joins_outcome(filter: &Filter) -> bool {
    filter.state.is_some_and(|state| state == State::Sent || state.is_final())
        || filter.upstream.is_some()
        || filter.carrier_reference.is_some()
        || filter.error.is_some()
}

fn joins_queue(filter: &Filter) -> bool {
    filter.state == Some(State::Sent) || (filter.upstream.is_some() && !filter.is_of_queue())
}

/// The condition of the candidates. Where the account leads to no index, it is compared when the row is seen.
fn within(filter: &Filter) -> String {
    let queued_only = filter.is_of_queue();
    let id = if queued_only { "q.id" } else { "m.id" };
    let account = match filter.viewer.account() {
        Some(_) if !queued_only => "m.account = $3::bigint",
        _ => "($3::bigint IS NULL OR true)",
    };
    let held = if filter.held_by.is_some() { " AND q.due = q.expires" } else { "" };
    format!("{id} >= $1::bigint AND {id} < $2::bigint AND {account}{held}")
}

/// The upstream that sends or sent a message.
const UPSTREAM: &str =
    "coalesce(o.upstream, q.upstream, (SELECT w.upstream FROM waiting w WHERE w.message = m.id LIMIT 1))";
/// Whether the carrier calls a part so, as the carrier gave it.
const HAS_CARRIER_REFERENCE: &str = "(coalesce(o.reference = $10::text, false) \
     OR (o.id IS NULL AND EXISTS (SELECT FROM waiting w WHERE w.message = m.id \
     AND coalesce(w.given, w.reference) = $10::text)) \
     OR (m.parts > 1 AND EXISTS (SELECT FROM part p WHERE p.message = m.id AND p.reference = $10::text)))";
/// Whether the words are in the error. A colon ends a word too.
const HAS_ERROR: &str =
    "coalesce(strpos(' ' || replace(o.error, ':', ' ') || ' ', ' ' || $11::text || ' ') > 0, false)";

/// The ids between which the list's messages lie: from the first, and before the second.
pub(super) fn bounds(since: Option<Time>, until: Option<Time>, before: Option<MessageId>) -> (i64, i64) {
    let from = since.map_or(0, |since| key(MessageId::first_at(since)));
    let until = until.map_or(i64::MAX, |until| key(MessageId::first_at(until)));
    let before = before.map_or(i64::MAX, key);
    (from, until.min(before))
}
