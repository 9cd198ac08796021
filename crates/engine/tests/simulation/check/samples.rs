//! Observations for the checkers' own tests.

use super::{Check, Faults};
use crate::seen::{Event, Offered, Seen, Taken};
use postrider_core::account::AccountId;
use postrider_core::contract::History;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Message, Via};
use postrider_core::notice::Lane;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

pub(crate) const UPSTREAM: UpstreamId = UpstreamId(1);

/// A checker that is fed by hand.
pub(crate) struct Fed<C> {
    check: C,
    number: u64,
    pub(crate) node: u8,
    pub(crate) at: i64,
}

impl<C: Check> Fed<C> {
    pub(crate) fn new(check: C) -> Self {
        Self { check, number: 0, node: 1, at: 0 }
    }

    /// How many rules the next observation breaks.
    pub(crate) fn see(&mut self, seen: Seen) -> usize {
        self.number += 1;
        let mut faults = Faults::default();
        let event = Event { number: self.number, at: Time(self.at), node: self.node, seen };
        self.check.see(&event, &mut faults);
        faults.0.len()
    }
}

pub(crate) fn id(number: u64) -> MessageId {
    MessageId::from_number(number)
}

/// A message of one part, due at once and valid until 1000.
pub(crate) fn message(number: u64) -> Message {
    Message { expires: Time(1_000), via: Via::Session, ..postrider_core::testing::message(id(number)) }
}

pub(crate) fn outcome(state: State) -> Outcome {
    Outcome {
        state,
        upstream: UPSTREAM,
        reference: None,
        error: None,
        sent_at: None,
        done_at: Time(0),
        parts: 1,
        possible_duplicate: false,
    }
}

pub(crate) fn offered(batch: u64, numbers: &[u64]) -> Seen {
    let offered = |number: &u64| Offered { message: Arc::new(message(*number)), upstream: UPSTREAM };
    Seen::Offered { batch, messages: numbers.iter().map(offered).collect(), key: None }
}

pub(crate) fn taken(number: u64) -> Seen {
    taken_message(message(number), 1)
}

pub(crate) fn taken_message(message: Message, parts: usize) -> Seen {
    Seen::Taken(Taken { upstream: UPSTREAM, message: Arc::new(message), marked: false, parts })
}

pub(crate) fn answered(number: u64) -> Seen {
    Seen::Answered { upstream: UPSTREAM, message: id(number) }
}

pub(crate) fn told(number: u64, state: State) -> Seen {
    Seen::Told {
        lane: Lane::Sessions(AccountId(1)),
        message: Arc::new(message(number)),
        outcome: outcome(state),
    }
}

/// How a message stands at the end.
pub(crate) fn finally(number: u64, outcome: Option<Outcome>) -> Seen {
    let history = History {
        message: Arc::new(message(number)),
        state: outcome.as_ref().map_or(State::Sent, |outcome| outcome.state),
        upstream: Some(UPSTREAM),
        possible_duplicate: outcome.as_ref().is_some_and(|outcome| outcome.possible_duplicate),
        outcome,
        awaited: Vec::new(),
        parts: Vec::new(),
        queued: None,
        remarks: Vec::new(),
        attempts: Vec::new(),
    };
    Seen::Final { message: id(number), history: Some(Box::new(history)) }
}

/// A message that nobody knows at the end.
pub(crate) fn finally_missing(number: u64) -> Seen {
    Seen::Final { message: id(number), history: None }
}
