//! Notices that were told, or are to be told again.

use super::tables::Tables;
use super::writer::Verb;
use crate::table::Numbered;
use postrider_core::contract::Told;
use postrider_core::notice::Lane;
use rusqlite::{CachedStatement, Connection, Result, params};

/// The results of telling notices of one lane.
pub(super) struct Telling {
    /// The lane.
    pub(super) lane: Lane,
    /// The result for each.
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
            done: connection.prepare_cached("DELETE FROM notice WHERE lane = ?1 AND id = ?2")?,
            again: connection.prepare_cached(
                "UPDATE notice SET due = ?3, failed = ?4, owner = 0 WHERE lane = ?1 AND id = ?2",
            )?,
        })
    }
}

impl Statements<'_> {
    /// Takes a notice away.
    pub(super) fn done(&mut self, lane: i64, notice: i64) -> Result<()> {
        self.done.execute(params![lane, notice]).map(drop)
    }
}

impl Verb for Telling {
    type Answer = ();

    fn rows(&self) -> usize {
        self.told.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let lane = self.lane.to_number();
        for told in &self.told {
            let notice = told.notice.to_number();
            match told.again {
                None => tables.told.done(lane, notice)?,
                Some(due) => {
                    tables.told.again.execute(params![lane, notice, due.0, told.failed])?;
                }
            }
            if let Some(attempt) = &told.attempt {
                // The end of a message has the message's number.
                tables
                    .connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO attempt (message, at, result) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![notice, attempt.at.0, attempt.result])?;
            }
        }
        Ok(())
    }
}
