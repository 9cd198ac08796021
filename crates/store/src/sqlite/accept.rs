//! Taking on messages, and the promise that a request is one request however often it comes.

use super::rows::key;
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Accepted, Once};
use postrider_core::message::{Body, Message};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, Statement, params};

/// How long a client's key is remembered: 24 hours by the database's own clock.
const ONCE_KEPT: &str = "86400000";
/// The database's own clock, in Unix milliseconds.
pub(super) const CLOCK: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
/// Forgotten keys that each new key clears away, so that they never pile up.
const ONCE_CLEARED: u32 = 4;

/// Messages to be taken on, all or none.
pub(super) struct Accepting {
    /// The messages.
    pub(super) messages: Vec<Accept>,
    /// What makes a repetition harmless.
    pub(super) once: Option<Once>,
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
            message: connection.prepare_cached(
                "INSERT INTO message (id, account, class, sender, recipient, text, encoding, header, data, parts, due, \
                 expires, reference, metadata, callback, receipts, via, flash, parameters) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?,
            queue: connection.prepare_cached(
                "INSERT INTO queue (id, upstream, class, due, expires, failed, taken, possible_duplicate, owner) \
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, ?6)",
            )?,
        })
    }

    fn accept(&mut self, accept: &Accept, owner: i64) -> Result<()> {
        let message = &*accept.message;
        let class = message.class.code();
        insert(&mut self.message, message, class)?;
        self.queue.execute(params![
            key(message.id),
            accept.upstream.0,
            class,
            message.due.0,
            message.expires.0,
            if accept.owned { owner } else { 0 },
        ])?;
        Ok(())
    }
}

fn insert(statement: &mut Statement<'_>, message: &Message, class: i64) -> Result<()> {
    let sender = message.from.as_ref().map(ToString::to_string);
    let body = Columns::from(&message.body);
    statement.execute(params![
        key(message.id),
        message.account.0,
        class,
        sender,
        message.to.digits().cast_signed(),
        body.text,
        body.encoding,
        body.header,
        body.data,
        message.parts,
        message.due.0,
        message.expires.0,
        message.reference,
        message.metadata,
        message.callback,
        message.receipts.code(),
        message.via.code(),
        message.flash,
        crate::parameters::write(&message.parameters),
    ])?;
    Ok(())
}

/// A body as its columns keep it.
pub(super) struct Columns<'b> {
    pub(super) text: Option<&'b str>,
    pub(super) encoding: Option<i64>,
    pub(super) header: Option<&'b [u8]>,
    pub(super) data: Option<&'b [u8]>,
}

impl<'b> From<&'b Body> for Columns<'b> {
    fn from(body: &'b Body) -> Self {
        match body {
            Body::Text(text) => Self { text: Some(text), encoding: None, header: None, data: None },
            Body::Data { encoding, header, data } => {
                Self { text: None, encoding: Some(encoding.code()), header: Some(header), data: Some(data) }
            }
        }
    }
}

impl Verb for Accepting {
    type Answer = Accepted;

    fn rows(&self) -> usize {
        self.messages.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Accepted> {
        if let Some(once) = &self.once {
            if let Some(before) = remembered(tables.connection, once.account, &once.key)? {
                let same = before.request == once.request;
                return Ok(if same { Accepted::Before(before.answer) } else { Accepted::Conflict });
            }
            remember(tables.connection, once)?;
        }
        for accept in &self.messages {
            tables.accept.accept(accept, tables.owner)?;
        }
        Ok(Accepted::Now)
    }
}

/// What was promised to this key in the last 24 hours.
pub(super) fn remembered(connection: &Connection, account: AccountId, key: &str) -> Result<Option<Once>> {
    connection
        .prepare_cached(&format!(
            "SELECT key, request, answer FROM once WHERE account = ?1 AND key = ?2 AND at > {CLOCK} - {ONCE_KEPT}"
        ))?
        .query_row(params![account.0, key], |row| {
            Ok(Once { account, key: row.get(0)?, request: row.get(1)?, answer: row.get(2)? })
        })
        .optional()
}

fn remember(connection: &Connection, once: &Once) -> Result<()> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY id LIMIT {ONCE_CLEARED}) \
             AND at <= {CLOCK} - {ONCE_KEPT}"
        ))?
        .execute([])?;
    // What stands under the key here is older than 24 hours.
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO once (account, key, request, answer, at) VALUES (?1, ?2, ?3, ?4, {CLOCK})"
        ))?
        .execute(params![once.account.0, once.key, once.request, once.answer])?;
    Ok(())
}
