//! Notices that were told, or are to be told again.

use super::record::BY_WEBHOOK;
use super::rows::key;
use super::tables::Tables;
use super::writer::Verb;
use postrider_core::contract::Told;
use rusqlite::{Connection, Result, Statement, params};

/// What came of telling notices.
pub(super) struct Telling(pub(super) Vec<Told>);

/// The statements of telling.
pub(super) struct Statements<'c> {
    done: Statement<'c>,
    again: Statement<'c>,
}

impl<'c> Statements<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        // 1 is a message told by session, as the schema says.
        let place = format!(
            "message = ?1 AND sessions_of = \
             (SELECT CASE via WHEN 1 THEN account ELSE {BY_WEBHOOK} END FROM message WHERE id = ?1)"
        );
        Ok(Self {
            done: connection.prepare(&format!("DELETE FROM notice WHERE {place}"))?,
            again: connection.prepare(&format!("UPDATE notice SET due = ?2, failed = ?3 WHERE {place}"))?,
        })
    }
}

impl Verb for Telling {
    type Answer = ();

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        for told in &self.0 {
            let message = key(told.message);
            match told.again {
                None => tables.told.done.execute([message])?,
                Some(due) => tables.told.again.execute(params![message, due.0, told.failed])?,
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
