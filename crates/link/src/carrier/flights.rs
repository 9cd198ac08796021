//! Deliveries in flight on one link: the written and the answered parts of each, and the answer to the desk once all
//! outcomes are known. It knows no protocol and no window.

use super::conversation::{Part, Token};
use super::late::Missed;
use postrider_core::contract::Answer;
use postrider_core::delivery::{Delivery, Fault, PartOutcome};
use std::collections::VecDeque;
use std::time::Instant;

/// The most parts of one message.
const PARTS_MAX: u8 = 64;

/// The deliveries of one link. Their parts go out one after the other, no other message's between them.
#[derive(Debug)]
pub(super) struct Flights<E> {
    slots: Vec<Option<Flight<E>>>,
    free: Vec<u32>,
    /// Slots of deliveries with parts to write, in order; more than one only while the window is full.
    unwritten: VecDeque<u32>,
    answers: Vec<Answer>,
}

#[derive(Debug)]
struct Flight<E> {
    delivery: Delivery,
    /// The message, encoded, until its last part is written.
    encoded: Option<E>,
    /// How many parts the message has.
    total: u8,
    /// The next part to write; `total` when there is none.
    next: u8,
    /// Parts written and not answered.
    open: u64,
    outcomes: Vec<(u8, PartOutcome)>,
}

impl<E> Default for Flights<E> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), unwritten: VecDeque::new(), answers: Vec::new() }
    }
}

impl<E> Flights<E> {
    /// Takes on a delivery, encoded in so many parts.
    pub(super) fn admit(&mut self, delivery: Delivery, parts: u8, encoded: E) {
        let total = parts.min(PARTS_MAX);
        let encoded = Some(encoded);
        let mut flight = Flight { delivery, encoded, total, next: 0, open: 0, outcomes: Vec::new() };
        flight.skip_taken();
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            // As many slots as the window and one lease hold.
            (self.slots.len() - 1) as u32
        });
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(flight);
        }
        self.unwritten.push_back(slot);
    }

    /// Gives back a delivery that can't be carried, for the same reason in each of its parts.
    pub(super) fn refuse(&mut self, delivery: Delivery, fault: &Fault) {
        let parts = delivery.message.parts.max(1);
        let outcomes = (0..parts).map(|part| (part, PartOutcome::Refused(fault.clone()))).collect();
        self.answers.push(Answer { delivery, parts, outcomes });
    }

    /// The part to write next, at `now`.
    pub(super) fn next(&mut self, now: Instant) -> Option<Part<'_, E>> {
        while let Some(&slot) = self.unwritten.front() {
            if self.flight(slot).is_some_and(|flight| flight.next < flight.total) {
                break;
            }
            self.unwritten.pop_front();
            self.settle(slot);
        }
        let slot = *self.unwritten.front()?;
        let flight = self.slots.get(slot as usize)?.as_ref()?;
        let token = Token::new(slot, flight.next, now);
        Some(Part {
            token,
            delivery: &flight.delivery,
            encoded: flight.encoded.as_ref()?,
            number: flight.next,
        })
    }

    /// The part is written.
    pub(super) fn written(&mut self, token: Token) {
        let Some(flight) = self.flight(token.slot) else { return };
        flight.open |= 1 << token.part;
        flight.next = token.part + 1;
        flight.skip_taken();
        if flight.next >= flight.total {
            flight.encoded = None;
            if self.unwritten.front() == Some(&token.slot) {
                self.unwritten.pop_front();
            }
        }
    }

    /// The part can't be written, nor those after it.
    pub(super) fn unwritable(&mut self, token: Token, outcome: PartOutcome) {
        let Some(flight) = self.flight(token.slot) else { return };
        flight.next = token.part + 1;
        flight.outcomes.push((token.part, outcome));
        flight.leave_rest();
        self.settle(token.slot);
    }

    /// A written part has this outcome. After anything but success the unwritten parts stay so.
    pub(super) fn answered(&mut self, token: Token, outcome: PartOutcome) {
        let Some(flight) = self.flight(token.slot) else { return };
        let accepted = matches!(outcome, PartOutcome::Accepted(_));
        flight.open &= !(1 << token.part);
        flight.outcomes.push((token.part, outcome));
        if !accepted {
            flight.leave_rest();
        }
        self.settle(token.slot);
    }

    /// A part whose answer is overdue, as a late answer needs it.
    pub(super) fn missed(&self, token: Token) -> Option<Missed> {
        let flight = self.slots.get(token.slot as usize)?.as_ref()?;
        Some(Missed { delivery: flight.delivery.clone(), part: token.part, parts: flight.total })
    }

    /// The link ended: unanswered parts are in doubt, and unwritten ones were never sent.
    pub(super) fn lose_all(&mut self) {
        self.unwritten.clear();
        for slot in 0..self.slots.len() as u32 {
            let Some(flight) = self.flight(slot) else { continue };
            for part in (0..flight.total).filter(|part| flight.open & 1 << part != 0) {
                flight.outcomes.push((part, PartOutcome::Unanswered));
            }
            flight.open = 0;
            flight.leave_rest();
            self.settle(slot);
        }
    }

    /// Leaves unwritten parts so: of deliveries that were not begun, or not written to their end.
    pub(super) fn leave_unwritten(&mut self) {
        for slot in std::mem::take(&mut self.unwritten) {
            if let Some(flight) = self.flight(slot) {
                flight.leave_rest();
            }
            self.settle(slot);
        }
    }

    /// Whether no delivery is in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    /// Whether there is more to write.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// The answers that are complete.
    pub(super) fn take_answers(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answers)
    }

    fn flight(&mut self, slot: u32) -> Option<&mut Flight<E>> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// Makes the answer once everything is known.
    fn settle(&mut self, slot: u32) {
        let Some(place) = self.slots.get_mut(slot as usize) else { return };
        let known = |flight: &mut Flight<E>| flight.open == 0 && flight.next >= flight.total;
        if let Some(Flight { delivery, total, outcomes, .. }) = place.take_if(known) {
            self.free.push(slot);
            self.unwritten.retain(|unwritten| *unwritten != slot);
            self.answers.push(Answer { delivery, parts: total, outcomes });
        }
    }
}

impl<E> Flight<E> {
    fn skip_taken(&mut self) {
        while self.next < self.total && self.delivery.taken.has(self.next) {
            self.next += 1;
        }
    }

    /// Leaves the unwritten parts unsent.
    fn leave_rest(&mut self) {
        while self.next < self.total {
            self.outcomes.push((self.next, PartOutcome::NotSent));
            self.next += 1;
            self.skip_taken();
        }
    }
}

#[cfg(test)]
mod tests;
