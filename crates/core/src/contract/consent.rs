//! What holds of numbers: changes, lists, and what nodes take in of each other.

use super::StoreError;
use crate::account::AccountId;
use crate::consent::{Change, Kept, Kind};
use crate::number::Number;
use crate::principal::Viewer;
use async_trait::async_trait;

/// Conditions that all changes of a list meet.
#[derive(Clone, Debug)]
pub struct ConsentFilter {
    /// What holds.
    pub kind: Kind,
    /// Visible to this viewer. An account sees its own; what holds for all accounts is the administrators'.
    pub viewer: Viewer,
    /// Only what holds for all accounts.
    pub of_all: bool,
    /// Of this number.
    pub number: Option<Number>,
    /// Of this sender, or this purpose.
    pub only: Option<Box<str>>,
    /// Whether what was lifted, and what no longer stands, is listed too.
    pub history: bool,
    /// Older than this: where the page before ended.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl ConsentFilter {
    /// All that holds of this kind, at most `limit`.
    #[must_use]
    pub const fn all(kind: Kind, viewer: Viewer, limit: usize) -> Self {
        let (number, only, before) = (None, None, None);
        Self { kind, viewer, of_all: false, number, only, history: false, before, limit }
    }
}

/// The counter where what holds of numbers is asked for and changed.
#[async_trait]
pub trait ConsentDesk: Send + Sync {
    /// Makes changes, in order, and holds to them from then on, on every node. Tells of each whether it changed anything. The
    /// account of a change whose scope has one is told by its webhook.
    ///
    /// # Errors
    /// When the store can't be written.
    async fn change(&self, changes: Vec<Change>) -> Result<Vec<bool>, StoreError>;

    /// Changes, the newest first.
    ///
    /// # Errors
    /// When the store can't be read.
    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<Kept>, StoreError>;

    /// A new identifier for a change.
    fn identify(&self) -> crate::id::MessageId;

    /// Whether messages of the account to the number are forbidden now, and by what.
    fn forbids(&self, number: Number, account: AccountId) -> Option<Kind>;
}
