//! The requests that are written and not answered: found by sequence number, bounded by the window, expired by age.
//! A ring of slots, where a sequence number's low bits are its place; a number whose place is still taken is
//! skipped, so finding one is a single look and no number comes back while it is in flight.

use crate::smpp::Command;
use std::time::{Duration, Instant};

/// The last sequence number before the first comes again (SMPP 3.4 section 3.2, 5.0 section 4.7.24).
const LAST: u32 = 0x7FFF_FFFF;

struct Slot<T> {
    sequence: u32,
    command: Command,
    sent: Instant,
    token: T,
}

pub(super) struct Outstanding<T> {
    /// The places, made with the first request: a connection that never binds costs little memory.
    slots: Vec<Option<Slot<T>>>,
    /// A power of two of places, at least twice the window, so that a free one is near.
    places: usize,
    window: usize,
    len: usize,
    next: u32,
    patience: Duration,
    /// No request expires before this; it may have been answered since, so looking may find nothing. Keeping it
    /// exact would cost every message something, and looking costs once in a while.
    earliest: Option<Instant>,
}

impl<T> Outstanding<T> {
    pub(super) fn new(window: usize, first: u32, patience: Duration) -> Self {
        let places = window.max(1).saturating_mul(2).next_power_of_two();
        let next = if (1..=LAST).contains(&first) { first } else { 1 };
        Self { slots: Vec::new(), places, window, len: 0, next, patience, earliest: None }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn free(&self) -> usize {
        self.window.saturating_sub(self.len)
    }

    fn place(&self, sequence: u32) -> usize {
        sequence as usize & (self.places - 1)
    }

    /// The sequence number that the next request gets.
    pub(super) fn next_sequence(&mut self) -> u32 {
        // At most half of the places are taken, so this ends.
        while self.slots.get(self.place(self.next)).is_some_and(Option::is_some) {
            self.skip();
        }
        self.next
    }

    /// Gives the next sequence number to something that isn't kept here.
    pub(super) fn skip(&mut self) {
        self.next = if self.next == LAST { 1 } else { self.next + 1 };
    }

    /// Remembers a request under the number that `next_sequence` gave.
    pub(super) fn insert(&mut self, command: Command, token: T, now: Instant) {
        let sequence = self.next_sequence();
        let place = self.place(sequence);
        if self.slots.is_empty() {
            self.slots.resize_with(self.places, || None);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some(Slot { sequence, command, sent: now, token });
            self.len += 1;
            self.earliest.get_or_insert(now + self.patience);
        }
        self.skip();
    }

    /// Takes out the request with this number, if `answered_by` holds for its command.
    pub(super) fn take(&mut self, sequence: u32, answered_by: impl Fn(Command) -> bool) -> Option<T> {
        let place = self.place(sequence);
        let slot = self.slots.get_mut(place)?;
        let fits = |slot: &mut Slot<T>| slot.sequence == sequence && answered_by(slot.command);
        let taken = slot.take_if(fits)?;
        self.len -= 1;
        if self.len == 0 {
            self.earliest = None;
        }
        Some(taken.token)
    }

    /// When to call `expire`.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.earliest
    }

    /// Takes out what was written longer ago than the patience lasts, oldest first.
    pub(super) fn expire(&mut self, now: Instant, out: &mut impl Extend<(u32, T)>) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        let patience = self.patience;
        let mut expired = Vec::new();
        for slot in &mut self.slots {
            expired.extend(slot.take_if(|slot| slot.sent + patience <= now));
        }
        self.len -= expired.len();
        self.earliest = self.slots.iter().flatten().map(|slot| slot.sent + patience).min();
        expired.sort_by_key(|slot| (slot.sent, slot.sequence));
        out.extend(expired.into_iter().map(|slot| (slot.sequence, slot.token)));
    }

    /// Takes out everything, oldest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        let mut all: Vec<Slot<T>> = self.slots.iter_mut().filter_map(Option::take).collect();
        self.len = 0;
        self.earliest = None;
        all.sort_by_key(|slot| (slot.sent, slot.sequence));
        all.into_iter().map(|slot| slot.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn submit<T>(outstanding: &mut Outstanding<T>, token: T, now: Instant) -> u32 {
        let sequence = outstanding.next_sequence();
        outstanding.insert(Command::SUBMIT_SM, token, now);
        sequence
    }

    #[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
    fn any_moment() -> Instant {
        Instant::now()
    }

    #[test]
    fn numbers_wrap_to_one_and_skip_what_is_in_flight() {
        let now = any_moment();
        let mut outstanding = Outstanding::new(2, LAST, PATIENCE);
        assert_eq!(submit(&mut outstanding, 'a', now), LAST);
        assert_eq!(submit(&mut outstanding, 'b', now), 1);
        assert_eq!(outstanding.take(1, |_| true), Some('b'));
        assert_eq!(outstanding.take(1, |_| true), None);
        assert_eq!(submit(&mut outstanding, 'c', now), 2);
        outstanding.take(2, |_| true);
        // The place of 3 is that of LAST, which isn't answered yet.
        assert_eq!(submit(&mut outstanding, 'd', now), 4);
    }

    #[test]
    fn only_the_right_answer_takes_one_out() {
        let mut outstanding = Outstanding::new(4, 1, PATIENCE);
        let sequence = submit(&mut outstanding, (), any_moment());
        assert_eq!(outstanding.take(sequence, |command| command == Command::UNBIND), None);
        assert_eq!(outstanding.take(sequence, |command| command == Command::SUBMIT_SM), Some(()));
        assert_eq!((outstanding.len(), outstanding.deadline()), (0, None));
    }

    #[test]
    fn expires_oldest_first_and_only_what_is_due() {
        let start = any_moment();
        let mut outstanding = Outstanding::new(8, 5, PATIENCE);
        for second in 0..4 {
            submit(&mut outstanding, second, start + Duration::from_secs(second));
        }
        outstanding.take(5, |_| true);
        let mut expired = Vec::new();
        outstanding.expire(start + PATIENCE, &mut expired);
        assert!(expired.is_empty());
        outstanding.expire(start + PATIENCE + Duration::from_secs(2), &mut expired);
        assert_eq!(expired, [(6, 1), (7, 2)]);
        assert_eq!(outstanding.deadline(), Some(start + PATIENCE + Duration::from_secs(3)));
        assert_eq!(outstanding.drain().collect::<Vec<_>>(), [3]);
        assert_eq!(outstanding.free(), 8);
    }
}
