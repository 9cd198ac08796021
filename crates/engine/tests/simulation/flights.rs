//! The deliveries that one session of an adapter has under way: what of each is answered, and the answer to give when all is
//! known.

use crate::manners::Turns;
use postrider_core::contract::{Answer, Late};
use postrider_core::delivery::{Delivery, PartOutcome};
use postrider_core::message::Message;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::time::Instant;

/// Deliveries under way.
pub(crate) struct Flights {
    turns: Turns,
    flights: BTreeMap<u64, Flight>,
    /// Parts under way, by their tokens.
    parts: BTreeMap<u64, (u64, u8)>,
    /// Parts that were given up, by their tokens.
    given_up: BTreeMap<u64, (Delivery, u8)>,
    count: u64,
}

struct Flight {
    delivery: Delivery,
    /// How many parts it has on this upstream.
    parts: u8,
    /// Until when answers are waited for.
    until: Instant,
    outcomes: Vec<(u8, PartOutcome)>,
    open: usize,
    /// Parts whose turn has not come.
    waiting: VecDeque<u8>,
}

/// A part whose turn has come.
pub(crate) struct Turn {
    pub(crate) token: u64,
    pub(crate) message: Arc<Message>,
    pub(crate) part: u8,
    /// Whether its message is marked as a possible duplicate.
    pub(crate) marked: bool,
}

impl Flights {
    /// None under way, where parts go so.
    pub(crate) fn new(turns: Turns) -> Self {
        let (parts, given_up) = (BTreeMap::new(), BTreeMap::new());
        Self { turns, flights: BTreeMap::new(), parts, given_up, count: 0 }
    }

    /// Takes on a delivery. Only its first `writable` parts will be written.
    pub(crate) fn take_on(&mut self, delivery: Delivery, until: Instant, writable: usize) {
        self.count += 1;
        let parts = if matches!(self.turns, Turns::Requests(_)) { 1 } else { delivery.message.parts };
        let missing: Vec<u8> = (0..parts).filter(|part| !delivery.taken.has(*part)).collect();
        let (waiting, unwritten) = missing.split_at(writable.min(missing.len()));
        let outcomes = unwritten.iter().map(|part| (*part, PartOutcome::NotSent)).collect();
        let waiting = waiting.iter().copied().collect();
        self.flights.insert(self.count, Flight { delivery, parts, until, outcomes, open: 0, waiting });
    }

    /// The parts whose turn has come. They are to be written now.
    pub(crate) fn turns(&mut self, until: Instant, token: &mut u64) -> Vec<Turn> {
        let mut turns = Vec::new();
        for (number, flight) in &mut self.flights {
            while (flight.open == 0 || self.turns != Turns::OneByOne)
                && let Some(part) = flight.waiting.pop_front()
            {
                *token += 1;
                flight.open += 1;
                flight.until = until;
                self.parts.insert(*token, (*number, part));
                let message = Arc::clone(&flight.delivery.message);
                turns.push(Turn { token: *token, message, part, marked: flight.delivery.possible_duplicate });
            }
        }
        turns
    }

    /// What came of a part; a name if it comes too late. After anything but acceptance, what waits for its turn stays unsent.
    pub(crate) fn answered(&mut self, token: u64, outcome: PartOutcome) -> Option<Late> {
        if let Some((flight, part)) = self.parts.remove(&token) {
            if let Some(flight) = self.flights.get_mut(&flight) {
                flight.open -= 1;
                if !matches!(outcome, PartOutcome::Accepted(_)) {
                    flight.leave_waiting();
                }
                flight.outcomes.push((part, outcome));
            }
            return None;
        }
        let (delivery, part) = self.given_up.remove(&token)?;
        let PartOutcome::Accepted(Some(reference)) = outcome else { return None };
        let parts = delivery.message.parts;
        Some(Late { delivery, part, parts, reference })
    }

    /// Gives up what isn't answered in time. What the carrier says of it yet is still understood, except in the answer to a request
    /// of HTTP, whose connection is gone.
    pub(crate) fn give_up(&mut self, now: Instant) {
        let overdue: Vec<u64> = self
            .parts
            .iter()
            .filter(|(_, (flight, _))| self.flights.get(flight).is_some_and(|flight| flight.until <= now))
            .map(|(token, _)| *token)
            .collect();
        for token in overdue {
            let Some((number, part)) = self.parts.get(&token).copied() else { continue };
            if let Some(flight) = self.flights.get(&number)
                && !matches!(self.turns, Turns::Requests(_))
            {
                self.given_up.insert(token, (flight.delivery.clone(), part));
            }
            self.answered(token, PartOutcome::Unanswered);
        }
    }

    /// These parts are in doubt.
    pub(crate) fn lose(&mut self, tokens: impl IntoIterator<Item = u64>) {
        for token in tokens {
            self.answered(token, PartOutcome::Unanswered);
        }
    }

    /// The session is over: what was written is in doubt.
    pub(crate) fn lose_all(&mut self) {
        self.lose(self.parts.keys().copied().collect::<Vec<_>>());
        self.flights.values_mut().for_each(Flight::leave_waiting);
        self.given_up.clear();
    }

    /// The answers that are complete.
    pub(crate) fn take_answers(&mut self) -> Vec<Answer> {
        let is_complete = |flight: &Flight| flight.open == 0 && flight.waiting.is_empty();
        let complete: Vec<u64> = self
            .flights
            .iter()
            .filter(|(_, flight)| is_complete(flight))
            .map(|(number, _)| *number)
            .collect();
        let answers = complete.iter().filter_map(|number| self.flights.remove(number));
        answers.map(|Flight { delivery, parts, outcomes, .. }| Answer { delivery, parts, outcomes }).collect()
    }

    /// Parts under way, with those whose turn has not come.
    pub(crate) fn open(&self) -> usize {
        self.parts.len() + self.flights.values().map(|flight| flight.waiting.len()).sum::<usize>()
    }

    /// When the next is given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flights.values().filter(|flight| flight.open > 0).map(|flight| flight.until).min()
    }
}

impl Flight {
    /// Leaves the parts unsent whose turn has not come.
    fn leave_waiting(&mut self) {
        self.outcomes.extend(self.waiting.drain(..).map(|part| (part, PartOutcome::NotSent)));
    }
}
