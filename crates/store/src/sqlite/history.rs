//! All that is known of one message, joined together for people.

use super::rows::{self, AFTER_MESSAGE, AFTER_OUTCOME, MESSAGE, OUTCOME, coded, key, time};
use postrider_core::account::AccountId;
use postrider_core::contract::History;
use postrider_core::delivery::{PartReport, State};
use postrider_core::id::MessageId;
use postrider_core::notice::Attempt;
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// All that is known of a message, if it is the account's.
pub(super) fn history(
    connection: &Connection,
    account: Option<AccountId>,
    message: MessageId,
) -> Result<Option<History>> {
    let history = connection
        .prepare_cached(&format!(
            "SELECT {MESSAGE}, {OUTCOME}, q.upstream, q.due, q.failed, coalesce(o.possible_duplicate, q.possible_duplicate, 0) \
             FROM message m \
             LEFT JOIN outcome o ON o.id = m.id LEFT JOIN queue q ON q.id = m.id \
             WHERE m.id = ?1 AND (?2 IS NULL OR m.account = ?2)"
        ))?
        .query_row(params![key(message), account.map(|account| account.0)], standing)
        .optional()?;
    let Some(mut history) = history else { return Ok(None) };
    add_awaited(connection, &mut history)?;
    add_parts(connection, &mut history)?;
    add_remarks(connection, &mut history)?;
    add_attempts(connection, &mut history)?;
    Ok(Some(history))
}

fn standing(row: &Row<'_>) -> Result<History> {
    let outcome = rows::outcome(row, AFTER_MESSAGE)?;
    let queue: Option<u32> = row.get(AFTER_OUTCOME)?;
    let queued = match queue {
        Some(_) => Some((time(row, AFTER_OUTCOME + 1)?, row.get(AFTER_OUTCOME + 2)?)),
        None => None,
    };
    Ok(History {
        message: rows::message(row)?,
        state: state(outcome.as_ref().map(|outcome| outcome.state), queued.is_some()),
        upstream: outcome.as_ref().map(|outcome| outcome.upstream).or(queue.map(UpstreamId)),
        outcome,
        possible_duplicate: row.get(AFTER_OUTCOME + 3)?,
        awaited: Vec::new(),
        parts: Vec::new(),
        queued,
        remarks: Vec::new(),
        attempts: Vec::new(),
    })
}

/// Where a message stands: what has neither ended nor waits in the queue was sent.
pub(super) fn state(ended: Option<State>, queued: bool) -> State {
    ended.unwrap_or(if queued { State::Queued } else { State::Sent })
}

fn add_awaited(connection: &Connection, history: &mut History) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT part, coalesce(given, reference), sent_at, upstream, possible_duplicate FROM waiting \
         WHERE message = ?1 ORDER BY part",
    )?;
    let mut found = statement.query([key(history.message.id)])?;
    while let Some(row) = found.next()? {
        history.awaited.push((row.get(0)?, row.get(1)?, time(row, 2)?));
        let upstream = UpstreamId(row.get(3)?);
        history.upstream.get_or_insert(upstream);
        history.possible_duplicate |= row.get::<_, bool>(4)?;
    }
    Ok(())
}

fn add_parts(connection: &Connection, history: &mut History) -> Result<()> {
    let mut statement = connection
        .prepare_cached("SELECT part, state, error, at FROM part WHERE message = ?1 ORDER BY part")?;
    let mut found = statement.query([key(history.message.id)])?;
    while let Some(row) = found.next()? {
        let report = PartReport { part: row.get(0)?, state: coded(row, 1)?, error: row.get(2)? };
        history.parts.push((report, time(row, 3)?));
    }
    Ok(())
}

fn add_remarks(connection: &Connection, history: &mut History) -> Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT at, text FROM remark WHERE message = ?1 ORDER BY at")?;
    let mut found = statement.query([key(history.message.id)])?;
    while let Some(row) = found.next()? {
        history.remarks.push((time(row, 0)?, row.get(1)?));
    }
    Ok(())
}

fn add_attempts(connection: &Connection, history: &mut History) -> Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT at, result FROM attempt WHERE message = ?1 ORDER BY at")?;
    let mut found = statement.query([key(history.message.id)])?;
    while let Some(row) = found.next()? {
        history.attempts.push(Attempt { at: time(row, 0)?, result: row.get(1)? });
    }
    Ok(())
}
