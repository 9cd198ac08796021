//! Lists of messages, the newest first. The work is bounded: what has no index is looked for among so many
//! messages and no more. Blocks of messages whose filters rule it out are passed over.

use super::error::damage;
use super::rows::{Cells, MESSAGE, OUTCOME, coded, id, key};
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
use rusqlite::{Connection, Result, Row, params};
use std::sync::Arc;

/// The messages that meet all of the filter's conditions.
pub(super) fn list(connection: &Connection, filter: &Filter) -> Result<Page> {
    let mut lines = connection.prepare_cached(&format!(
        "SELECT {MESSAGE}, {OUTCOME}, q.id, coalesce(o.possible_duplicate, q.possible_duplicate, \
         (SELECT max(w.possible_duplicate) FROM waiting w WHERE w.message = m.id), 0) \
         FROM message m LEFT JOIN outcome o ON o.id = m.id \
         LEFT JOIN queue q ON q.id = m.id WHERE m.id = ?1"
    ))?;
    let mut plans = Plans::default();
    let mut entries = Vec::new();
    let (ids, next) = matching(connection, filter)?;
    for message in ids {
        let entry = lines.query_row([message], |row| entry(&mut Cells::from(row, 0, &mut plans)));
        entries.extend(shown(entry, message)?);
    }
    Ok(Page { entries, next })
}

fn entry(row: &mut Cells<'_, '_>) -> Result<Entry> {
    let (message, outcome) = (row.message()?, row.outcome()?);
    let state = state(outcome.as_ref().map(|outcome| outcome.state), !row.is_null());
    row.skip(1);
    Ok(Entry { message, state, outcome, possible_duplicate: row.read("possible_duplicate")? })
}

/// A list's line, if it can be read.
pub(super) fn shown<T>(read: Result<T>, message: i64) -> Result<Option<T>> {
    match read {
        Err(error) => match damage(&error) {
            Some(why) => {
                tracing::warn!(message, %why, "a message can't be read and is left out of a list");
                Ok(None)
            }
            None => Err(error),
        },
        Ok(value) => Ok(Some(value)),
    }
}

/// The account's messages with these identifiers, as far as they are known.
pub(super) fn messages(
    connection: &Connection,
    account: AccountId,
    messages: &[MessageId],
) -> Result<Vec<Arc<Message>>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {MESSAGE} FROM message m WHERE m.id = ?1 AND m.account = ?2"))?;
    let mut plans = Plans::default();
    let mut found = Vec::new();
    for message in messages {
        let mut rows = statement.query(params![key(*message), account.0])?;
        if let Some(row) = rows.next()? {
            found.extend(shown(Cells::from(row, 0, &mut plans).message(), key(*message))?);
        }
    }
    Ok(found)
}

/// The ids of a page's lines, and where the list goes on.
fn matching(connection: &Connection, filter: &Filter) -> Result<(Vec<i64>, Option<MessageId>)> {
    let mut statement = connection.prepare_cached(&query(filter))?;
    let (from, before) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map_or(-1, |account| i64::from(account.0));
    let most = filter.limit.min(LIST_MAX);
    let (mut ids, mut seen, mut last) = (Vec::new(), 0, None);
    for (from, before) in search::stretches(connection, filter, from, before)? {
        let mut found =
            statement.query(params![from, before, account, filter.carrier_reference, filter.error])?;
        while let Some(row) = found.next()? {
            if seen == SCAN_MAX {
                return Ok((ids, last));
            }
            seen += 1;
            let message = id(row, 0)?;
            if meets(row, filter)? {
                if ids.len() == most {
                    return Ok((ids, last));
                }
                ids.push(key(message));
            }
            // While the page is full, the next one begins behind its last line or what was passed over since.
            last = Some(message);
        }
    }
    Ok((ids, None))
}

/// Candidates, newest first: all of them, an account's, or what is queued. Only columns that the filter asks
/// for are read, and only tables that it needs are joined. Nothing is passed over unseen, so that the bound
/// holds.
pub(super) fn query(filter: &Filter) -> String {
    let asked = |is_asked: bool, column: &'static str| if is_asked { column } else { "NULL" };
    let queued_only = filter.is_of_queue();
    let id = if queued_only { "q.id" } else { "m.id" };
    let is_upstream = filter.upstream.is_some();
    let is_outcome = filter.state.is_some_and(|state| state == State::Sent || state.is_final())
        || is_upstream
        || filter.carrier_reference.is_some()
        || filter.error.is_some();
    let is_queue = filter.state == Some(State::Sent) || is_upstream;
    let from = match queued_only {
        true if filter.held_by.is_some() => {
            "queue q INDEXED BY queue_held CROSS JOIN message m ON m.id = q.id LEFT JOIN outcome o ON o.id = m.id"
                .to_owned()
        }
        true => "queue q CROSS JOIN message m ON m.id = q.id LEFT JOIN outcome o ON o.id = m.id".to_owned(),
        false => {
            let outcome = if is_outcome { " LEFT JOIN outcome o ON o.id = m.id" } else { "" };
            let queue = if is_queue { " LEFT JOIN queue q ON q.id = m.id" } else { "" };
            format!("message m{outcome}{queue}")
        }
    };
    // ?3 is always bound; where the account leads to no index, it is compared when the row is seen.
    let account =
        if filter.viewer.account().is_some() && !queued_only { "m.account = ?3" } else { "?3 = ?3" };
    let columns = [
        id,
        asked(filter.to.is_some(), "m.recipient"),
        asked(filter.reference.is_some(), "m.reference"),
        asked(is_outcome, "o.state"),
        asked(is_queue || queued_only, "q.id"),
        "m.account",
        asked(filter.sender.is_some(), "m.sender"),
        asked(is_upstream, UPSTREAM),
        asked(filter.carrier_reference.is_some(), HAS_CARRIER_REFERENCE),
        asked(filter.error.is_some(), HAS_ERROR),
        asked(filter.held_by.is_some(), "m.hold"),
    ];
    let held = if filter.held_by.is_some() { " AND q.due = q.expires" } else { "" };
    format!(
        "SELECT {} FROM {from} WHERE {id} >= ?1 AND {id} < ?2{held} AND {account} AND ?4 IS ?4 AND ?5 IS ?5 \
         ORDER BY {id} DESC",
        columns.join(", ")
    )
}

/// The upstream that sends or sent a message.
const UPSTREAM: &str =
    "coalesce(o.upstream, q.upstream, (SELECT w.upstream FROM waiting w WHERE w.message = m.id LIMIT 1))";
/// Whether the carrier calls a part so, as the carrier gave it.
const HAS_CARRIER_REFERENCE: &str = "coalesce(o.reference = ?4, 0) \
     OR (o.id IS NULL AND EXISTS (SELECT 1 FROM waiting w WHERE w.message = m.id AND coalesce(w.given, w.reference) = ?4)) \
     OR (m.parts > 1 AND EXISTS (SELECT 1 FROM part p WHERE p.message = m.id AND p.reference = ?4))";
/// Whether the words are in the error. A colon ends a word too.
const HAS_ERROR: &str = "coalesce(instr(' ' || replace(o.error, ':', ' ') || ' ', ' ' || ?5 || ' ') > 0, 0)";

/// The ids between which the list's messages lie: from the first, and before the second.
pub(super) fn bounds(since: Option<Time>, until: Option<Time>, before: Option<MessageId>) -> (i64, i64) {
    let from = since.map_or(0, |since| key(MessageId::first_at(since)));
    let until = until.map_or(i64::MAX, |until| key(MessageId::first_at(until)));
    let before = before.map_or(i64::MAX, key);
    (from, until.min(before))
}

fn meets(row: &Row<'_>, filter: &Filter) -> Result<bool> {
    if !filter.viewer.sees(AccountId(row.get(5)?)) {
        return Ok(false);
    }
    if let Some(to) = filter.to
        && row.get::<_, Option<i64>>(1)? != Some(to.digits().cast_signed())
    {
        return Ok(false);
    }
    if let Some(reference) = &filter.reference
        && row.get_ref(2)?.as_str_or_null()? != Some(reference)
    {
        return Ok(false);
    }
    if let Some(sender) = &filter.sender
        && row.get_ref(6)?.as_str_or_null()? != Some(&*sender.to_string())
    {
        return Ok(false);
    }
    if let Some(upstream) = filter.upstream
        && row.get::<_, Option<u32>>(7)? != Some(upstream.0)
    {
        return Ok(false);
    }
    if (filter.carrier_reference.is_some() && !row.get::<_, bool>(8)?)
        || (filter.error.is_some() && !row.get::<_, bool>(9)?)
    {
        return Ok(false);
    }
    if let Some(rule) = &filter.held_by
        && row.get_ref(10)?.as_str_or_null()?.is_none_or(|hold| !hold.starts_with(&**rule))
    {
        return Ok(false);
    }
    let Some(wanted) = filter.state else { return Ok(true) };
    let ended = row.get::<_, Option<i64>>(3)?.map(|_| coded(row, 3)).transpose()?;
    // Without an outcome a message isn't in a final state, whether or not it is known to be queued.
    Ok(state(ended, row.get::<_, Option<i64>>(4)?.is_some()) == wanted)
}
