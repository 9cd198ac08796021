//! The audit log, as the store keeps it.

use super::StoreError;
use crate::audit::{Event, Filter, Head, Line};
use crate::time::Time;
use async_trait::async_trait;

/// The audit log. There is one for all nodes of a store: the store gives lines their order.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds lines.
    async fn note(&self, events: Vec<Event>) -> Result<(), StoreError>;

    /// Lines of the log, and its last line.
    async fn trail(&self, filter: Filter) -> Result<(Vec<Line>, Option<Head>), StoreError>;

    /// Removes lines from before this time, at most so many, and notes that in the log. The last line stays. Does nothing
    /// while the oldest line is less than a day older. Returns how many it removed.
    async fn forget_lines(&self, before: Time, now: Time, most: usize) -> Result<usize, StoreError>;
}
