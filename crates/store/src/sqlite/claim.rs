//! Taking a single message out of the queue in order to change it, and returning it changed.

use super::accept::Columns;
use super::lease::take;
use super::rows::{self, key};
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use postrider_core::account::AccountId;
use postrider_core::contract::Claim;
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use rusqlite::{OptionalExtension, Result, params};
use std::sync::Arc;

/// A message to be taken out of the queue.
pub(super) struct Claiming {
    /// Whose it must be; `None` is anybody's.
    pub(super) account: Option<AccountId>,
    /// The message.
    pub(super) message: MessageId,
}

impl Verb for Claiming {
    type Answer = Claim;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Claim> {
        let message = key(self.message);
        let standing = tables
            .connection
            .prepare_cached(
                "SELECT m.account, q.owner, o.state FROM message m LEFT JOIN queue q ON q.id = m.id \
                 LEFT JOIN outcome o ON o.id = m.id WHERE m.id = ?1",
            )?
            .query_row([message], |row| {
                let ended: Option<i64> = row.get(2)?;
                let state = ended.map(|_| rows::coded::<State>(row, 2)).transpose()?;
                Ok((AccountId(row.get(0)?), row.get::<_, Option<i64>>(1)?, state))
            })
            .optional()?;
        Ok(match standing {
            None => Claim::Missing,
            Some((account, ..)) if self.account.is_some_and(|own| own != account) => Claim::Missing,
            Some((_, _, Some(state))) => Claim::Ended(state),
            Some((_, None, None)) => Claim::Sent,
            Some((_, Some(0), None)) => {
                let place = "CROSS JOIN message m ON m.id = q.id WHERE q.id = ?1";
                match take(tables, place, [message])?.pop() {
                    Some(delivery) => Claim::Taken(Box::new(delivery)),
                    None => Claim::Missing,
                }
            }
            Some((_, Some(_), None)) => Claim::Busy,
        })
    }
}

/// A claimed message, rewritten.
pub(super) struct Replacing(pub(super) Arc<Message>);

impl Verb for Replacing {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let message = &*self.0;
        let body = Columns::from(&message.body);
        tables
            .connection
            .prepare_cached(
                "UPDATE message SET class = ?2, sender = ?3, text = ?4, encoding = ?5, header = ?6, data = ?7, \
                 parts = ?8, due = ?9, expires = ?10, reference = ?11, metadata = ?12, callback = ?13, \
                 receipts = ?14, via = ?15, flash = ?16, parameters = ?17 WHERE id = ?1",
            )?
            .execute(params![
                key(message.id),
                message.class.code(),
                message.from.as_ref().map(ToString::to_string),
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
        // A retry that waits longer than the message asks goes on waiting.
        tables
            .connection
            .prepare_cached(
                "UPDATE queue SET class = ?2, due = max(due, ?3), expires = ?4, owner = 0 \
                 WHERE id = ?1 AND owner = ?5",
            )?
            .execute(params![
                key(message.id),
                message.class.code(),
                message.due.0,
                message.expires.0,
                tables.owner
            ])?;
        Ok(())
    }
}
