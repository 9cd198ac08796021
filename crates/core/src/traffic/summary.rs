//! Traffic summed up: how fast it is now, what a quarter of an hour had, and its course.

use super::{Counts, ErrorCount, ErrorKind, Latency, SLOT, SLOTS, Slot, Traffic};
use crate::account::AccountId;
use crate::numbering::Country;
use crate::route::UpstreamId;
use crate::time::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// The points of a course.
const POINTS: usize = 60;
/// The slots of a point.
const POINT_SLOTS: usize = (SLOTS - 1) / POINTS;
/// The whole slots that "now" means.
const NOW_SLOTS: usize = 2;

/// The length of time of a point, 15 s.
#[must_use]
pub fn point() -> Duration {
    SLOT * u32::try_from(POINT_SLOTS).unwrap_or(1)
}

/// The length of time that "now" means, 10 s.
#[must_use]
pub fn recent() -> Duration {
    SLOT * u32::try_from(NOW_SLOTS).unwrap_or(1)
}

/// Counts of now, and of the quarter of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// What the last [`recent`] had.
    pub now: Counts,
    /// What the last quarter of an hour had.
    pub quarter: Counts,
}

/// Sums, and how they came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The sums.
    pub sums: Sums,
    /// What each [`point`] had, the oldest first.
    pub points: [Counts; POINTS],
}

impl Default for Course {
    fn default() -> Self {
        Self { sums: Sums::default(), points: [Counts::default(); POINTS] }
    }
}

/// Traffic summed up.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Of the whole node.
    pub all: Course,
    /// By account.
    pub accounts: BTreeMap<AccountId, Sums>,
    /// By upstream.
    pub upstreams: BTreeMap<UpstreamId, Course>,
    /// Errors of the quarter of an hour.
    pub errors: BTreeMap<ErrorKind, ErrorCount>,
    /// How long receipts took, by upstream.
    pub receipts: BTreeMap<UpstreamId, Latency>,
    /// Messages of the quarter of an hour that no route led to, by country.
    pub unroutable: BTreeMap<Option<Country>, u64>,
}

impl Traffic {
    /// The traffic until now, summed up. The slot that isn't over is in the sums of the quarter of an hour alone.
    pub fn summary(&mut self, now: Time) -> Summary {
        let mut summary = Summary::default();
        for (place, slot) in self.until(now).enumerate() {
            summary.add(slot, place);
        }
        summary
    }
}

impl Summary {
    fn add(&mut self, slot: &Slot, place: usize) {
        self.all.add(slot.all, place);
        for (account, counts) in &slot.accounts {
            self.accounts.entry(*account).or_default().add(*counts, place);
        }
        for (upstream, counts) in &slot.upstreams {
            self.upstreams.entry(*upstream).or_default().add(*counts, place);
        }
        for (upstream, latency) in &slot.receipts {
            *self.receipts.entry(*upstream).or_default() += latency;
        }
        for (country, messages) in &slot.unroutable {
            *self.unroutable.entry(*country).or_default() += messages;
        }
        for (kind, error) in &slot.errors {
            let sum = self.errors.entry(kind.clone()).or_insert(ErrorCount { count: 0, last: error.last });
            sum.count += error.count;
            sum.last = sum.last.max(error.last);
        }
    }
}

impl Sums {
    fn add(&mut self, counts: Counts, place: usize) {
        self.quarter += counts;
        let whole = SLOTS - 1;
        if (whole - NOW_SLOTS..whole).contains(&place) {
            self.now += counts;
        }
    }
}

impl Course {
    fn add(&mut self, counts: Counts, place: usize) {
        self.sums.add(counts, place);
        if let Some(point) = self.points.get_mut(place / POINT_SLOTS) {
            *point += counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_the_last_whole_slots_and_a_point_three_of_them() {
        let mut traffic = Traffic::default();
        let shop = AccountId(7);
        let begin = 1_000_000;
        traffic.sent(UpstreamId(1), 3, Time(begin));
        // One message in each second of the last 20 s, and of the slot that is not over.
        for second in 0..=20 {
            traffic.accepted(shop, 1, Time(begin + second * 1_000));
        }
        let summary = traffic.summary(Time(begin + 20_000));
        assert_eq!((summary.all.sums.now.accepted, summary.all.sums.quarter.accepted), (10, 21));
        assert_eq!(summary.accounts[&shop], Sums { now: counts(10), quarter: counts(21) });
        assert_eq!(summary.all.points[POINTS - 1].accepted, 15);
        assert_eq!(summary.all.points[POINTS - 2].accepted, 5);
        assert_eq!(summary.upstreams[&UpstreamId(1)].points[POINTS - 2].sent, 3);
        assert_eq!((point(), recent()), (Duration::from_secs(15), Duration::from_secs(10)));
    }

    fn counts(accepted: u64) -> Counts {
        Counts { accepted, ..Counts::default() }
    }
}
