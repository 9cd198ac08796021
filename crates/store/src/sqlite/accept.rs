//! Acceptance of messages, and the promise that a request is one request however often it comes.

use super::counted::keep_beside;
use super::money::pay;
use super::rows::{Binding, insert};
use super::tables::Tables;
use super::writer::Verb;
use crate::decided;
use crate::limits::{ONCE_CLEARED, ONCE_KEPT};
use crate::table::declared::{Place, place};
use crate::table::{Damaged, Plans, Stored};
use crate::verdicts::Verdicts;
use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Accepted, Decided, Once};
use postrider_core::message::Message;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, params};

/// The database's own clock, in Unix milliseconds.
pub(super) const CLOCK: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// Messages to be accepted together.
pub(super) struct Accepting {
    messages: Vec<Accept>,
    once: Option<Once>,
}

impl Accepting {
    /// These messages; `once` makes a repetition harmless.
    pub(super) const fn new(messages: Vec<Accept>, once: Option<Once>) -> Self {
        Self { messages, once }
    }
}

/// The statements of accepting.
pub(super) struct Statements<'c> {
    message: CachedStatement<'c>,
    queue: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            message: connection.prepare_cached(&insert::<Message>("message"))?,
            queue: connection.prepare_cached(&insert::<Place>("queue"))?,
        })
    }

    /// Writes the rows of an accepted message.
    fn accept(&mut self, accept: &Accept, owner: i64, plans: &mut Plans) -> Result<()> {
        let message = &*accept.message;
        let mut row = Binding::new(&mut self.message, plans);
        message.write(&mut row);
        row.execute()?;
        let place = place(accept, owner);
        let mut row = Binding::new(&mut self.queue, plans);
        place.write(&mut row);
        row.execute()?;
        Ok(())
    }
}

/// Writes an accepted message, and what is kept beside it.
pub(super) fn accept_one(tables: &mut Tables<'_>, accept: &Accept) -> Result<()> {
    tables.accept.accept(accept, tables.owner, &mut tables.plans)?;
    keep_beside(tables.connection, accept, &mut tables.plans)
}

impl Verb for Accepting {
    type Answer = Accepted;

    fn rows(&self) -> usize {
        self.messages.len()
    }

    fn needs_room(&self) -> bool {
        true
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Accepted> {
        if let Some(once) = &self.once
            && let Some(before) = remembered(tables.connection, once.account, &once.key)?
        {
            let is_same = before.request == once.request;
            return Ok(if is_same { Accepted::Before(before.decided) } else { Accepted::Conflict });
        }
        let verdicts = Verdicts::of(&self.messages, |accept| pay(tables, accept))?;
        if let Some(once) = self.once.as_ref().filter(|_| verdicts.accept_any()) {
            remember(tables.connection, once, &verdicts.decided(once))?;
        }
        for accept in verdicts.accepted() {
            accept_one(tables, accept)?;
        }
        Ok(verdicts.answer())
    }
}

/// The decisions on the request with this key, if there was one in the last 24 hours.
pub(super) fn remembered(connection: &Connection, account: AccountId, key: &str) -> Result<Option<Once>> {
    connection
        .prepare_cached(&format!(
            "SELECT key, request, decided FROM once WHERE account = ?1 AND key = ?2 AND at > {CLOCK} - {ONCE_KEPT}"
        ))?
        .query_row(params![account.0, key], |row| {
            let text: String = row.get(2)?;
            let unknown = || Damaged { columns: "decided", found: format!("'{text}'") };
            let decided = decided::read(&text).ok_or_else(unknown)?;
            Ok(Once { account, key: row.get(0)?, request: row.get(1)?, decided })
        })
        .optional()
}

fn remember(connection: &Connection, once: &Once, decided: &[Decided]) -> Result<()> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY id LIMIT {ONCE_CLEARED}) \
             AND at <= {CLOCK} - {ONCE_KEPT}"
        ))?
        .execute([])?;
    // A row that has the key here is older than 24 hours.
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO once (account, key, request, decided, at) VALUES (?1, ?2, ?3, ?4, {CLOCK})"
        ))?
        .execute(params![once.account.0, once.key, once.request, decided::write(decided)])?;
    Ok(())
}
