//! Acceptance: submissions become messages that are durable.

use super::{KnownNumber, StoreError};
use crate::account::{Account, AccountId};
use crate::client_part::ClientPart;
use crate::decision::Trace;
use crate::id::MessageId;
use crate::message::Message;
use crate::money::Credit;
use crate::number::Number;
use crate::route::UpstreamId;
use crate::submission::{Refusal, Submission};
use crate::time::Time;
use async_trait::async_trait;
use std::sync::Arc;

/// A message that the store is to accept.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The message.
    pub message: Arc<Message>,
    /// The upstream that is to send it, one of the message's plan.
    pub upstream: UpstreamId,
    /// Whether this node sends it at once, so that nobody need lease it.
    pub owned: bool,
    /// What its account may spend, if it is billed.
    pub credit: Option<Arc<Credit>>,
    /// What is kept beside it.
    pub beside: Beside,
}

/// What is kept beside an accepted message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Whether it is counted, by frequency caps or to find duplicates.
    pub counts: bool,
    /// The fingerprint of its content, if its account looks for duplicates; else 0.
    pub content: u64,
    /// A remark for its timeline.
    pub remark: Option<Box<str>>,
}

/// An idempotency key: a client's promise that all requests with it are one request. A request of which nothing was
/// accepted is not kept, so that its repetition is tried anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The client's account.
    pub account: AccountId,
    /// The client's key.
    pub key: Box<str>,
    /// SHA-256 of the request, to tell a repetition from a mistake.
    pub request: [u8; 32],
    /// The decision on each item of the request, in its order. A repetition is answered from it. The store puts its own
    /// refusals in.
    pub decided: Vec<Decided>,
}

/// The decision on one item of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It was accepted as this message.
    Accepted(MessageId),
    /// It was refused.
    Refused(Refused),
}

/// A refusal in words, as the client was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The stable code, such as `invalid_recipient`.
    pub code: Box<str>,
    /// The reason, for people.
    pub detail: Box<str>,
    /// The field of the request that it is about, if it is about one.
    pub field: Option<Box<str>>,
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().into(),
            detail: refusal.to_string().into(),
            field: refusal.field().map(Into::into),
        }
    }
}

/// The result of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The batch is durable, without those messages that the store refused.
    Now {
        /// The refused messages, by their place in the batch, in rising order.
        refused: Vec<(usize, Refusal)>,
    },
    /// The same request was accepted before; these were its decisions.
    Before(Vec<Decided>),
    /// The key was used for another request. Nothing of the batch is stored.
    Conflict,
}

impl Accepted {
    /// The whole batch is durable.
    pub const ALL: Self = Self::Now { refused: Vec::new() };
}

/// A message that was checked, judged and planned, and is not durable yet.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The message.
    pub message: Arc<Message>,
    /// The upstream that is to send it, one of the message's plan.
    pub upstream: UpstreamId,
    /// Where it is a part of a text that the client cut itself: this, which waits for the others. It has no upstream yet.
    pub part: Option<Box<ClientPart>>,
    /// What its account may spend, if it is billed.
    pub credit: Option<Arc<Credit>>,
    /// What is kept beside it.
    pub beside: Beside,
    /// See [`Decision::cleared`](crate::decision::Decision::cleared).
    pub cleared: u64,
}

/// Why nothing of a batch was accepted though nothing was wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Busy {
    /// The store can't be written just now.
    #[error("messages can't be stored just now; try again")]
    Store,
    /// Too many messages wait to be stored.
    #[error("too much is waiting to be stored; try again")]
    Full,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down; try again in a moment")]
    Draining,
}

/// What would be decided of a submission.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What was looked at on the way.
    pub trace: Trace,
    /// The message as it would be accepted, or why it would be refused.
    pub decided: Result<Arc<Message>, Refusal>,
    /// The upstream that would send it.
    pub upstream: Option<UpstreamId>,
    /// The upstreams that are up.
    pub up: Vec<UpstreamId>,
    /// The upstreams that are full: so much waits for them that new messages go by others.
    pub full: Vec<UpstreamId>,
    /// When that was.
    pub now: Time,
}

/// The counter where doors hand messages in.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Checks, judges, plans and seals each submission, in order. Nothing is kept yet.
    ///
    /// # Errors
    /// When facts that decisions need can't be read.
    async fn prepare(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Prepared, Refusal>>, StoreError>;

    /// Decides on a submission as `prepare` does, and says what was looked at on the way. Rates are not looked at, and nothing is
    /// kept.
    ///
    /// # Errors
    /// When facts that decisions need can't be read.
    async fn explain(&self, account: &Account, submission: Submission) -> Result<Explained, StoreError>;

    /// What is known of a number. A provider may be asked, as for a message, and the account pays for what it says. It may be refused for want of
    /// credit or of a price.
    ///
    /// # Errors
    /// When what is kept of numbers can't be read.
    async fn look_up(
        &self,
        _account: Option<&Account>,
        _number: Number,
    ) -> Result<Result<KnownNumber, Refusal>, StoreError> {
        Ok(Ok(KnownNumber::default()))
    }

    /// Makes messages durable. Only then may the client hear "accepted". The store may refuse single messages; all others
    /// are accepted together. It is carried through even when the caller goes away.
    async fn commit(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy>;

    /// Takes note that a message of the account did what it was sent for, such as that its code was entered. Returns whether
    /// there is such a message. It counts once, as far as this node remembers.
    async fn converted(&self, account: &Account, message: MessageId) -> Result<bool, StoreError>;
}
