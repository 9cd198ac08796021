//! The statements of the hot path, compiled once. What is rare compiles its own.

use super::{accept, record, told};
use rusqlite::Connection;

/// The writer's connection with its compiled statements.
pub(super) struct Tables<'c> {
    /// The connection, in a transaction whenever a verb sees it.
    pub(super) connection: &'c Connection,
    /// Of accepting.
    pub(super) accept: accept::Statements<'c>,
    /// Of recording.
    pub(super) record: record::Statements<'c>,
    /// Of notices told.
    pub(super) told: told::Statements<'c>,
}

impl<'c> Tables<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            accept: accept::Statements::prepare(connection)?,
            record: record::Statements::prepare(connection)?,
            told: told::Statements::prepare(connection)?,
        })
    }
}
