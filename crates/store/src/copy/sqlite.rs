//! An embedded store as an end of a copy. Nothing else runs in the process that copies, so it may block.

use super::tables::{Row, TABLES, Table};
use super::{CopyError, End};
use crate::sqlite::{DATABASE, Settings, Sqlite};
use crate::table::{Cell, places};
use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use std::path::Path;
use std::sync::Arc;

/// Its directory, kept from others for as long as this lives, and a connection.
pub(super) struct Embedded {
    connection: Connection,
    _store: Arc<Sqlite>,
}

impl Embedded {
    /// Opens the store, or makes it unless it must exist.
    pub(super) fn open(directory: &Path, must_exist: bool) -> Result<Self, CopyError> {
        let database = directory.join(DATABASE);
        if must_exist && !database.exists() {
            return Err(CopyError::Missing(directory.to_owned()));
        }
        // The engine brings the tables to their schema, and takes up what was in somebody's hands.
        let store = Sqlite::open(directory, Settings::default())?;
        let failed = |error: rusqlite::Error| CopyError::Failed { table: "message", why: error.to_string() };
        let connection = Connection::open(&database).map_err(failed)?;
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF").map_err(failed)?;
        Ok(Self { connection, _store: store })
    }

    fn rows(&self, sql: &str, values: &[Cell<'_>], columns: usize) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let row =
            |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get_ref(column).map(cell)).collect();
        statement.query_map(params_from_iter(values), row)?.collect()
    }

    fn add(&self, table: &Table, rows: &[Row]) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
            table.name,
            table.names(),
            places('?', table.columns().count())
        );
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let added = rows.iter().try_for_each(|row| {
            self.connection.prepare_cached(&sql)?.execute(params_from_iter(row)).map(drop)
        });
        self.connection.execute_batch(if added.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        added
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'static> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Number(number),
        // No column holds such a thing.
        ValueRef::Real(number) => Cell::Text(number.to_string().into()),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned().into()),
        ValueRef::Blob(octets) => Cell::Octets(octets.to_vec().into()),
    }
}

fn words(error: &rusqlite::Error) -> String {
    error.to_string()
}

#[async_trait]
impl End for Embedded {
    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, String> {
        let (name, names, key) = (table.name, table.names(), table.key_names());
        let behind = after.map(|_| format!("WHERE ({key}) > ({})", places('?', table.key)));
        let sql =
            format!("SELECT {names} FROM {name} {} ORDER BY {key} LIMIT {most}", behind.unwrap_or_default());
        let values = after.and_then(|row| row.get(..table.key)).unwrap_or_default();
        self.rows(&sql, values, table.columns().count()).map_err(|error| words(&error))
    }

    async fn put(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), String> {
        self.add(table, rows).map_err(|error| words(&error))
    }

    async fn last(&mut self, table: &'static Table) -> Result<Option<Row>, String> {
        let sql =
            format!("SELECT {} FROM {} ORDER BY {} LIMIT 1", table.names(), table.name, table.backwards());
        self.rows(&sql, &[], table.columns().count())
            .map(|mut rows| rows.pop())
            .map_err(|error| words(&error))
    }

    async fn clear(&mut self, table: &'static Table) -> Result<(), String> {
        self.connection
            .execute(&format!("DELETE FROM {}", table.name), [])
            .map(drop)
            .map_err(|error| words(&error))
    }

    async fn finish(&mut self) -> Result<(), String> {
        // SQLite numbers new rows from the highest that is there.
        debug_assert!(TABLES.iter().any(|table| table.numbered));
        Ok(())
    }
}
