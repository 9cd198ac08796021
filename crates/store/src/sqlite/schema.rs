//! Bringing a database to the schema that this program knows, one numbered step at a time. What the tables
//! mean is written in the steps, and in the database beside its tables.

use super::open::OpenError;
use rusqlite::Connection;

/// The steps, in order; the database's `user_version` says how many it has taken.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_first.sql")];

/// Takes the steps that the database lacks, each in a transaction of its own.
pub(super) fn migrate(connection: &Connection) -> Result<(), OpenError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let failed = |to| move |source| OpenError::Migration { to, source };
    let found: u32 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed(known))?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (migration, number) in MIGRATIONS.iter().zip(1..).skip(found as usize) {
        let done = connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {migration}; PRAGMA user_version = {number}; COMMIT;"));
        if let Err(source) = done {
            // Closing the connection rolls back what this leaves open.
            return Err(OpenError::Migration { to: number, source });
        }
        tracing::info!(schema = number, "the database was brought to this schema");
    }
    Ok(())
}
