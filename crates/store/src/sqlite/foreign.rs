//! Databases of other programs, which are left as they are.

use super::open::{DATABASE, OpenError};
use rusqlite::{Connection, ErrorCode};
use std::path::Path;

/// Tables that every store has, whatever its schema.
const OURS: [&str; 2] = ["message", "resource"];

/// Looks whether the database is a store or empty. Nothing is written.
///
/// # Errors
/// It has another program's tables, or it is no database at all.
pub(super) fn refuse(connection: &Connection, directory: &Path) -> Result<(), OpenError> {
    let tables = tables(connection).map_err(|error| unreadable(directory, error))?;
    let Some(first) = tables.first() else { return Ok(()) };
    let is_ours = OURS.iter().all(|ours| tables.iter().any(|table| table == ours));
    match is_ours {
        true => Ok(()),
        false => Err(foreign(directory, format!("it is another program's: it has the table \"{first}\""))),
    }
}

/// The error that the database can't be read: it may be none.
pub(super) fn unreadable(directory: &Path, source: rusqlite::Error) -> OpenError {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(directory, "it is no SQLite database".to_owned()),
        _ => OpenError::Database { directory: directory.to_owned(), source },
    }
}

fn foreign(directory: &Path, what: String) -> OpenError {
    OpenError::Foreign { path: directory.join(DATABASE), what }
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               ORDER BY name";
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}
