//! Reports: counts of messages that have ended.

use super::StoreError;
use crate::report::{ReportCounts, ReportFilter, ReportSum};
use crate::stream::EventPosition;
use async_trait::async_trait;

/// The verbs of reports.
#[async_trait]
pub trait Reports: Send + Sync {
    /// The place in the stream of events up to which messages are counted.
    async fn reported_to(&self) -> Result<EventPosition, StoreError>;

    /// Adds counts of the stretch of the stream between two places. Returns false, and adds nothing, if messages are not counted
    /// up to `from`: somebody else has done it.
    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError>;

    /// Sums of what was counted, at most so many.
    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError>;

    /// Forgets what was counted of hours before this one.
    async fn forget_counts(&self, before: i64) -> Result<(), StoreError>;
}
