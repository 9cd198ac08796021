//! Slots: the times at which messages that must wait are looked at again, as many in a stretch of time as may leave in it. So each
//! of a million waiting messages is put off once, not again and again.

use crate::budget::{PartLimits, Period};
use crate::message::Class;
use crate::time::Time;

/// The next free slot of each class. A slot that a class takes puts less urgent ones off, and none that is more urgent.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// By parts a second.
    seconds: [Time; Class::COUNT],
    /// By each period: its first stretch with room, and the parts that are planned in it.
    periods: [[(Time, u64); Class::COUNT]; Period::COUNT],
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            seconds: [Time(i64::MIN); Class::COUNT],
            periods: [[(Time(i64::MIN), 0); Class::COUNT]; Period::COUNT],
        }
    }
}

impl Slots {
    /// Whether others of the class have slots in the time to come.
    pub(super) fn are_taken(&self, class: Class, now: Time) -> bool {
        self.seconds[class as usize] > now
    }

    /// Forgets who waits for a second's parts.
    pub(super) fn vacate(&mut self) {
        self.seconds = [Time(i64::MIN); Class::COUNT];
    }

    /// Takes a slot at `earliest` or later, at `rate` parts a second.
    pub(super) fn take(&mut self, class: Class, parts: u64, rate: f64, earliest: Time) -> Time {
        let slot = self.seconds[class as usize].max(earliest);
        let next = Time(slot.0.saturating_add(milliseconds(parts, rate)));
        for it in &mut self.seconds[class as usize..] {
            *it = if *it > slot { Time(it.0.saturating_add(milliseconds(parts, rate))) } else { next };
        }
        slot
    }

    /// Takes a slot in a stretch of each period that has no room now, `share` of whose parts are this node's.
    pub(super) fn take_later(
        &mut self,
        class: Class,
        parts: u64,
        limits: PartLimits,
        is_closed: impl Fn(Period) -> bool,
        share: impl Fn(u64) -> u64,
        now: Time,
    ) -> Option<Time> {
        let closed = limits.iter().filter(|(period, _)| is_closed(*period));
        let slot = |(period, most): (Period, u64)| {
            let planned = &mut self.periods[period as usize];
            let (start, used) = planned[class as usize];
            let first = period.end(now);
            let (start, used) = if start < first { (first, 0) } else { (start, used) };
            let is_full = used > 0 && used + parts > share(most);
            let place = if is_full { (period.end(start), parts) } else { (start, used + parts) };
            for it in &mut planned[class as usize..] {
                *it = place.max(*it);
            }
            place.0
        };
        closed.map(slot).max()
    }
}

/// The time that parts take at a rate.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "parts of a message are few, and a conversion that is too large stays at the largest number"
)]
fn milliseconds(parts: u64, rate: f64) -> i64 {
    (parts as f64 * 1_000.0 / rate.max(0.000_001)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000_000);

    #[test]
    fn slots_of_a_second_are_spread_and_urgent_classes_go_first() {
        let mut slots = Slots::default();
        let mut take = |class, parts| slots.take(class, parts, 10.0, NOW).0 - NOW.0;
        let marketing: Vec<i64> = (0..3).map(|_| take(Class::Marketing, 1)).collect();
        assert_eq!(marketing, [0, 100, 200]);
        assert_eq!([take(Class::Otp, 2), take(Class::Otp, 1)], [0, 200], "nobody more urgent waits");
        assert_eq!(take(Class::Marketing, 1), 600, "three parts of a password go before it");
    }

    #[test]
    fn slots_of_a_period_fill_one_stretch_after_the_other() {
        let mut slots = Slots::default();
        let limits = PartLimits([Some(4), None, None, None]);
        let mut take = |class, parts| {
            let slot = slots.take_later(class, parts, limits, |_| true, |most| most / 2, NOW);
            (slot.unwrap().0 - NOW.0) / 60_000
        };
        let of_marketing: Vec<i64> = (0..5).map(|_| take(Class::Marketing, 1)).collect();
        assert_eq!(of_marketing, [1, 1, 2, 2, 3], "two of four are this node's");
        assert_eq!(take(Class::Otp, 1), 1);
        assert_eq!(
            [take(Class::Marketing, 9), take(Class::Marketing, 1)],
            [4, 5],
            "one longer than all of it"
        );
    }
}
