//! Rules at work: what they did of a message, calls of their addresses, and what they remember.

use super::{Busy, Decided, StoreError};
use crate::account::AccountId;
use crate::automation::{Membership, Memory, Rule, RuleId, StateRow};
use crate::inbound::Received;
use crate::notice::{Attempt, Lane, Notice, NoticeId};
use crate::time::Time;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What rules did of a message, to be kept whole or not at all.
#[derive(Clone, Debug)]
pub struct Automated {
    /// The lane of the notice: that of rules, or of timeouts.
    pub lane: Lane,
    /// The notice, which is done with.
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

/// What set off a rule, where no message tells of it: a link, a timer, a call, a low balance. The account's webhook is told, or a URL
/// of the rule's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEvent {
    /// What makes its identifier: the same whenever it is told again, and for no other event of the account.
    pub cause: String,
    /// The rule's name.
    pub rule: Box<str>,
    /// The event that the rule waits for, as in [`Trigger::word`](crate::automation::Trigger::word).
    pub event: &'static str,
    /// When it happened.
    pub at: Time,
    /// What is to be known of it.
    pub facts: Vec<(&'static str, Box<str>)>,
    /// The fields that the rule's address was called with.
    pub call: BTreeMap<String, String>,
    /// The rule's own URL; `None` is the account's webhook.
    pub url: Option<Box<str>>,
    /// The rule's text, where its URL is told in a form of text.
    pub text: Option<Box<str>>,
}

/// What applications do for rules. All of it may be asked for again, and is done once.
#[async_trait]
pub trait RuleServices: Send + Sync {
    /// Adds a number to a group of the account's contacts, or takes it out. Returns why that can't be, if it can't.
    async fn set_member(
        &self,
        account: AccountId,
        membership: &Membership,
    ) -> Result<Option<String>, StoreError>;

    /// Has an event posted until its endpoint takes it.
    async fn post(&self, account: AccountId, event: RuleEvent) -> Result<(), StoreError>;
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

    /// Goes on with the rule `to`, as the URL of the rule `from` has answered to a message from a handset. Doing it again sends
    /// nothing again. Returns what became of it, in words.
    ///
    /// # Errors
    /// When nothing can be stored.
    async fn go_on(
        &self,
        account: AccountId,
        received: &Arc<Received>,
        from: RuleId,
        to: &str,
    ) -> Result<String, Busy>;

    /// What rules of the account remember of a message's sender.
    async fn memory(&self, account: AccountId, received: &Received) -> Result<Memory, StoreError>;

    /// How many senders gave each answer to a poll.
    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError>;
}
