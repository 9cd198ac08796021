//! The recipients of campaigns and batches: millions of rows that are written once, and get a result each.

use super::StoreError;
use crate::account::AccountId;
use crate::delivery::State;
use crate::id::MessageId;
use crate::number::Number;
use async_trait::async_trait;

/// The recipients of one campaign or batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudienceKey {
    /// Whose they are.
    pub account: AccountId,
    /// The number of the campaign or batch.
    pub run: u64,
}

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its place among those of its audience, from 1. It never changes, and no other gets it.
    pub position: u64,
    /// The number, once in an audience; `None` when the person was erased.
    pub number: Option<Number>,
    /// What is known of it, a document for its application alone.
    pub document: Box<str>,
    /// What was done with it.
    pub result: RecipientResult,
}

/// What was done with a recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecipientResult {
    /// Nothing yet.
    #[default]
    Open,
    /// It gets this message.
    Accepted(MessageId),
    /// It gets none, for this reason: a code.
    Refused(Box<str>),
}

/// A recipient, and the end of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    /// The recipient.
    pub recipient: Recipient,
    /// The final state of its message; `None` if there is none, or it isn't known.
    pub ended: Option<State>,
}

/// Which recipients are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WantedRecipients {
    /// All.
    #[default]
    All,
    /// Those that nothing was done with yet.
    Open,
    /// Those that got a message.
    Accepted,
    /// Those that got none.
    Refused,
    /// Those whose message was delivered.
    Delivered,
    /// Those whose message ended otherwise.
    NotDelivered,
}

/// How many recipients there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientCounts {
    /// Those that nothing was done with yet.
    pub open: u64,
    /// Those whose message has not ended, or whose end isn't known any more.
    pub under_way: u64,
    /// Those whose message has ended, by its state.
    pub ended: Vec<(State, u64)>,
    /// Those that got no message, by reason.
    pub refused: Vec<(Box<str>, u64)>,
}

/// The recipients of campaigns and batches.
#[async_trait]
pub trait RecipientStore: Send + Sync {
    /// Adds recipients, in order, behind those that are there. A number that is there stays as it is. Returns the places of such
    /// numbers.
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        recipients: Vec<(Number, Box<str>)>,
    ) -> Result<Vec<usize>, StoreError>;

    /// Recipients behind a position, in their order.
    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecipientRow>, StoreError>;

    /// Notes what was done with recipients, by their positions.
    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> Result<(), StoreError>;

    /// How many there are of each kind.
    async fn count_recipients(&self, audience: AudienceKey) -> Result<RecipientCounts, StoreError>;

    /// Forgets recipients, at most so many; returns how many.
    async fn forget_recipients(&self, audience: AudienceKey, most: usize) -> Result<usize, StoreError>;

    /// Writes documents anew, by positions, each where it is still the old one: (position, old, new).
    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> Result<(), StoreError>;

    /// The audience that has recipients and is next behind this one, in the order of accounts and runs.
    async fn next_audience(&self, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, StoreError>;
}
