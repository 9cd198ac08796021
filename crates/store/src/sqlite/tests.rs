//! SQLite held to what every engine must do, and what only it has to.

mod backup;
mod death;
mod disk;
mod files;
mod memory;
mod plans;
mod schema;
mod tables;

use super::tables::Tables;
use super::writer::Verb;
use super::{DATABASE, Settings, Sqlite};
use crate::conformance::Place;
use postrider_core::contract::Store;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A directory of its own for a store.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn sqlite(&self) -> Arc<Sqlite> {
        Sqlite::open(self.0.path(), Settings::default()).unwrap()
    }
}

impl Place for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        self.sqlite()
    }

    async fn sql(&self, sql: &str) {
        let connection = Connection::open(self.0.path().join(DATABASE)).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

/// Statements of the test's own, on the writer's connection.
struct Sql(&'static str);

impl Verb for Sql {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> rusqlite::Result<()> {
        tables.connection.execute_batch(self.0)
    }
}

crate::held_to_conformance!(Directory::new());
