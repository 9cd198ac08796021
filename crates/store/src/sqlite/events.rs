//! The stream of events.

use super::list::shown;
use super::rows::{Cells, MESSAGE, OUTCOME, RECEIVED, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::event_page::{EventPage, PAGES_MAX, Selection, end_of, is_forgotten};
use crate::table::{Plans, Stored};
use postrider_core::contract::{EndedMessages, Events, EventsWanted};
use postrider_core::report::EndedMessage;
use postrider_core::stream::{EventPosition, StreamEvent};
use postrider_core::time::Time;
use rusqlite::{Connection, Result, params};
use std::collections::HashMap;

/// Writes a page, if there is one.
pub(super) fn keep(connection: &Connection, page: &EventPage) -> Result<()> {
    if page.octets.is_empty() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO event_page (at, events) VALUES (?1, ?2)")?
        .execute(params![page.at.0, page.octets])?;
    Ok(())
}

/// A stretch of the stream.
pub(super) fn events(connection: &Connection, wanted: EventsWanted) -> Result<Events> {
    let kept = kept(connection)?;
    let Some(after) = wanted.after else {
        let next = end(connection, kept.map(|(_, newest)| newest))?;
        return Ok(Events { next, ..Events::default() });
    };
    let mut selection = Selection::new(wanted, after);
    select(connection, &mut selection, after)?;
    let told = told(connection, &selection)?;
    Ok(selection.finish(told, is_forgotten(after, kept)))
}

/// Messages that have ended in a stretch of the stream.
pub(super) fn ended(connection: &Connection, after: EventPosition, most: usize) -> Result<EndedMessages> {
    let kept = kept(connection)?;
    let mut selection = Selection::to_count(after, most);
    select(connection, &mut selection, after)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, {OUTCOME} FROM message m JOIN outcome o ON o.id = m.id WHERE m.id = ?1",
        EndedMessage::SELECTED
    ))?;
    let (mut ended, mut plans) = (Vec::new(), Plans::default());
    for message in selection.ended() {
        let mut rows = statement.query([message])?;
        if let Some(row) = rows.next()? {
            let read = Cells::from(row, 0, &mut plans).ended_message();
            ended.extend(shown(read, message)?);
        }
    }
    Ok(selection.finish_ended(ended, is_forgotten(after, kept)))
}

/// The oldest page, and the newest.
fn kept(connection: &Connection) -> Result<Option<(u64, u64)>> {
    let sql = "SELECT (SELECT min(id) FROM event_page), (SELECT max(id) FROM event_page)";
    connection.prepare_cached(sql)?.query_row([], |row| {
        let (oldest, newest): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(oldest.zip(newest).map(|(oldest, newest)| (oldest.cast_unsigned(), newest.cast_unsigned())))
    })
}

/// Selects from the pages from that of a place on.
fn select(connection: &Connection, selection: &mut Selection, after: EventPosition) -> Result<()> {
    let mut pages =
        connection.prepare_cached("SELECT id, events FROM event_page WHERE id >= ?1 ORDER BY id LIMIT ?2")?;
    let mut rows = pages.query(params![after.page.cast_signed(), limit(PAGES_MAX)])?;
    while let Some(row) = rows.next()? {
        if !selection.take(row.get::<_, i64>(0)?.cast_unsigned(), row.get_ref(1)?.as_blob()?) {
            break;
        }
    }
    Ok(())
}

/// The place behind the newest page.
fn end(connection: &Connection, newest: Option<u64>) -> Result<EventPosition> {
    let Some(page) = newest else { return Ok(EventPosition::START) };
    let octets: Vec<u8> = connection
        .prepare_cached("SELECT events FROM event_page WHERE id = ?1")?
        .query_row([page.cast_signed()], |row| row.get(0))?;
    Ok(end_of(page, &octets))
}

/// What is to be told of the messages of a selection.
fn told(connection: &Connection, selection: &Selection) -> Result<HashMap<i64, StreamEvent>> {
    let (ended, received) = selection.messages();
    let (mut told, mut plans) = (HashMap::new(), Plans::default());
    let mut end = connection.prepare_cached(&format!(
        "SELECT {MESSAGE}, {OUTCOME} FROM message m JOIN outcome o ON o.id = m.id WHERE m.id = ?1"
    ))?;
    for message in ended {
        let mut rows = end.query([message])?;
        if let Some(row) = rows.next()? {
            let event = ended_event(&mut Cells::from(row, 0, &mut plans));
            told.extend(shown(event, message)?.flatten().map(|event| (message, event)));
        }
    }
    let mut handset =
        connection.prepare_cached(&format!("SELECT {RECEIVED} FROM inbound i WHERE i.id = ?1"))?;
    for message in received {
        let mut rows = handset.query([message])?;
        if let Some(row) = rows.next()? {
            let event = Cells::from(row, 0, &mut plans).received();
            told.extend(shown(event, message)?.map(|event| (message, StreamEvent::Received(event))));
        }
    }
    Ok(told)
}

fn ended_event(cells: &mut Cells<'_, '_>) -> Result<Option<StreamEvent>> {
    let message = cells.message()?;
    Ok(cells.outcome()?.map(|outcome| StreamEvent::Ended { message, outcome }))
}

/// Pages that are to be forgotten.
pub(super) struct Purging {
    /// Those recorded before then.
    pub(super) before: Time,
    /// At most so many.
    pub(super) most: usize,
}

impl Verb for Purging {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        tables
            .connection
            .prepare_cached(
                "DELETE FROM event_page WHERE id IN (SELECT id FROM event_page ORDER BY id LIMIT ?2) \
                 AND at < ?1 AND id < (SELECT max(id) FROM event_page)",
            )?
            .execute(params![self.before.0, limit(self.most)])
    }
}
