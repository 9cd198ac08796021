//! Records: steps of deliveries become rows, as the core's state machine says.

use super::consent;
use super::retention::end_text;
use super::rows::{Binding, insert, key};
use super::tables::Tables;
use super::writer::Verb;
use super::{conversations, events, inbound_parts};
use crate::codes::{Code, what_code};
use crate::event_page::EventPage;
use crate::limits::PARKED_MAX;
use crate::table::{Cell, Numbered, Plans, Sink, Stored, names, places, upstream_numbers};
use postrider_core::contract::{Parked, Record, Recorded};
use postrider_core::delivery::{Awaited, Change, Outcome, PartReport, Queue, Return};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use rusqlite::{CachedStatement, Connection, Result, params};
use std::sync::Arc;

/// A record, to be written whole or not at all, and its page of the stream of events.
pub(super) struct Recording(pub(super) Arc<Record>, pub(super) EventPage);

impl Verb for Recording {
    type Answer = Recorded;

    fn rows(&self) -> usize {
        self.0.changes.len()
            + self.0.parked.len()
            + self.0.unparked.len()
            + self.0.inbound.len()
            + self.0.parts.len()
            + self.0.consent.len()
            + self.0.notices.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Recorded> {
        let mut recorded = Recorded::default();
        // Changes whose messages had ended before.
        let mut again = Vec::new();
        for (place, change) in self.0.changes.iter().enumerate() {
            let marked = recorded.taken_over.contains(&change.message).then(|| {
                let mut marked = change.clone();
                marked.mark();
                marked
            });
            let change = marked.as_ref().unwrap_or(change);
            let ends = tables.record.apply(change, tables.connection, tables.owner, &mut recorded)?;
            if change.outcome.is_some() && !ends {
                again.push(place);
            }
            if let Some(settlement) = change.settlement.as_ref().filter(|_| ends) {
                tables.purse.settle(change.account, settlement, change.at);
            }
        }
        for parked in &self.0.parked {
            park(tables.connection, parked)?;
        }
        for (upstream, reference) in &self.0.unparked {
            tables
                .connection
                .prepare_cached("DELETE FROM parked WHERE upstream = ?1 AND reference = ?2")?
                .execute(params![upstream.0, reference])?;
        }
        for received in &self.0.inbound {
            receive(tables, received)?;
        }
        for part in &self.0.parts {
            inbound_parts::keep(tables.connection, part, &mut tables.plans)?;
        }
        for change in &self.0.consent {
            consent::apply(tables.connection, change, &mut tables.plans)?;
        }
        for notice in &self.0.notices {
            tables.record.notify(notice, tables.owner)?;
        }
        for text in &self.0.redacted {
            end_text(tables.connection, text)?;
        }
        if again.is_empty() {
            events::keep(tables.connection, &self.1)?;
        } else {
            events::keep(tables.connection, &EventPage::of_record_without(&self.0, &again))?;
        }
        Ok(recorded)
    }
}

/// The statements of recording.
pub(super) struct Statements<'c> {
    leave: CachedStatement<'c>,
    put: CachedStatement<'c>,
    wait: CachedStatement<'c>,
    arrive: CachedStatement<'c>,
    outcome: CachedStatement<'c>,
    notice: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            leave: connection.prepare_cached(
                "DELETE FROM queue WHERE id = ?1 AND owner IN (0, ?2) AND possible_duplicate <= ?3",
            )?,
            put: connection.prepare_cached(
                "UPDATE queue SET upstream = ?2, due = ?3, failed = ?4, taken = ?5, \
                 possible_duplicate = possible_duplicate OR ?6, owner = 0 \
                 WHERE id = ?1 AND owner = ?7",
            )?,
            wait: connection.prepare_cached(
                "INSERT INTO waiting (upstream, reference, given, message, part, parts, sent_at, possible_duplicate) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?,
            arrive: connection.prepare_cached("DELETE FROM waiting WHERE upstream = ?1 AND reference = ?2")?,
            outcome: connection.prepare_cached(&format!(
                "INSERT INTO outcome (id, {}) VALUES ({}) ON CONFLICT DO NOTHING",
                names(Outcome::COLUMNS),
                places('?', Outcome::COLUMNS.len() + 1)
            ))?,
            notice: connection.prepare_cached(
                "INSERT INTO notice (lane, id, what, due, failed, owner) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO NOTHING",
            )?,
        })
    }

    /// Writes a step, and notes what is otherwise than the step takes it to be. Returns whether its message ends by it.
    fn apply(
        &mut self,
        change: &Change,
        connection: &Connection,
        owner: i64,
        recorded: &mut Recorded,
    ) -> Result<bool> {
        let message = key(change.message);
        let in_hand = self.queue(change, connection, owner)?;
        if !in_hand && change.ends_in_queue() && is_anothers(connection, message)? {
            recorded.dropped.extend(change.notice.as_ref().map(|notice| notice.id));
            recorded.taken_over.push(change.message);
            return Ok(false);
        }
        for awaited in &change.awaited {
            self.wait(message, awaited, change.at, connection)?;
        }
        if !in_hand && !change.ends_in_queue() {
            mark_copies(connection, message)?;
            recorded.taken_over.extend((!change.is_marked()).then_some(change.message));
        }
        if let Some(part) = &change.part {
            keep_part(connection, change, part)?;
        }
        for (upstream, reference) in &change.arrived {
            self.arrive.execute(params![upstream.0, reference])?;
        }
        if change.forget_awaited {
            connection.prepare_cached("DELETE FROM waiting WHERE message = ?1")?.execute([message])?;
        }
        let ends = self.end(change, owner, recorded)?;
        if let Some(text) = &change.remark {
            remark(connection, change.message, change.at, text)?;
        }
        Ok(ends)
    }

    /// Changes the place in the queue; tells whether the message was in this node's hands as the step knows it. What has left
    /// the queue as another copy, and what another node has in hand, was not.
    fn queue(&mut self, change: &Change, connection: &Connection, owner: i64) -> Result<bool> {
        let message = key(change.message);
        match &change.queue {
            Queue::Keep => Ok(true),
            // A receipt ends a message wherever it is.
            Queue::Leave if !change.arrived.is_empty() => {
                connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([message])?;
                Ok(true)
            }
            Queue::Leave => {
                let in_hand = self.leave.execute(params![message, owner, change.is_marked()])? == 1;
                if !in_hand && !change.ends_in_queue() {
                    // The carrier has it: nobody need send the copy that nobody has in hand yet.
                    connection
                        .prepare_cached("DELETE FROM queue WHERE id = ?1 AND owner = 0")?
                        .execute([message])?;
                }
                Ok(in_hand)
            }
            Queue::Put { upstream, due, failed, taken, possible_duplicate } => {
                let values = params![
                    message,
                    upstream.0,
                    due.0,
                    failed,
                    taken.0.cast_signed(),
                    possible_duplicate,
                    owner,
                ];
                Ok(self.put.execute(values)? == 1)
            }
            Queue::Return(back) => return_to_queue(connection, change, back).map(|()| true),
        }
    }

    fn wait(&mut self, message: i64, awaited: &Awaited, at: Time, connection: &Connection) -> Result<()> {
        let values = params![
            awaited.upstream.0,
            awaited.reference,
            awaited.given,
            message,
            awaited.part,
            awaited.parts,
            at.0,
            awaited.possible_duplicate,
        ];
        if self.wait.execute(values)? == 0 {
            // The carrier uses a reference again whose receipt never came. It is the newer part's now. The older part
            // goes on waiting under one that no receipt has, until it has waited long enough.
            connection
                .prepare_cached(
                    "UPDATE OR REPLACE waiting SET reference = reference || ' (reused, ' || message || ')' \
                     WHERE upstream = ?1 AND reference = ?2 AND NOT (message = ?3 AND part = ?4)",
                )?
                .execute(params![awaited.upstream.0, awaited.reference, message, awaited.part])?;
            self.wait.execute(values)?;
        }
        if awaited.marks_message() {
            connection
                .prepare_cached("UPDATE waiting SET possible_duplicate = 1 WHERE message = ?1")?
                .execute([message])?;
        }
        Ok(())
    }

    /// Writes the end of a message, and its notice, and returns whether it ends now. A message that had ended before has had
    /// its notice.
    fn end(&mut self, change: &Change, owner: i64, recorded: &mut Recorded) -> Result<bool> {
        let ended_now = match &change.outcome {
            Some(outcome) => self.outcome(key(change.message), outcome)?,
            None => true,
        };
        match &change.notice {
            Some(notice) if ended_now => self.notify(notice, owner)?,
            notice => recorded.dropped.extend(notice.as_ref().map(|notice| notice.id)),
        }
        Ok(ended_now && change.outcome.is_some())
    }

    /// Writes an outcome; false if the message had one before.
    fn outcome(&mut self, message: i64, outcome: &Outcome) -> Result<bool> {
        // An outcome has no plan.
        let mut plans = Plans::default();
        let mut row = Binding::new(&mut self.outcome, &mut plans);
        row.put(Cell::Number(message));
        outcome.write(&mut row);
        Ok(row.execute()? == 1)
    }

    /// Keeps a notice.
    pub(super) fn notify(&mut self, notice: &Notice, owner: i64) -> Result<()> {
        let Notice { id, lane, what, due, failed, owned } = notice;
        let owner = if *owned { owner } else { 0 };
        let values = params![lane.to_number(), id.to_number(), what_code(what), due.0, failed, owner];
        self.notice.execute(values)?;
        Ok(())
    }
}

/// Whether another node has the message in hand, or its copy is waited for.
fn is_anothers(connection: &Connection, message: i64) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM queue WHERE id = ?1) \
             OR EXISTS (SELECT 1 FROM waiting WHERE message = ?1 AND possible_duplicate)",
        )?
        .query_row([message], |row| row.get(0))
}

/// Marks what is waited for of a message that another node has sent too, or will send. If its end is known, nothing of it is
/// waited for.
fn mark_copies(connection: &Connection, message: i64) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM waiting WHERE message = ?1 AND EXISTS (SELECT 1 FROM outcome WHERE id = ?1)",
        )?
        .execute([message])?;
    connection
        .prepare_cached("UPDATE waiting SET possible_duplicate = 1 WHERE message = ?1")?
        .execute([message])?;
    Ok(())
}

/// Returns a message to the queue, if the receipt that says so is still waited for: otherwise it was recorded before.
fn return_to_queue(connection: &Connection, change: &Change, back: &Return) -> Result<()> {
    let mut arrive =
        connection.prepare_cached("DELETE FROM waiting WHERE upstream = ?1 AND reference = ?2")?;
    let mut arrived = 0;
    for (upstream, reference) in &change.arrived {
        arrived += arrive.execute(params![upstream.0, reference])?;
    }
    if arrived == 0 {
        return Ok(());
    }
    let message = key(change.message);
    connection
        .prepare_cached(
            "INSERT INTO queue (id, upstream, account, class, due, expires, failed, taken, possible_duplicate, owner) \
             SELECT id, ?2, account, class, ?3, expires, ?4, 0, 0, 0 FROM message WHERE id = ?1 ON CONFLICT DO NOTHING",
        )?
        .execute(params![message, back.upstream.0, back.due.0, back.failed])?;
    connection
        .prepare_cached("UPDATE message SET tried = ?2 WHERE id = ?1")?
        .execute(params![message, upstream_numbers(&back.message.tried)])?;
    connection.prepare_cached("DELETE FROM part WHERE message = ?1")?.execute([message])?;
    Ok(())
}

/// Keeps the end of a part, with what `waiting` knows of it, whose row goes with the last receipt.
fn keep_part(connection: &Connection, change: &Change, part: &PartReport) -> Result<()> {
    let (upstream, reference) = match change.arrived.first() {
        Some((upstream, reference)) => (Some(upstream.0), Some(reference)),
        None => (None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO part (message, part, state, error, at, reference, sent_at) VALUES (?1, ?2, ?3, ?4, ?5, \
             coalesce((SELECT given FROM waiting WHERE upstream = ?6 AND reference = ?7), ?7), \
             (SELECT sent_at FROM waiting WHERE upstream = ?6 AND reference = ?7)) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            key(change.message),
            part.part,
            part.state.code(),
            part.error.as_ref().map(ToString::to_string),
            change.at.0,
            upstream,
            reference,
        ])?;
    Ok(())
}

fn remark(connection: &Connection, message: MessageId, at: Time, text: &str) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO remark (message, at, text) VALUES (?1, ?2, ?3)")?
        .execute(params![key(message), at.0, text])?;
    Ok(())
}

fn park(connection: &Connection, parked: &Parked) -> Result<()> {
    let [one, other] =
        parked.report.between.map(|digits| digits.and_then(|digits| i64::try_from(digits).ok()));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO parked (upstream, reference, key, one, other, reported, error, at, also) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            parked.upstream.0,
            parked.report.reference,
            parked.key,
            one,
            other,
            parked.report.reported.code(),
            parked.report.error,
            parked.at.0,
            parked.report.also,
        ])?;
    connection
        .prepare_cached("DELETE FROM parked WHERE id <= ?1")?
        .execute([connection.last_insert_rowid() - i64::from(PARKED_MAX)])?;
    Ok(())
}

/// Keeps a message from a handset.
pub(super) fn receive(tables: &mut Tables<'_>, received: &Received) -> Result<()> {
    let sql = format!("{} ON CONFLICT DO NOTHING", insert::<Received>("inbound"));
    let mut statement = tables.connection.prepare_cached(&sql)?;
    let mut row = Binding::new(&mut statement, &mut tables.plans);
    received.write(&mut row);
    if row.execute()? > 0 {
        conversations::open_by(tables.connection, received)?;
        tables.purse.charge_inbound(received);
    }
    Ok(())
}
