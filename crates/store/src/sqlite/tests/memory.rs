//! The store in memory, held to what every engine must do.

use crate::conformance::Place;
use crate::sqlite::{Memory, Settings};
use postrider_core::contract::Store;
use std::sync::Arc;

impl Place for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        Memory::open(self, Settings::default()).unwrap()
    }

    async fn sql(&self, sql: &str) {
        self.lock().execute_batch(sql).unwrap();
    }
}

crate::held_to_conformance!(Memory::new().unwrap());
