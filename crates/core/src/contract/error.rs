//! Failures of the store.

/// Why the store did nothing of a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It can't be written or reached just now: a full disk, a database away. Trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It can't be read: a person has to look.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Another process has opened it as this node, and alone may write now. Nothing that this one tries will ever succeed.
    #[error("another process has opened the store as this node")]
    Superseded,
}
