//! Numbers that follow each other: whoever pumps traffic counts through a range.

use super::counters::start_of;
use super::{RANGE_DIGITS, without};
use crate::account::AccountId;
use crate::number::Number;
use crate::time::Time;
use std::collections::HashMap;
use std::time::Duration;

/// The most ranges that are kept at once: about 30 MB.
const RANGES_MAX: usize = 100_000;
/// How long a full table isn't looked through again for what may go.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// The numbers of a range.
const NUMBERS: usize = 10_usize.pow(RANGE_DIGITS);
/// How far a number may be from the next one of a run: two that are left out are no end.
const APART_MAX: usize = 3;

/// The rule and the account.
type Of = (u64, AccountId);

/// The numbers of ranges that were seen, in the present stretch of time and the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    ranges: HashMap<(Of, u64), Range>,
    swept: Option<Time>,
}

/// A bit for each number of a range.
type Seen = [u64; NUMBERS.div_ceil(64)];

#[derive(Clone, Copy, Debug)]
struct Range {
    /// The beginning of the present stretch.
    start: Time,
    present: Seen,
    before: Seen,
    /// When nothing of it counts any more.
    until: Time,
}

const NONE: Seen = [0; NUMBERS.div_ceil(64)];

impl Range {
    fn at(self, start: Time, per: Duration) -> Self {
        let (present, before) = match start {
            _ if start <= self.start => (self.present, self.before),
            _ if start == self.start + per => (NONE, self.present),
            _ => (NONE, NONE),
        };
        Self { start: start.max(self.start), present, before, until: start.max(self.start) + per * 2 }
    }

    fn has(&self, place: usize) -> bool {
        let bit = |seen: &Seen| seen.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1);
        bit(&self.present) || bit(&self.before)
    }

    /// How many numbers were seen in one direction, each near the one before it.
    fn beyond(&self, from: usize, next: impl Fn(usize, usize) -> Option<usize>) -> usize {
        let (mut at, mut count) = (from, 0);
        while let Some(near) =
            (1..=APART_MAX).filter_map(|step| next(at, step)).find(|place| self.has(*place))
        {
            (at, count) = (near, count + 1);
        }
        count
    }
}

impl Runs {
    /// How many numbers follow each other, with this one among them.
    pub(super) fn length_with(&self, of: Of, to: Number, per: Duration, now: Time) -> u32 {
        let Some(range) = self.ranges.get(&(of, without(to, RANGE_DIGITS))) else { return 1 };
        let (range, place) = (range.at(start_of(per, now), per), place_of(to));
        let up = range.beyond(place, |at, step| Some(at + step).filter(|place| *place < NUMBERS));
        let down = range.beyond(place, usize::checked_sub);
        u32::try_from(up + down + 1).unwrap_or(u32::MAX)
    }

    /// Takes note of a number.
    pub(super) fn add(&mut self, of: Of, to: Number, per: Duration, now: Time) {
        let (key, start) = ((of, without(to, RANGE_DIGITS)), start_of(per, now));
        if self.ranges.len() >= RANGES_MAX && !self.ranges.contains_key(&key) && !self.sweep(now) {
            return;
        }
        let new = Range { start, present: NONE, before: NONE, until: start + per * 2 };
        let range = self.ranges.entry(key).or_insert(new);
        *range = range.at(start, per);
        let place = place_of(to);
        if let Some(bits) = range.present.get_mut(place / 64) {
            *bits |= 1 << (place % 64);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Forgets what counts no more; whether there is room then.
    fn sweep(&mut self, now: Time) -> bool {
        if self.swept.is_none_or(|swept| swept + SWEEP_EVERY <= now) {
            self.swept = Some(now);
            self.ranges.retain(|_, range| range.until > now);
        }
        self.ranges.len() < RANGES_MAX
    }
}

/// The place of a number in its range.
fn place_of(to: Number) -> usize {
    usize::try_from(to.digits() % 10_u64.pow(RANGE_DIGITS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const OF: Of = (1, AccountId(1));

    fn number(last: u64) -> Number {
        Number::from_digits(447_700_900_000 + last).unwrap()
    }

    #[test]
    fn numbers_follow_each_other_in_any_order_and_with_gaps() {
        for (seen, last, length) in [
            (&[][..], 5, 1),
            (&[4, 6], 5, 3),
            (&[1, 2, 3], 4, 4),
            (&[9, 1, 5, 3, 7], 11, 6),
            (&[2], 5, 2),
            (&[1], 5, 1),
            (&[5, 5, 5], 5, 1),
            (&[997, 998], 999, 3),
            (&[1], 0, 2),
            // The next range is another one.
            (&[1_000], 999, 1),
        ] {
            let mut runs = Runs::default();
            seen.iter().for_each(|last| runs.add(OF, number(*last), MINUTE, Time(0)));
            assert_eq!(runs.length_with(OF, number(last), MINUTE, Time(0)), length, "{seen:?} and {last}");
        }
    }

    #[test]
    fn a_run_is_forgotten_and_is_of_one_account() {
        let mut runs = Runs::default();
        (0..9).for_each(|last| runs.add(OF, number(last), MINUTE, Time(0)));
        let length = |of, seconds: i64| runs.length_with(of, number(9), MINUTE, Time(seconds * 1_000));
        assert_eq!((length(OF, 59), length(OF, 119), length(OF, 120)), (10, 10, 1));
        assert_eq!(length((1, AccountId(2)), 0), 1);
    }
}
