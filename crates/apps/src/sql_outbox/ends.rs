//! What became of messages, written back into their rows.

use super::OutboxReader;
use postrider_core::cause::Cause;
use postrider_core::contract::{RowEnd, StoreError};
use postrider_core::delivery::Outcome;
use postrider_core::id::MessageId;
use postrider_core::stream::StreamEvent;
use std::time::Duration;

impl OutboxReader {
    /// Writes the ends of the account's messages since the last time. Returns whether there were any.
    pub(super) async fn write_ends(&self) -> Result<bool, StoreError> {
        let Some(stretch) = self.follower.read(Duration::ZERO).await? else { return Ok(false) };
        let account = self.account().map(|account| account.id);
        let ended = |event: &StreamEvent| match event {
            StreamEvent::Ended { message, outcome } if Some(message.account) == account => {
                Some(row_end(message.id, outcome))
            }
            _ => None,
        };
        let ends: Vec<RowEnd> = stretch.events.iter().filter_map(|(_, event)| ended(event)).collect();
        if !ends.is_empty() {
            self.table.end(ends).await?;
        }
        self.follower.done(&stretch).await?;
        Ok(true)
    }
}

/// An end, as a row tells of it.
pub(super) fn row_end(message: MessageId, outcome: &Outcome) -> RowEnd {
    let words = |cause: &Cause| (cause.code.word().into(), detail(cause));
    RowEnd { message, state: outcome.state, error: outcome.error.as_ref().map(words), at: outcome.done_at }
}

/// The words for an error: the gateway's sentence, and the carrier's code if it gave one.
fn detail(cause: &Cause) -> Box<str> {
    let sentence = cause.code.meaning();
    match cause.carrier_code().or(cause.detail()) {
        Some(more) => format!("{sentence} ({more})").into(),
        None => sentence.into(),
    }
}
