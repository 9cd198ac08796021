//! The clocks of the gateway: the time of day, passed to whoever needs it so that tests can hold it still, and the
//! monotonic clock of the runtime, which tests can pause.

use postrider_core::time::Time;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Time;

    /// Whether it goes as fast as the monotonic clock. One that makes up for time goes faster for a while.
    fn is_steady(&self) -> bool {
        true
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the gateway's clock")]
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The runtime's monotonic clock: it goes on whatever is done to the time of day, and stands where tests pause it.
#[expect(clippy::disallowed_methods, reason = "this is the engine's monotonic clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A clock that follows the store's, so that nodes on one store go by one time however their own clocks differ.
pub(crate) struct Followed {
    own: Arc<dyn Clock>,
    /// Milliseconds by which the store's clock is ahead of ours.
    ahead: AtomicI64,
    /// The last look at our own clock.
    seen: Mutex<Seen>,
}

/// A look at a clock.
#[derive(Clone, Copy)]
struct Seen {
    time: Time,
    /// The monotonic clock at the same moment.
    moment: Instant,
    is_steady: bool,
}

impl Seen {
    fn of(clock: &dyn Clock) -> Self {
        // Whether it is steady comes first: a clock that becomes so in between goes fast until the next look.
        let is_steady = clock.is_steady();
        Self { time: clock.now(), moment: instant(), is_steady }
    }
}

/// A difference between clocks that the log tells of, in milliseconds.
const STRIKING_MS: i64 = 1_000;

impl Followed {
    pub(crate) fn new(own: Arc<dyn Clock>) -> Self {
        let seen = Mutex::new(Seen::of(&*own));
        Self { own, ahead: AtomicI64::new(0), seen }
    }

    /// Takes note of the store's time, asked for at `asked` by our own clock and heard of just now.
    pub(crate) fn follow(&self, asked: Time, stores: Time) {
        let middle = asked.0.midpoint(self.own.now().0);
        let ahead = stores.0 - middle;
        let before = self.ahead.swap(ahead, Ordering::Relaxed);
        if ahead.abs() >= STRIKING_MS && before.abs() < STRIKING_MS {
            tracing::warn!(
                ahead_ms = ahead,
                "this machine's clock is off; the database's time is used instead"
            );
        }
    }

    /// Looks whether our own clock jumped since the last look, and has the log tell.
    pub(crate) fn look(&self) {
        if let Some(jumped_ms) = self.jump().filter(|jump| jump.abs() >= STRIKING_MS) {
            tracing::warn!(
                jumped_ms,
                "this machine's clock jumped: times of messages, schedules and validities follow it. After a suspension of \
                 the machine that is right"
            );
        }
    }

    /// Milliseconds by which our own clock went further than the monotonic one since the last look; `None` if it was meant to go faster.
    fn jump(&self) -> Option<i64> {
        let now = Seen::of(&*self.own);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = std::mem::replace(&mut *seen, now);
        let passed = i64::try_from(now.moment.duration_since(last.moment).as_millis()).ok()?;
        (last.is_steady && now.is_steady).then_some(now.time.0 - last.time.0 - passed)
    }

    /// The time by our own clock.
    pub(crate) fn own(&self) -> Time {
        self.own.now()
    }
}

impl Clock for Followed {
    fn now(&self) -> Time {
        Time(self.own.now().0 + self.ahead.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_jump_is_told_from_the_passing_of_time() {
        struct Set(AtomicI64);
        impl Clock for Set {
            fn now(&self) -> Time {
                Time(self.0.load(Ordering::Relaxed))
            }
        }
        let machine = Arc::new(Set(AtomicI64::new(10_000_000)));
        let clock = Followed::new(Arc::clone(&machine) as _);
        for (passed_ms, shown_ms, jump) in
            [(1_000, 1_000, 0), (1_000, 61_000, 60_000), (1_000, -3_599_000, -3_600_000), (500, 500, 0)]
        {
            tokio::time::advance(std::time::Duration::from_millis(passed_ms)).await;
            machine.0.fetch_add(shown_ms, Ordering::Relaxed);
            assert_eq!(clock.jump(), Some(jump));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_makes_up_for_time_does_not_jump() {
        struct Fast(AtomicI64);
        impl Clock for Fast {
            fn now(&self) -> Time {
                Time(self.0.load(Ordering::Relaxed))
            }

            fn is_steady(&self) -> bool {
                self.now() >= Time(120_000)
            }
        }
        let machine = Arc::new(Fast(AtomicI64::new(0)));
        let clock = Followed::new(Arc::clone(&machine) as _);
        for (shown_ms, jump) in [(60_000, None), (60_000, None), (1_000, Some(0)), (61_000, Some(60_000))] {
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
            machine.0.fetch_add(shown_ms, Ordering::Relaxed);
            assert_eq!(clock.jump(), jump);
        }
    }

    #[test]
    fn a_clock_that_is_off_is_put_right() {
        struct Stopped;
        impl Clock for Stopped {
            fn now(&self) -> Time {
                Time(10_000_000)
            }
        }
        let clock = Followed::new(Arc::new(Stopped));
        assert_eq!(clock.now(), Time(10_000_000));
        clock.follow(Time(9_999_800), Time(6_399_900));
        assert_eq!(clock.now(), Time(6_400_000));
    }
}
