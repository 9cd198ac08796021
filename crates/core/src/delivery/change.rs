//! The change of a step: what the store must do, whole or not at all.

use super::{Delivery, PartSet, State};
use crate::account::AccountId;
use crate::cause::Cause;
use crate::id::MessageId;
use crate::message::Message;
use crate::money::Settlement;
use crate::notice::Notice;
use crate::route::UpstreamId;
use crate::time::Time;
use std::sync::Arc;

/// The change that a step makes. The store makes it whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The message.
    pub message: MessageId,
    /// Whose message it is.
    pub account: AccountId,
    /// When it happened.
    pub at: Time,
    /// The change of its place in the queue.
    pub queue: Queue,
    /// Receipts to wait for from now on.
    pub awaited: Vec<Awaited>,
    /// Receipts that are no longer waited for.
    pub arrived: Vec<(UpstreamId, Box<str>)>,
    /// Whether every receipt of the message is no longer waited for.
    pub forget_awaited: bool,
    /// The state of one part of several, now final.
    pub part: Option<PartReport>,
    /// Its end, if it has ended.
    pub outcome: Option<Outcome>,
    /// The notice to the client.
    pub notice: Option<Notice>,
    /// Something out of the ordinary, for the timeline.
    pub remark: Option<Box<str>>,
    /// What its end does to the balance of its account, if it does anything.
    pub settlement: Option<Settlement>,
    /// Whether the message has an ordering key.
    pub is_ordered: bool,
}

impl Change {
    /// A change of nothing yet.
    #[must_use]
    pub fn none(delivery: &Delivery, at: Time) -> Self {
        Self {
            message: delivery.message.id,
            account: delivery.message.account,
            at,
            queue: Queue::Keep,
            awaited: Vec::new(),
            arrived: Vec::new(),
            forget_awaited: false,
            part: None,
            outcome: None,
            notice: None,
            remark: None,
            settlement: None,
            is_ordered: delivery.message.ordering_key.is_some(),
        }
    }
}

impl Change {
    /// Whether another message may wait for this one to leave the queue.
    #[must_use]
    pub fn lets_others_go(&self) -> bool {
        self.is_ordered && self.queue == Queue::Leave
    }

    /// Whether it says that the carrier may have had the message twice.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        let is_put_marked = matches!(self.queue, Queue::Put { possible_duplicate: true, .. });
        let is_end_marked = self.outcome.as_ref().is_some_and(|outcome| outcome.possible_duplicate);
        is_put_marked || is_end_marked || self.awaited.iter().any(|awaited| awaited.possible_duplicate)
    }

    /// Says that the carrier may have had the message twice: another node has sent, or will send, another copy.
    pub fn mark(&mut self) {
        if let Queue::Put { possible_duplicate, .. } = &mut self.queue {
            *possible_duplicate = true;
        }
        self.awaited.iter_mut().for_each(|awaited| awaited.possible_duplicate = true);
        if let Some(outcome) = &mut self.outcome {
            outcome.possible_duplicate = true;
            self.forget_awaited = true;
        }
        self.notice.iter_mut().for_each(Notice::mark);
    }

    /// Whether it ends the message by an answer or by the gateway's own decision, while the message is in the queue. Only the
    /// node in whose hands the message is can do that; a receipt ends it wherever it is.
    #[must_use]
    pub fn ends_in_queue(&self) -> bool {
        self.outcome.is_some() && self.queue == Queue::Leave && self.arrived.is_empty()
    }
}

/// The change of a message's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Nothing.
    Keep,
    /// It leaves the queue.
    Leave,
    /// It goes back with this.
    Put {
        /// The way it goes next.
        upstream: UpstreamId,
        /// When.
        due: Time,
        /// Attempts that failed.
        failed: u16,
        /// Parts that the carrier has taken already.
        taken: PartSet,
        /// Whether the carrier may have had it.
        possible_duplicate: bool,
    },
    /// It returns, though it had left when its carrier took it. The receipt that says so is among those that arrived. If another
    /// node has recorded that receipt already, nothing happens.
    Return(Box<Return>),
}

/// The return of a message that its carrier took and didn't deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The message, with the upstreams that had it.
    pub message: Arc<Message>,
    /// The way it goes next.
    pub upstream: UpstreamId,
    /// When.
    pub due: Time,
    /// Attempts that failed.
    pub failed: u16,
    /// What came of the attempt, as receipts tell it. It is no end of the message.
    pub attempt: Outcome,
}

/// A receipt that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// From whom.
    pub upstream: UpstreamId,
    /// The key of the carrier's reference of the part.
    pub reference: Box<str>,
    /// The name as the carrier gave it, where that is something else.
    pub given: Option<Box<str>>,
    /// The part's number, from 0.
    pub part: u8,
    /// How many parts the message has.
    pub parts: u8,
    /// Whether the carrier may have had the message twice.
    pub possible_duplicate: bool,
}

impl Awaited {
    /// Whether the other parts of its message are marked too, so that the message's end says so whichever part is reported
    /// last.
    #[must_use]
    pub const fn marks_message(&self) -> bool {
        self.possible_duplicate && self.parts > 1
    }
}

/// The final state of one part of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReport {
    /// The part's number, from 0.
    pub part: u8,
    /// The final state.
    pub state: State,
    /// The cause, if it was not delivered.
    pub error: Option<Cause>,
}

/// The end of a message. It is written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final state.
    pub state: State,
    /// The way it went.
    pub upstream: UpstreamId,
    /// The carrier's name for the first part.
    pub reference: Option<Box<str>>,
    /// The cause, if it was not delivered.
    pub error: Option<Cause>,
    /// When the carrier took it.
    pub sent_at: Option<Time>,
    /// When it ended.
    pub done_at: Time,
    /// How many parts it had.
    pub parts: u8,
    /// Whether the carrier may have had it twice.
    pub possible_duplicate: bool,
}
