//! The deliveries that one session of an adapter has under way: what of each is answered, and the answer to give when all is
//! known.

use postrider_core::contract::{Answer, Late};
use postrider_core::delivery::{Delivery, PartOutcome};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Deliveries under way.
#[derive(Default)]
pub(crate) struct Flights {
    flights: BTreeMap<u64, Flight>,
    /// Parts under way, by their tokens.
    parts: BTreeMap<u64, (u64, u8)>,
    /// Parts that were given up, by their tokens.
    given_up: BTreeMap<u64, (Delivery, u8)>,
    count: u64,
}

struct Flight {
    delivery: Delivery,
    /// Until when answers are waited for.
    until: Instant,
    outcomes: Vec<(u8, PartOutcome)>,
    open: usize,
}

impl Flights {
    /// Takes on a delivery; returns the parts to write, each with its token. Only the first `writable` are written, the others
    /// never will be.
    pub(crate) fn take_on(
        &mut self,
        delivery: Delivery,
        until: Instant,
        writable: usize,
        token: &mut u64,
    ) -> Vec<(u64, u8)> {
        self.count += 1;
        let parts = (0..delivery.message.parts).filter(|part| !delivery.taken.has(*part));
        let (mut written, mut outcomes) = (Vec::new(), Vec::new());
        for part in parts {
            if written.len() < writable {
                *token += 1;
                self.parts.insert(*token, (self.count, part));
                written.push((*token, part));
            } else {
                outcomes.push((part, PartOutcome::NotSent));
            }
        }
        let flight = Flight { delivery, until, outcomes, open: written.len() };
        self.flights.insert(self.count, flight);
        written
    }

    /// What came of a part; a name if it comes too late.
    pub(crate) fn answered(&mut self, token: u64, outcome: PartOutcome) -> Option<Late> {
        if let Some((flight, part)) = self.parts.remove(&token) {
            if let Some(flight) = self.flights.get_mut(&flight) {
                flight.open -= 1;
                flight.outcomes.push((part, outcome));
            }
            return None;
        }
        let (delivery, part) = self.given_up.remove(&token)?;
        let PartOutcome::Accepted(Some(reference)) = outcome else { return None };
        let parts = delivery.message.parts;
        Some(Late { delivery, part, parts, reference })
    }

    /// Gives up what isn't answered in time. What the carrier says of it yet is still understood.
    pub(crate) fn give_up(&mut self, now: Instant) {
        let overdue: Vec<u64> = self
            .parts
            .iter()
            .filter(|(_, (flight, _))| self.flights.get(flight).is_some_and(|flight| flight.until <= now))
            .map(|(token, _)| *token)
            .collect();
        for token in overdue {
            let Some((number, part)) = self.parts.get(&token).copied() else { continue };
            if let Some(flight) = self.flights.get(&number) {
                self.given_up.insert(token, (flight.delivery.clone(), part));
            }
            self.answered(token, PartOutcome::Unanswered);
        }
    }

    /// The session is over: what was written is in doubt.
    pub(crate) fn lose_all(&mut self) {
        for token in self.parts.keys().copied().collect::<Vec<_>>() {
            self.answered(token, PartOutcome::Unanswered);
        }
        self.given_up.clear();
    }

    /// The answers that are complete.
    pub(crate) fn take_answers(&mut self) -> Vec<Answer> {
        let complete: Vec<u64> =
            self.flights.iter().filter(|(_, flight)| flight.open == 0).map(|(number, _)| *number).collect();
        let answers = complete.iter().filter_map(|number| self.flights.remove(number));
        answers
            .map(|Flight { delivery, outcomes, .. }| {
                let parts = delivery.message.parts;
                Answer { delivery, parts, outcomes }
            })
            .collect()
    }

    /// Parts under way.
    pub(crate) fn open(&self) -> usize {
        self.parts.len()
    }

    /// When the next is given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flights.values().filter(|flight| flight.open > 0).map(|flight| flight.until).min()
    }
}
