//! What the store does for the protection of data: it removes texts and records whose time is over.

use super::{Encryption, StoreError};
use crate::account::AccountId;
use crate::consent::PseudonymKey;
use crate::id::MessageId;
use crate::number::Number;
use crate::principal::Viewer;
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

/// The rows in which a person is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonRows {
    /// Parts of texts that wait for others, to the person's number.
    #[default]
    Parts,
    /// Messages to the person's number.
    Messages,
    /// Messages from the person's number.
    Received,
}

/// A search for what is kept of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonSearch {
    /// What the viewer sees.
    pub viewer: Viewer,
    /// The person's number.
    pub number: Number,
    /// In these rows.
    pub rows: PersonRows,
    /// Behind this message.
    pub after: MessageId,
    /// At most so many messages are found.
    pub most: usize,
}

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFound {
    /// The messages, in the order of their identifiers.
    pub messages: Vec<MessageId>,
    /// Where the search goes on, as the next [`PersonSearch::after`]; `None` at the end. The store looks through so many rows
    /// at once, so that a page that isn't the last may be empty.
    pub next: Option<MessageId>,
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

    /// Looks for what is kept of a person.
    async fn find_person(&self, search: PersonSearch) -> Result<PersonFound, StoreError>;

    /// Forgets messages that have ended, of `messages`, and messages from handsets. Returns how many.
    async fn erase(&self, messages: Vec<MessageId>, received: Vec<MessageId>) -> Result<usize, StoreError>;

    /// Forgets what else is kept of a number and is no message: receipts that found none, and parts of messages that were
    /// put together or wait for others. An account's viewer forgets parts of its own texts alone. Returns how many rows.
    async fn erase_traces(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError>;

    /// Forgets what holds, and held, of a number: its opt-outs, blocks, consents and time zone. An account's viewer forgets what is
    /// about its own messages. Returns how many rows.
    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError>;

    /// The key of pseudonyms, made when it is asked for the first time, and the same for good.
    async fn pseudonym_key(&self) -> Result<PseudonymKey, StoreError>;

    /// Encrypts anew what is encrypted with another key than new values are, or is in clear. Returns how many rows it looked
    /// at; 0 when nothing is left.
    async fn reseal(&self, _most: usize) -> Result<usize, StoreError> {
        Ok(0)
    }

    /// How values are encrypted.
    async fn encryption(&self) -> Result<Encryption, StoreError> {
        Ok(Encryption::default())
    }
}
