//! Claims: a single message is taken out of the queue in order to change it, and returned changed.

use super::lease::{Free, take};
use super::rows::{self, Binding, key};
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::SCHEDULED_MAX;
use crate::table::{Numbered, Stored, assignments};
use postrider_core::account::AccountId;
use postrider_core::contract::{Claim, Scheduled, WaitsFor};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::sync::Arc;

/// A message to be taken out of the queue.
pub(super) struct Claiming {
    /// The viewer, who must see it.
    pub(super) viewer: Viewer,
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
            Some((account, ..)) if !self.viewer.sees(account) => Claim::Missing,
            Some((_, _, Some(state))) => Claim::Ended(state),
            Some((_, None, None)) => Claim::Sent,
            Some((_, Some(0), None)) => {
                let free = Free { index: "", condition: "q.owner = 0 AND q.id = ?1 LIMIT ?2" };
                match take(tables, &free, &[&message], 1)?.pop() {
                    Some(delivery) => Claim::Taken(Box::new(delivery)),
                    None => Claim::Missing,
                }
            }
            Some((_, Some(_), None)) => Claim::Busy,
        })
    }
}

/// The messages to these recipients that are due later, or that a reply cancels.
pub(super) fn scheduled_to(
    connection: &Connection,
    recipients: &[(AccountId, Number)],
) -> Result<Vec<Scheduled>> {
    // Mostly nothing is scheduled at all.
    let any = "SELECT 1 FROM queue WHERE scheduled_to IS NOT NULL LIMIT 1";
    if connection.prepare_cached(any)?.query_row([], |_| Ok(())).optional()?.is_none() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT q.id, m.cancel_on_reply FROM queue q JOIN message m ON m.id = q.id \
         WHERE q.account = ?1 AND q.scheduled_to = ?2 ORDER BY q.id LIMIT ?3",
    )?;
    let mut found = Vec::new();
    for (account, to) in recipients {
        let rows =
            statement.query_map(params![account.0, to.to_number(), rows::limit(SCHEDULED_MAX)], |row| {
                let (message, cancel_on_reply) = (rows::id(row, 0)?, row.get(1)?);
                Ok(Scheduled { account: *account, to: *to, message, cancel_on_reply })
            })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// A claimed message, rewritten.
pub(super) struct Replacing {
    pub(super) message: Arc<Message>,
    pub(super) place: Option<WaitsFor>,
}

impl Verb for Replacing {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let message = &*self.message;
        let sql = format!("UPDATE message SET {} WHERE id = ?1", assignments('?', Message::COLUMNS));
        let mut statement = tables.connection.prepare_cached(&sql)?;
        let mut row = Binding::new(&mut statement, &mut tables.plans);
        message.write(&mut row);
        row.execute()?;
        if let Some(WaitsFor { upstream, due }) = self.place {
            tables
                .connection
                .prepare_cached(
                    "UPDATE queue SET class = ?2, upstream = ?3, due = ?4, expires = ?5, scheduled_to = ?6, owner = 0 \
                     WHERE id = ?1 AND owner = ?7",
                )?
                .execute(params![
                    key(message.id),
                    message.class.to_number(),
                    upstream.0,
                    due.0,
                    message.expires.0,
                    message.scheduled_to().map(|to| to.to_number()),
                    tables.owner
                ])?;
            return Ok(());
        }
        // A retry that waits longer than the message asks goes on waiting. What was held is due when it expires.
        tables
            .connection
            .prepare_cached(
                "UPDATE queue SET class = ?2, due = CASE WHEN due = expires THEN ?3 ELSE max(due, ?3) END, expires = ?4, owner = 0 \
                 WHERE id = ?1 AND owner = ?5",
            )?
            .execute(params![
                key(message.id),
                message.class.to_number(),
                message.leaves_from().0,
                message.expires.0,
                tables.owner
            ])?;
        Ok(())
    }
}
