//! Counts of messages by what they are sent to, over sliding stretches of time.

use crate::account::AccountId;
use crate::time::Time;
use std::collections::HashMap;
use std::time::Duration;

/// The most things that are counted at once: about 10 MB.
const COUNTED_MAX: usize = 100_000;
/// How long a full table isn't looked through again for what may go.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// What is counted: the rule, the account, and the first digits of numbers.
pub(super) type Key = (u64, AccountId, u64);

/// Counts over a sliding stretch: those of the stretch before fade as the present one goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    counts: HashMap<Key, Count>,
    swept: Option<Time>,
}

/// The counts of two stretches of equal length, one after the other.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// The beginning of the present stretch.
    start: Time,
    present: u32,
    before: u32,
    /// When nothing of it counts any more.
    until: Time,
}

/// The beginning of the stretch of this length that a time is in.
pub(super) fn start_of(per: Duration, now: Time) -> Time {
    let per = millis(per);
    Time(now.0.div_euclid(per) * per)
}

fn millis(per: Duration) -> i64 {
    i64::try_from(per.as_millis()).unwrap_or(i64::MAX).max(1)
}

impl Count {
    /// The counts as of the stretch that begins at `start`.
    fn at(self, start: Time, per: Duration) -> Self {
        let (present, before) = match start {
            _ if start <= self.start => (self.present, self.before),
            _ if start == self.start + per => (0, self.present),
            _ => (0, 0),
        };
        Self { start: start.max(self.start), present, before, until: start.max(self.start) + per * 2 }
    }
}

impl Counters {
    /// How often this was counted in the stretch of time before `now`.
    pub(super) fn count(&self, key: Key, per: Duration, now: Time) -> u32 {
        let start = start_of(per, now);
        let Some(count) = self.counts.get(&key).map(|count| count.at(start, per)) else { return 0 };
        let left = (start + per).since(now).as_millis();
        let faded = u128::from(count.before) * left / per.as_millis().max(1);
        count.present.saturating_add(u32::try_from(faded).unwrap_or(u32::MAX))
    }

    /// Counts one more.
    pub(super) fn add(&mut self, key: Key, per: Duration, now: Time) {
        let start = start_of(per, now);
        if self.counts.len() >= COUNTED_MAX && !self.counts.contains_key(&key) && !self.sweep(now) {
            return;
        }
        let new = Count { start, present: 0, before: 0, until: start + per * 2 };
        let count = self.counts.entry(key).or_insert(new);
        *count = count.at(start, per);
        count.present = count.present.saturating_add(1);
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Forgets what counts no more; whether there is room then.
    fn sweep(&mut self, now: Time) -> bool {
        if self.swept.is_none_or(|swept| swept + SWEEP_EVERY <= now) {
            self.swept = Some(now);
            self.counts.retain(|_, count| count.until > now);
        }
        self.counts.len() < COUNTED_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const KEY: Key = (1, AccountId(1), 447_700);

    fn second(second: i64) -> Time {
        Time(1_800_000_000_000 + second * 1_000)
    }

    #[test]
    fn the_stretch_before_fades() {
        let mut counters = Counters::default();
        (0..6).for_each(|at| counters.add(KEY, MINUTE, second(at * 10)));
        for (at, expected) in [(59, 6), (60, 6), (70, 5), (90, 3), (119, 0), (120, 0), (1_000, 0)] {
            assert_eq!(counters.count(KEY, MINUTE, second(at)), expected, "after {at} seconds");
        }
        counters.add(KEY, MINUTE, second(90));
        assert_eq!(counters.count(KEY, MINUTE, second(90)), 4);
        assert_eq!(counters.count((1, AccountId(2), KEY.2), MINUTE, second(90)), 0);
    }

    #[test]
    fn a_full_table_forgets_what_counts_no_more() {
        let mut counters = Counters::default();
        let key = |number| (1, AccountId(1), number);
        let all = u64::try_from(COUNTED_MAX).unwrap();
        (0..all).for_each(|number| counters.add(key(number), MINUTE, second(0)));
        counters.add(key(all), MINUTE, second(1));
        assert_eq!((counters.len(), counters.count(key(all), MINUTE, second(1))), (COUNTED_MAX, 0));
        counters.add(key(0), MINUTE, second(1));
        assert_eq!(counters.count(key(0), MINUTE, second(1)), 2, "what is there goes on");
        counters.add(key(all), MINUTE, second(121));
        assert_eq!((counters.len(), counters.count(key(all), MINUTE, second(121))), (1, 1));
    }
}
