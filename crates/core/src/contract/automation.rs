//! Rules at work: what they did of a message, calls of their addresses, and what they remember.

use super::{Busy, Decided, StoreError};
use crate::account::AccountId;
use crate::automation::{Memory, Rule, RuleId, StateRow};
use crate::inbound::Received;
use crate::notice::{Attempt, Notice, NoticeId};
use crate::time::Time;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// What rules did of a message, to be kept whole or not at all.
#[derive(Clone, Debug)]
pub struct Automated {
    /// The notice on the lane of rules, which is done with.
    pub notice: NoticeId,
    /// The value of the sender's own row when the decision was made; `None` if there was none. If it is another now, nothing is
    /// kept.
    pub before: Option<Box<str>>,
    /// What is remembered of the sender from now on; empty if it has none.
    pub rows: Vec<StateRow>,
    /// Words that the message is marked with.
    pub tags: Vec<Box<str>>,
    /// Others who are told of the message.
    pub notices: Vec<Notice>,
    /// What rules did, in words, for the message's history.
    pub attempt: Option<Attempt>,
    /// The time: a few rows that may be forgotten by then are.
    pub now: Time,
}

/// The counter where doors ask rules.
#[async_trait]
pub trait Automation: Send + Sync {
    /// Sets off the rule whose address was called with these fields. A repeated call with the same `once` sends nothing again.
    ///
    /// # Errors
    /// When nothing can be stored.
    async fn call(
        &self,
        rule: &Rule,
        fields: &BTreeMap<String, String>,
        once: Option<&str>,
    ) -> Result<Vec<Decided>, Busy>;

    /// What rules of the account remember of a message's sender.
    async fn memory(&self, account: AccountId, received: &Received) -> Result<Memory, StoreError>;

    /// How many senders gave each answer to a poll.
    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError>;
}
