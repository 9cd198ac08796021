//! Notices that were told, or are to be told again.

use super::rows::key;
use super::tables::Tables;
use super::writer::Verb;
use postrider_core::account::AccountId;
use postrider_core::contract::Told;
use rusqlite::{CachedStatement, Connection, Result, params};

/// `notice.sessions_of` of what is told by webhook.
const BY_WEBHOOK: i64 = -1;

/// What came of telling notices of one lane.
pub(super) struct Telling {
    /// The account whose sessions were told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// What came of each.
    pub(super) told: Vec<Told>,
}

/// The statements of telling.
pub(super) struct Statements<'c> {
    done: CachedStatement<'c>,
    again: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            done: connection.prepare_cached("DELETE FROM notice WHERE sessions_of = ?1 AND message = ?2")?,
            again: connection.prepare_cached(
                "UPDATE notice SET due = ?3, failed = ?4, owner = 0 WHERE sessions_of = ?1 AND message = ?2",
            )?,
        })
    }
}

/// A lane as `notice.sessions_of` has it.
pub(super) fn lane(sessions_of: Option<AccountId>) -> i64 {
    sessions_of.map_or(BY_WEBHOOK, |account| i64::from(account.0))
}

impl Verb for Telling {
    type Answer = ();

    fn rows(&self) -> usize {
        self.told.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let lane = lane(self.sessions_of);
        for told in &self.told {
            let message = key(told.message);
            match told.again {
                None => tables.told.done.execute(params![lane, message])?,
                Some(due) => tables.told.again.execute(params![lane, message, due.0, told.failed])?,
            };
            if let Some(attempt) = &told.attempt {
                tables
                    .connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO attempt (message, at, result) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![message, attempt.at.0, attempt.result])?;
            }
        }
        Ok(())
    }
}
