//! The history of one message, joined together for people.

use super::rows::{Cells, MESSAGE, OUTCOME, coded, key, time};
use crate::rebuild::state;
use crate::table::{Plans, Source};
use postrider_core::cause::Cause;
use postrider_core::contract::History;
use postrider_core::delivery::PartReport;
use postrider_core::id::MessageId;
use postrider_core::notice::Attempt;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// All that is known of a message, if the viewer sees it.
pub(super) fn history(
    connection: &Connection,
    viewer: Viewer,
    message: MessageId,
) -> Result<Option<History>> {
    let history = connection
        .prepare_cached(&format!(
            "SELECT {MESSAGE}, {OUTCOME}, q.upstream, q.due, q.failed, coalesce(o.possible_duplicate, q.possible_duplicate, 0) \
             FROM message m \
             LEFT JOIN outcome o ON o.id = m.id LEFT JOIN queue q ON q.id = m.id \
             WHERE m.id = ?1 AND (?2 IS NULL OR m.account = ?2)"
        ))?
        .query_row(params![key(message), viewer.account().map(|account| account.0)], |row| {
            standing(&mut Cells::from(row, 0, &mut Plans::default()))
        })
        .optional()?;
    let Some(mut history) = history else { return Ok(None) };
    add_awaited(connection, &mut history)?;
    add_parts(connection, &mut history)?;
    add_remarks(connection, &mut history)?;
    add_attempts(connection, &mut history)?;
    Ok(Some(history))
}

fn standing(row: &mut Cells<'_, '_>) -> Result<History> {
    let (message, outcome) = (row.message()?, row.outcome()?);
    let (mut upstream, mut queued) = (outcome.as_ref().map(|outcome| outcome.upstream), None);
    if row.is_null() {
        row.skip(3);
    } else {
        upstream.get_or_insert(row.read("upstream")?);
        queued = Some((row.read("due")?, row.read("failed")?));
    }
    Ok(History {
        message,
        state: state(outcome.as_ref().map(|outcome| outcome.state), queued.is_some()),
        upstream,
        outcome,
        possible_duplicate: row.read("possible_duplicate")?,
        awaited: Vec::new(),
        parts: Vec::new(),
        queued,
        remarks: Vec::new(),
        attempts: Vec::new(),
    })
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
        let error = row.get::<_, Option<String>>(2)?.map(|text| Cause::from(&*text));
        let report = PartReport { part: row.get(0)?, state: coded(row, 1)?, error };
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
