//! The life of a message after it was accepted: the one state machine, and the only place where a
//! delivery's state changes.
//!
//! [`step`] takes a delivery and what happened, and returns the [`Change`] that the store must make, whole
//! or not at all. The engine's ledger alone calls it.

mod change;
mod ending;
mod event;
mod failover;
mod judgement;
mod silence;
mod state;
mod step;

pub use change::{Awaited, Change, Outcome, PartReport, Queue, Return};
pub use event::{Event, Fault, FaultKind, PartOutcome};
pub use silence::{Unanswered, is_stand_in};
pub use state::{PartSet, State};
pub use step::step;

use crate::cause::Cause;
use crate::message::Message;
use crate::retry::Failure;
use crate::route::UpstreamId;
use crate::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// How often in a row a message is throttled before that counts as a failed attempt, and it steps aside for others: a
/// carrier that says "too fast" of one number only, such as one whose mailbox is full, must not hold up all that is
/// behind it.
pub const THROTTLED_MAX: u8 = 5;

/// A message on its way: everything of it that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message.
    pub message: Arc<Message>,
    /// The upstream that sends it.
    pub upstream: UpstreamId,
    /// Its state.
    pub state: State,
    /// Attempts that failed.
    pub failed: u16,
    /// How often in a row the carrier said "too fast". It is not stored.
    pub throttled: u8,
    /// How many parts the upstream made of it; 0 before it was first sent.
    pub parts: u8,
    /// Parts that the carrier has taken.
    pub taken: PartSet,
    /// Parts whose receipt came and was final.
    pub reported: PartSet,
    /// Whether a receipt said of some part that it was delivered.
    pub has_arrived: bool,
    /// The worst final state that a receipt has told so far; delivered when all were.
    pub worst: Option<(State, Option<Cause>)>,
    /// When the carrier took the last part.
    pub sent_at: Option<Time>,
    /// The carrier's reference of the first part.
    pub reference: Option<Box<str>>,
    /// Whether the carrier may have had it twice.
    pub possible_duplicate: bool,
    /// The version of what holds of numbers by which it may leave, as in [`Register::version`](crate::consent::Register::version);
    /// 0 if that was not looked at. It is not stored.
    pub cleared: u64,
}

impl Delivery {
    /// A delivery that has just been accepted.
    #[must_use]
    pub const fn new(message: Arc<Message>, upstream: UpstreamId) -> Self {
        Self {
            message,
            upstream,
            state: State::Queued,
            failed: 0,
            throttled: 0,
            parts: 0,
            taken: PartSet(0),
            reported: PartSet(0),
            has_arrived: false,
            worst: None,
            sent_at: None,
            reference: None,
            possible_duplicate: false,
            cleared: 0,
        }
    }
}

/// The upstreams, as a step asks about them.
pub trait Routing {
    /// Whether a link of the upstream is up.
    fn is_up(&self, upstream: UpstreamId) -> bool;
    /// Whether one receipt, for whichever part, is about all parts that the upstream takes.
    fn one_receipt(&self, upstream: UpstreamId) -> bool;
    /// The treatment of a message parts of which were written and never answered.
    fn unanswered(&self, delivery: &Delivery) -> Unanswered;
    /// The wait before the next attempt after one that failed so; `None` if there were enough.
    fn retry(&self, delivery: &Delivery, failure: Failure) -> Option<Duration>;
    /// Whether it goes by the next upstream after receipts that tell this end.
    fn goes_on(&self, delivery: &Delivery, state: State, now: Time) -> bool;
    /// Whether its validity ends with the deadline of its class, rather than as its sender said.
    fn ends_by_deadline(&self, delivery: &Delivery) -> bool;
}

#[cfg(test)]
mod tests;
