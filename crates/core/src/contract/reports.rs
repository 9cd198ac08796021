//! Reports: counts of messages that have ended.

use super::StoreError;
use crate::delivery::Outcome;
use crate::report::{EndedMessage, ReportCounts, ReportFilter, ReportSum};
use crate::stream::EventPosition;
use async_trait::async_trait;

/// Ends of messages in a stretch of the stream of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedMessages {
    /// The messages and their outcomes, in any order, each once.
    pub ended: Vec<(EndedMessage, Outcome)>,
    /// The place up to which it was looked.
    pub next: EventPosition,
    /// Whether more may be behind that place already.
    pub more: bool,
    /// Whether events between the place that was asked for and the first of these are not kept any more.
    pub forgotten: bool,
}

/// The verbs of reports.
#[async_trait]
pub trait Reports: Send + Sync {
    /// The place in the stream of events up to which messages are counted.
    async fn reported_to(&self) -> Result<EventPosition, StoreError>;

    /// Messages that have ended behind a place in the stream, at most so many. What isn't kept any more is left out.
    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError>;

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

    /// Forgets what was counted of days (UTC) that ended before this hour.
    async fn forget_counts(&self, before: i64) -> Result<(), StoreError>;
}
