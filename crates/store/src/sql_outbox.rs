//! Outbox tables in databases of applications: where such a table is, and what it must have.
//!
//! The database is not the store: it has a connection of its own, made when it is needed and made anew when it was lost.

mod columns;
#[cfg(test)]
mod tests;

pub(crate) use columns::Columns;
pub use columns::TableName;

use crate::postgres::{self, PostgresOutbox};
use crate::sqlite::SqliteOutbox;
use postrider_core::contract::SqlOutbox;
use std::path::Path;
use std::sync::Arc;

/// What the address of an SQLite file begins with.
const SQLITE: &str = "sqlite:";

/// Why a claim lasts no longer: whoever made it is dead, or too slow. In seconds.
pub(crate) const CLAIM_SECONDS: u32 = 30;

/// Whether an address of a database can be read: `postgres://…` or `sqlite:PATH`.
///
/// # Errors
/// Its fault, in words that hold no password.
pub fn check_address(address: &str) -> Result<(), String> {
    match address.strip_prefix(SQLITE) {
        Some("") => Err("it names no file".into()),
        Some(_) => Ok(()),
        None if address.starts_with("postgres") => postgres::check_url(address),
        None => Err("it starts with neither postgres:// nor sqlite:".into()),
    }
}

/// The outbox table at an address; a path is taken from `base`. Nothing is connected yet.
///
/// # Errors
/// Why it can never be connected.
pub fn open(address: &str, base: &Path, table: &TableName, node: u8) -> Result<Arc<dyn SqlOutbox>, String> {
    match address.strip_prefix(SQLITE) {
        Some(path) => Ok(Arc::new(SqliteOutbox::new(base.join(path), table, node))),
        None => {
            let table = PostgresOutbox::new(address, table, node).map_err(|error| error.to_string())?;
            Ok(Arc::new(table))
        }
    }
}
