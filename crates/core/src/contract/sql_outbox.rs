//! A table of an application's own database, in which each row asks for a message (the outbox pattern).

use super::{Refused, StoreError};
use crate::delivery::State;
use crate::id::MessageId;
use crate::time::Time;
use async_trait::async_trait;

/// A row that was claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its key, as text.
    pub key: Box<str>,
    /// The message that it was about to become when it was claimed before.
    pub intended: Option<MessageId>,
    /// What it asks for: names of columns, and their values as texts. Columns without a value are left out.
    pub fields: Vec<(&'static str, Box<str>)>,
}

/// The decision on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowDecision {
    /// It has become this message.
    Accepted(MessageId),
    /// It was refused.
    Refused(Refused),
    /// It can't be decided on now, and is to be claimed again.
    Later,
}

/// The end of a message, for its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEnd {
    /// The message.
    pub message: MessageId,
    /// Its final state.
    pub state: State,
    /// The code and the words of its error, if it has one.
    pub error: Option<(Box<str>, Box<str>)>,
    /// When it ended.
    pub at: Time,
}

/// A table whose rows become messages. Rows are claimed, so that several nodes share a table, and a claim of a node that died ends by
/// itself.
#[async_trait]
pub trait SqlOutbox: Send + Sync {
    /// Claims rows that wait, in the order of their keys, at most so many. Whatever this node held before is claimed anew.
    async fn claim(&self, most: usize) -> Result<Vec<OutboxRow>, StoreError>;

    /// Notes which messages claimed rows are about to become. Returns the keys of those that this node still holds: no other row may
    /// be sent.
    async fn intend(&self, rows: Vec<(Box<str>, MessageId)>) -> Result<Vec<Box<str>>, StoreError>;

    /// Writes decisions into rows that are still claimed.
    async fn decide(&self, rows: Vec<(Box<str>, RowDecision)>) -> Result<(), StoreError>;

    /// Writes ends into the rows of these messages. Messages without a row are passed over.
    async fn end(&self, ends: Vec<RowEnd>) -> Result<(), StoreError>;
}
