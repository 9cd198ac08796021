//! What a store does for the encryption of its values, which it can't read itself.

use super::StoreError;
use crate::id::MessageId;
use crate::message::Body;
use async_trait::async_trait;

/// The rows that have bodies of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRows {
    /// Messages to handsets.
    Messages,
    /// Parts of texts that clients cut themselves.
    ClientParts,
    /// Messages from handsets.
    Received,
    /// Parts of messages from handsets.
    ReceivedParts,
    /// Notes about conversations.
    Notes,
}

impl BodyRows {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Messages, Self::ClientParts, Self::Received, Self::ReceivedParts, Self::Notes];
}

/// A body that is to be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyChange {
    /// The row.
    pub id: MessageId,
    /// The body that it has; if it has another by now, nothing is changed.
    pub old: Body,
    /// The body that it gets.
    pub new: Body,
}

/// The name of a key, and a value by which the key is known. The empty name stands for values in clear.
pub type SealingKey = (Box<str>, Box<[u8]>);

/// Keys that values of the store are encrypted with, and those values as they are kept.
#[async_trait]
pub trait Sealing: Send + Sync {
    /// Keys that some values may be encrypted with.
    async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError>;

    /// Notes that values may be encrypted with these keys, unless that is noted.
    async fn note_sealing_keys(&self, keys: Vec<SealingKey>) -> Result<(), StoreError>;

    /// Notes that no value is encrypted with these keys any more.
    async fn forget_sealing_keys(&self, names: Vec<Box<str>>) -> Result<(), StoreError>;

    /// Bodies as they are kept, behind this row.
    async fn bodies(
        &self,
        rows: BodyRows,
        after: MessageId,
        most: usize,
    ) -> Result<Vec<(MessageId, Body)>, StoreError>;

    /// Changes bodies.
    async fn rewrite_bodies(&self, rows: BodyRows, changes: Vec<BodyChange>) -> Result<(), StoreError>;

    /// Changes the document of a resource, if it is still the old one. This is no change of what it declares.
    async fn rewrite_document(
        &self,
        resource: (Box<str>, Box<str>),
        old: Box<str>,
        new: Box<str>,
    ) -> Result<(), StoreError>;
}

/// How values are encrypted, for those who operate the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// The key that new values are encrypted with; `None` if they are kept in clear.
    pub active: Option<Box<str>>,
    /// The keys that this node has.
    pub keys: Vec<Box<str>>,
    /// The keys that some values may be encrypted with. The empty name stands for values in clear.
    pub in_use: Vec<Box<str>>,
}
