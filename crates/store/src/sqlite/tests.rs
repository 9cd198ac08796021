//! SQLite held to what every engine must do, and what only it has to.

use super::{Settings, Sqlite};
use crate::conformance::Place;
use postrider_core::contract::Store;
use std::sync::Arc;
use tempfile::TempDir;

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Place for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        Sqlite::open(self.0.path(), Settings::default()).unwrap()
    }
}

crate::held_to_conformance!(Directory::new());
