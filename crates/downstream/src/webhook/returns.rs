//! When the notices of a busy account come back that found no room: about as fast as its endpoint takes them.

use super::ACCOUNT_WAITING_MAX;
use postrider_core::time::Time;
use std::time::Duration;

/// The fewest notices of an account that come back per second, however slow its endpoint is.
const SLOWEST: u32 = 1_000;
/// The notices that come back per second until the endpoint's speed is known.
const ASSUMED: u32 = 10_000;
/// The time over which an endpoint's speed is measured.
const MEASURED: Duration = Duration::from_secs(1);

/// The times at which postponed notices come back, for as long as notices of an account wait.
#[derive(Debug)]
pub(super) struct Returns {
    /// Notices per second.
    rate: u32,
    /// When the first of those at this rate comes back.
    first: Time,
    /// The number of notices at this rate.
    given: u32,
    /// When the present measurement began, and the number of notices posted since.
    since: Time,
    posted: u32,
}

impl Returns {
    /// The account's queue has just become full.
    pub(super) fn new(now: Time) -> Self {
        let queued = spacing(ACCOUNT_WAITING_MAX as u32, ASSUMED);
        Self { rate: ASSUMED, first: now + queued, given: 0, since: now, posted: 0 }
    }

    /// When the next postponed notice comes back.
    pub(super) fn next(&mut self, now: Time) -> Time {
        let next = self.at();
        if next <= now {
            self.begin(now + spacing(ACCOUNT_WAITING_MAX as u32, self.rate));
        }
        self.given = self.given.saturating_add(1);
        self.at()
    }

    /// Takes note that the endpoint has taken so many notices.
    pub(super) fn posted(&mut self, count: u32, now: Time) {
        self.posted = self.posted.saturating_add(count);
        let took = now.since(self.since);
        if took < MEASURED {
            return;
        }
        let next = self.at();
        self.rate = per_second(self.posted, took).max(SLOWEST);
        self.begin(next);
        (self.since, self.posted) = (now, 0);
    }

    fn begin(&mut self, first: Time) {
        (self.first, self.given) = (first, 0);
    }

    fn at(&self) -> Time {
        self.first + spacing(self.given, self.rate)
    }
}

/// The time that so many notices take at a rate.
fn spacing(notices: u32, rate: u32) -> Duration {
    Duration::from_secs(1) * notices / rate
}

fn per_second(count: u32, took: Duration) -> u32 {
    let milliseconds = took.as_millis().max(1);
    u32::try_from(u128::from(count) * 1_000 / milliseconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time(1_000_000);

    fn after(milliseconds: u64) -> Time {
        START + Duration::from_millis(milliseconds)
    }

    #[test]
    fn they_come_back_behind_those_that_wait_and_one_after_another() {
        let mut returns = Returns::new(START);
        let times: Vec<Time> = (0..20_000).map(|_| returns.next(START)).collect();
        assert!(times.is_sorted());
        assert_eq!((times[0], times[9_999], times[19_999]), (after(1_000), after(2_000), after(3_000)));
    }

    #[test]
    fn they_come_back_as_fast_as_the_endpoint_takes_notices() {
        for (posted, milliseconds, expected) in
            [(12_000, 1_000, 12_000), (30_000, 2_000, 15_000), (50, 1_000, 1_000), (0, 5_000, 1_000)]
        {
            let mut returns = Returns::new(START);
            returns.posted(posted, after(milliseconds));
            let now = after(milliseconds);
            let first = returns.next(now);
            let last = (0..expected).map(|_| returns.next(now)).last().unwrap();
            assert_eq!(last.since(first), Duration::from_secs(1), "{posted} in {milliseconds} ms");
        }
    }

    #[test]
    fn a_measurement_takes_a_second() {
        let mut returns = Returns::new(START);
        returns.posted(1, after(10));
        assert_eq!(returns.rate, ASSUMED);
        returns.posted(4_999, after(1_000));
        assert_eq!(returns.rate, 5_000);
    }

    #[test]
    fn nobody_comes_back_at_a_time_that_is_over() {
        let mut returns = Returns::new(START);
        let late = after(60_000);
        assert_eq!(returns.next(late), late + Duration::from_secs(1) + Duration::from_micros(100));
    }
}
