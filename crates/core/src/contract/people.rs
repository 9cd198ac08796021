//! What is kept of a person, exported and erased by number.

use super::{Encryption, History, PersonRows, StoreError};
use crate::consent::Kept;
use crate::id::MessageId;
use crate::inbound::Received;
use crate::notice::Attempt;
use crate::number::Number;
use crate::principal::Viewer;
use async_trait::async_trait;
use std::sync::Arc;

/// A place in the walk over what is kept of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonPlace {
    /// The rows that are walked over.
    pub rows: PersonRows,
    /// Behind this message.
    pub after: MessageId,
}

impl Default for PersonPlace {
    /// The beginning.
    fn default() -> Self {
        Self { rows: PersonRows::default(), after: MessageId::from_number(0) }
    }
}

/// A page of what is kept of a person.
#[derive(Clone, Debug, Default)]
pub struct PersonPage {
    /// Messages to the number.
    pub messages: Vec<History>,
    /// Messages from the number, and the attempts to tell their owners.
    pub received: Vec<(Arc<Received>, Vec<Attempt>)>,
    /// What holds of the number, and what held; on the first page.
    pub consents: Vec<Kept>,
    /// Where the walk goes on; `None` at its end. A page that isn't the last may be empty.
    pub next: Option<PersonPlace>,
}

/// A page of the erasure of what is kept of a person, or of its dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Messages that were found, both ways.
    pub found: usize,
    /// Messages that were erased: those that have ended, and messages from handsets.
    pub erased: usize,
    /// Other rows of the number that were erased, such as contacts, opt-outs and receipts without a message.
    pub traces: usize,
    /// Messages that were still queued, and are canceled. They stay until their senders are told, and are erased by another run.
    pub canceled: usize,
    /// Messages that are being sent, or whose receipts are waited for. They are erased by another run, once they have ended.
    pub under_way: usize,
    /// Where the walk goes on; `None` at its end.
    pub next: Option<PersonPlace>,
}

/// The counter where doors ask for what is kept of a person.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// What the viewer sees of it, from this place on.
    async fn export(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
    ) -> Result<PersonPage, StoreError>;

    /// Erases what the viewer sees of it, from this place on. A dry run only counts.
    async fn erase(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
        dry_run: bool,
    ) -> Result<Erasure, StoreError>;

    /// How values of the store are encrypted.
    async fn encryption(&self) -> Result<Encryption, StoreError>;
}
