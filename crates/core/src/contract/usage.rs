//! What was used of limits, as it is kept.

use super::StoreError;
use crate::time::Time;
use async_trait::async_trait;

/// What was used of something limited, in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// What was used, in words that only whoever counts reads.
    pub what: Box<str>,
    /// The beginning of the stretch.
    pub start: Time,
    /// Its end.
    pub end: Time,
    /// How much.
    pub count: u64,
}

/// What was used of limits: every node adds its own, and all read the sums.
#[async_trait]
pub trait Usage: Send + Sync {
    /// Adds what was used to what is kept, and forgets stretches that ended before `now`.
    async fn add_used(&self, used: Vec<Used>, now: Time) -> Result<(), StoreError>;

    /// All that was used of these things, in stretches that end after `now`, by their names and beginnings.
    async fn used(&self, whats: Vec<Box<str>>, now: Time) -> Result<Vec<Used>, StoreError>;
}
