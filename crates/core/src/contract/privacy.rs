//! What the store does for the protection of data: it removes texts and records whose time is over.

use super::StoreError;
use crate::account::AccountId;
use crate::id::MessageId;
use async_trait::async_trait;

/// A text to be removed with the end of its message: of the message, or of a part that its client cut itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedText {
    /// The message, which has ended.
    pub message: MessageId,
    /// The row that has the text: the message, or one of its parts.
    pub row: MessageId,
}

/// Texts or records of one account whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// The account; `None` for messages from handsets that belong to nobody.
    pub account: Option<AccountId>,
    /// Messages before this one.
    pub before: MessageId,
    /// At most so many messages are looked at.
    pub most: usize,
}

/// The protection of data, as the store does it. Each call is bounded, and one transaction.
#[async_trait]
pub trait Privacy: Send + Sync {
    /// Accounts that may have messages, deleted ones too.
    async fn accounts(&self) -> Result<Vec<AccountId>, StoreError>;

    /// Removes texts of messages that have ended, and of messages from handsets that their account was told of. Goes on
    /// where the call before ended. Returns how many messages it looked at; fewer than `most` when nothing is left.
    async fn redact(&self, outdated: Outdated) -> Result<usize, StoreError>;

    /// Forgets messages that have ended, and messages from handsets. Returns how many; fewer than `most` when nothing is
    /// left.
    async fn forget(&self, outdated: Outdated) -> Result<usize, StoreError>;
}
