//! What the client is told: one notice for each message that came to its end.

use crate::account::AccountId;
use crate::delivery::Outcome;
use crate::message::{Message, Via};
use crate::time::Time;
use std::sync::Arc;

/// A notice to the client that a message came to its end. The message's identifier is the notice's too,
/// since a final state is final and is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The message that it is about.
    pub message: Arc<Message>,
    /// How it ended.
    pub outcome: Outcome,
    /// How often telling it has failed.
    pub failed: u16,
    /// When it may be told at the earliest.
    pub due: Time,
    /// Whether it is in this node's hands, so that nobody need lease it.
    pub owned: bool,
}

impl Notice {
    /// The account whose sessions are told; `None` when it is told by webhook.
    #[must_use]
    pub fn sessions_of(&self) -> Option<AccountId> {
        (self.message.via == Via::Session).then_some(self.message.account)
    }
}

/// One attempt to tell a notice, kept for the message's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Time,
    /// What came of it, in words: `200 in 31 ms`, `connection refused`.
    pub result: Box<str>,
}
