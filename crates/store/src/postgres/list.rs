//! Lists of messages, the newest first. The work is bounded: what has no index is looked for among so many
//! messages and no more, and not for longer than a query of a person's may take.

use super::days::Days;
use super::error::Error;
use super::find;
use super::link::{Link, Value};
use super::rows::{Cells, MESSAGE, OUTCOME, code, key, limit, text, with_message, with_outcome, with_queue};
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::rebuild::state;
use crate::table::{Plans, Source};
use postrider_core::account::AccountId;
use postrider_core::contract::{Entry, Filter};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::sync::Arc;

/// The messages that meet all of the filter's conditions.
pub(super) async fn list(link: &Link, filter: &Filter) -> Result<Vec<Entry>, Error> {
    let (from, before) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map(|account| i64::from(account.0));
    let to = filter.to.map(|to| to.digits().cast_signed());
    let reference = filter.reference.as_deref().map(text);
    let ended = filter.state.filter(|state| state.is_final()).map(code);
    let most = limit(filter.limit.min(LIST_MAX));
    let values: [Value<'_>; 7] = [&from, &before, &account, &to, &reference, &ended, &most];
    let mut plans = Plans::default();
    let mut entries = Vec::new();
    for row in link.query(&query(filter), &values).await? {
        entries.extend(shown(entry(&mut Cells::from(&row, 0, &mut plans)), row.try_get(0)?)?);
    }
    Ok(entries)
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
    let queued_only = filter.state == Some(State::Queued);
    let id = if queued_only { "q.id" } else { "m.id" };
    let (message, outcome, queue) = (with_message("q.id"), with_outcome("m.id"), with_queue("m.id"));
    let (ended, queued, from) = match filter.state {
        None => ("NULL::smallint", "NULL::bigint", "message m".to_owned()),
        Some(State::Queued) => ("NULL::smallint", "q.id", format!("queue q {message}")),
        Some(State::Sent) => ("o.state", "q.id", format!("message m {outcome} {queue}")),
        Some(_) => ("o.state", "NULL::bigint", format!("message m {outcome}")),
    };
    // Where the account leads to no index, it is compared when the row is seen.
    let account =
        if filter.viewer.account().is_some() && !queued_only { "m.account = $3::bigint" } else { "true" };
    let met = match filter.state {
        Some(State::Sent) => "c.ended IS NULL AND c.queued IS NULL",
        Some(state) if state.is_final() => "c.ended = $6::smallint",
        _ => "true",
    };
    let to = if filter.to.is_some() { "c.recipient = $4::bigint" } else { "true" };
    let reference = if filter.reference.is_some() { "c.reference = $5::text" } else { "true" };
    let own = if filter.viewer.account().is_some() { "c.account = $3::bigint" } else { "true" };
    format!(
        "WITH found AS MATERIALIZED (SELECT c.id FROM (SELECT {id} AS id, m.account, m.recipient, m.reference, \
         {ended} AS ended, {queued} AS queued FROM {from} \
         WHERE {id} >= $1::bigint AND {id} < $2::bigint AND {account} ORDER BY {id} DESC LIMIT {SCAN_MAX}) c \
         WHERE {own} AND {to} AND {reference} AND {met} \
         AND ($3::bigint IS NULL OR true) AND ($4::bigint IS NULL OR true) AND ($5::text IS NULL OR true) \
         AND ($6::smallint IS NULL OR true) \
         ORDER BY c.id DESC LIMIT $7::bigint) \
         SELECT {MESSAGE}, {OUTCOME}, q.id, coalesce(o.possible_duplicate, q.possible_duplicate, \
         (SELECT bool_or(w.possible_duplicate) FROM waiting w WHERE w.message = m.id), false) \
         FROM found f {} {outcome} {queue} ORDER BY f.id DESC",
        with_message("f.id")
    )
}

/// The ids between which the list's messages lie: from the first, and before the second.
pub(super) fn bounds(since: Option<Time>, until: Option<Time>, before: Option<MessageId>) -> (i64, i64) {
    let from = since.map_or(0, |since| key(MessageId::first_at(since)));
    let until = until.map_or(i64::MAX, |until| key(MessageId::first_at(until)));
    let before = before.map_or(i64::MAX, key);
    (from, until.min(before))
}
