//! Putting notices into this node's hands, and returning them. Their contents come from the message and its outcome.

use super::rows::{self, AFTER_MESSAGE, AFTER_OUTCOME, MESSAGE, OUTCOME, key, limit, time};
use super::tables::Tables;
use super::told::lane;
use super::writer::Verb;
use postrider_core::account::AccountId;
use postrider_core::contract::Due;
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

/// Notices of a lane that are due.
pub(super) struct Leasing {
    /// The account whose sessions are told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// At most so many.
    pub(super) most: usize,
    /// What is due by then.
    pub(super) now: Time,
}

impl Verb for Leasing {
    type Answer = Due;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Due> {
        let lane = lane(self.sessions_of);
        let notices = due(tables.connection, lane, self.most, self.now)?;
        let mut own = tables
            .connection
            .prepare_cached("UPDATE notice SET owner = ?3 WHERE sessions_of = ?1 AND message = ?2")?;
        for notice in &notices {
            own.execute(params![lane, key(notice.message.id), tables.owner])?;
        }
        let next = if notices.len() < self.most { next(tables.connection, lane)? } else { None };
        Ok(Due { notices, next })
    }
}

fn due(connection: &Connection, lane: i64, most: usize, now: Time) -> Result<Vec<Notice>> {
    connection
        .prepare_cached(&format!(
            "SELECT {MESSAGE}, {OUTCOME}, n.failed, n.due FROM notice n INDEXED BY notice_free \
             CROSS JOIN message m ON m.id = n.message CROSS JOIN outcome o ON o.id = n.message \
             WHERE n.owner = 0 AND n.sessions_of = ?1 AND n.due <= ?2 ORDER BY n.due, n.message LIMIT ?3"
        ))?
        .query_map(params![lane, now.0, limit(most)], notice)?
        .collect()
}

/// When the next one is due that nobody has in hand.
fn next(connection: &Connection, lane: i64) -> Result<Option<Time>> {
    connection
        .prepare_cached("SELECT due FROM notice WHERE owner = 0 AND sessions_of = ?1 ORDER BY due LIMIT 1")?
        .query_row([lane], |row| time(row, 0))
        .optional()
}

fn notice(row: &Row<'_>) -> Result<Notice> {
    Ok(Notice {
        message: rows::message(row)?,
        outcome: rows::outcome(row, AFTER_MESSAGE)?.ok_or(Error::QueryReturnedNoRows)?,
        failed: row.get(AFTER_OUTCOME)?,
        due: time(row, AFTER_OUTCOME + 1)?,
        owned: true,
    })
}

/// Notices to be returned untold.
pub(super) struct Releasing {
    /// The account whose sessions are told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// Which ones.
    pub(super) messages: Vec<MessageId>,
}

impl Verb for Releasing {
    type Answer = ();

    fn rows(&self) -> usize {
        self.messages.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let lane = lane(self.sessions_of);
        let mut free = tables.connection.prepare_cached(
            "UPDATE notice SET owner = 0 WHERE sessions_of = ?1 AND message = ?2 AND owner = ?3",
        )?;
        for message in &self.messages {
            free.execute(params![lane, key(*message), tables.owner])?;
        }
        Ok(())
    }
}
