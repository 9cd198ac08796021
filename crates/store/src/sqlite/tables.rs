//! The statements of the hot path, compiled once. What is rare compiles its own.

use super::{accept, record, told};
use crate::table::Plans;
use postrider_core::money::Purse;
use rusqlite::Connection;

/// The writer's connection with its compiled statements.
pub(super) struct Tables<'c> {
    /// The connection, in a transaction whenever a verb sees it.
    pub(super) connection: &'c Connection,
    /// `owner` of rows in the hands of this store's process.
    pub(super) owner: i64,
    /// Plans of the messages that were written or read last.
    pub(super) plans: Plans,
    /// What the transaction moves of balances; it is written at its end.
    pub(super) purse: Purse,
    /// Of accepting.
    pub(super) accept: accept::Statements<'c>,
    /// Of recording.
    pub(super) record: record::Statements<'c>,
    /// Of notices told.
    pub(super) told: told::Statements<'c>,
}

impl<'c> Tables<'c> {
    /// Compiles them.
    pub(super) fn prepare(connection: &'c Connection, owner: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            owner,
            plans: Plans::default(),
            purse: Purse::default(),
            accept: accept::Statements::prepare(connection)?,
            record: record::Statements::prepare(connection)?,
            told: told::Statements::prepare(connection)?,
        })
    }
}
