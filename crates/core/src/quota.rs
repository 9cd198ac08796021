//! Quotas: how much a client may ask for in a window of time, and what is left of it.

use crate::time::Time;
use std::time::Duration;

/// A clock that goes back further than this was put right: the bucket fills from the new time on.
const PUT_RIGHT: Duration = Duration::from_secs(1);

/// So many units a second, of which a window's share may be used at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    /// Units a second, more than 0.
    rate: f64,
    window: Duration,
}

/// What is left of a quota, for one client.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: f64,
    last: Time,
}

/// A quota and what is left of it, as a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Units that may be used in a window.
    pub most: u64,
    /// The window.
    pub window: Duration,
    /// Units that may be used at once now.
    pub left: u64,
    /// The time until all of them may be used again.
    pub full_in: Duration,
}

impl Quota {
    /// So many units a second (more than 0), of which the share of `window` may be used at once, and at least one.
    #[must_use]
    pub const fn new(rate: f64, window: Duration) -> Self {
        Self { rate, window }
    }

    fn most(&self) -> f64 {
        (self.rate * self.window.as_secs_f64()).max(1.0)
    }

    /// How long it takes until so many units more may be used.
    fn time(&self, units: f64) -> Duration {
        Duration::try_from_secs_f64(units.max(0.0) / self.rate).unwrap_or(Duration::MAX)
    }
}

impl Bucket {
    /// A bucket of which nothing was used.
    #[must_use]
    pub fn full(quota: Quota, now: Time) -> Self {
        Self { left: quota.most(), last: now }
    }

    /// Uses so many units. The last request may use more than is left.
    ///
    /// # Errors
    /// When nothing is left: the time until the next unit.
    pub fn take(&mut self, quota: Quota, units: f64, now: Time) -> Result<(), Duration> {
        self.refill(quota, now);
        if self.left < 1.0 {
            return Err(quota.time(1.0 - self.left));
        }
        self.left -= units;
        Ok(())
    }

    /// What is left now.
    #[must_use]
    pub fn allowance(&self, quota: Quota, now: Time) -> Allowance {
        let mut filled = *self;
        filled.refill(quota, now);
        Allowance {
            most: whole(quota.most()),
            window: quota.window.max(quota.time(1.0)),
            left: whole(filled.left),
            full_in: quota.time(quota.most() - filled.left),
        }
    }

    fn refill(&mut self, quota: Quota, now: Time) {
        if self.last.since(now) > PUT_RIGHT {
            self.last = now;
        }
        let new = quota.rate * now.since(self.last).as_secs_f64();
        self.left = (self.left + new).min(quota.most());
        self.last = self.last.max(now);
    }
}

/// The whole units of a number; 0 if it is below 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 or above, and rounded down")]
fn whole(units: f64) -> u64 {
    units.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Quota = Quota::new(10.0, Duration::from_secs(2));

    #[test]
    fn a_window_may_be_used_at_once_and_then_the_rate() {
        let mut bucket = Bucket::full(TEN, Time(0));
        let passed = (0..100).filter(|_| bucket.take(TEN, 1.0, Time(0)).is_ok()).count();
        assert_eq!(passed, 20);
        assert_eq!(bucket.take(TEN, 1.0, Time(0)), Err(Duration::from_millis(100)));
        let passed = (0..1_000).filter(|ms| bucket.take(TEN, 1.0, Time(*ms)).is_ok()).count();
        assert!((9..=10).contains(&passed), "{passed}");
    }

    #[test]
    fn the_last_request_may_use_more_than_is_left() {
        let mut bucket = Bucket::full(TEN, Time(0));
        assert_eq!(bucket.take(TEN, 25.0, Time(0)), Ok(()));
        assert_eq!(bucket.take(TEN, 1.0, Time(0)), Err(Duration::from_millis(600)));
        assert_eq!(bucket.take(TEN, 1.0, Time(600)), Ok(()));
    }

    #[test]
    fn a_client_is_told_what_is_left() {
        let mut bucket = Bucket::full(TEN, Time(0));
        let told = |bucket: &Bucket, quota, now| {
            let Allowance { most, window, left, full_in } = bucket.allowance(quota, Time(now));
            (most, window.as_millis(), left, full_in.as_millis())
        };
        assert_eq!(told(&bucket, TEN, 0), (20, 2_000, 20, 0));
        bucket.take(TEN, 5.0, Time(0)).unwrap();
        assert_eq!(told(&bucket, TEN, 0), (20, 2_000, 15, 500));
        assert_eq!(told(&bucket, TEN, 250), (20, 2_000, 17, 250));
        bucket.take(TEN, 50.0, Time(0)).unwrap();
        assert_eq!(told(&bucket, TEN, 0), (20, 2_000, 0, 5_500));
        // One unit every four seconds.
        let slow = Quota::new(0.25, Duration::from_secs(1));
        assert_eq!(told(&Bucket::full(slow, Time(0)), slow, 0), (1, 4_000, 1, 0));
    }

    #[test]
    fn a_clock_that_was_put_right_does_not_stop_it() {
        let mut bucket = Bucket::full(TEN, Time(1_000_000));
        bucket.take(TEN, 20.0, Time(1_000_000)).unwrap();
        assert!(bucket.take(TEN, 1.0, Time(0)).is_err());
        assert_eq!(bucket.take(TEN, 1.0, Time(100)), Ok(()));
    }

    #[test]
    fn a_quota_may_change_while_it_is_used() {
        let mut bucket = Bucket::full(TEN, Time(0));
        let one = Quota::new(1.0, Duration::from_secs(1));
        assert_eq!(bucket.take(one, 1.0, Time(0)), Ok(()));
        assert_eq!(bucket.take(one, 1.0, Time(0)), Err(Duration::from_secs(1)));
    }
}
