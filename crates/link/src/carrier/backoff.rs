//! How long to wait before the next try at a link.

use super::Timers;
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
/// How often the wait of an evicted session doubles at most: to an hour as a rule.
const DOUBLINGS_MAX: u32 = 5;

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A session that was up has ended.
    Ended,
    /// The carrier could not be reached; the next try may succeed.
    Unreachable,
    /// The carrier was reached and didn't let us in; the next try may succeed.
    NotReady,
    /// The carrier says that the login is wrong, or nothing that a second try could change.
    Login,
    /// The carrier takes a dead session of ours for living, or has as many sessions as it admits.
    Occupied,
    /// The carrier ends sessions to make room for others of this upstream, and the next one would evict one that is up.
    /// The number says how often in a row before.
    Evicted(u32),
}

/// The waits of one link.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    failures: u32,
    /// Whether the last failure was that the carrier had a session already.
    occupied: bool,
    timers: Timers,
}

impl Backoff {
    /// Waits as these timers say.
    pub(super) const fn new(timers: Timers) -> Self {
        Self { failures: 0, occupied: false, timers }
    }

    /// How long to wait after this failure:
    ///
    /// - after a session that was up a second, doubling to the longest while none comes about;
    /// - after [`Failure::Occupied`] a second at first, and then all the time that the carrier keeps a dead session: each
    ///   try might prolong that;
    /// - after [`Failure::Evicted`] as long, and twice as long each time in a row.
    ///
    /// `dice` spreads links that failed together: over the last fifth of a wait, or over the quarter behind it where to
    /// come sooner does harm.
    pub(super) fn wait(&mut self, failure: Failure, dice: u8) -> Duration {
        self.failures = if failure == Failure::Ended { 1 } else { self.failures.saturating_add(1) };
        let again = std::mem::replace(&mut self.occupied, failure == Failure::Occupied);
        let shortest = match failure {
            Failure::Login => self.timers.login_retry,
            Failure::Evicted(before) => self.timers.session_timeout * 2_u32.pow(before.min(DOUBLINGS_MAX)),
            Failure::Occupied if again => self.timers.session_timeout,
            Failure::Occupied => FIRST * 4 / 5,
            Failure::Ended | Failure::Unreachable | Failure::NotReady => {
                (FIRST * 2_u32.pow((self.failures - 1).min(16))).min(self.timers.reconnect_max) * 4 / 5
            }
        };
        shortest + shortest / 4 * u32::from(dice) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_a_session() {
        let mut backoff = Backoff::new(Timers::default());
        let waits: Vec<_> = (0..8).map(|_| backoff.wait(Failure::Unreachable, 255).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.wait(Failure::Ended, 255), Duration::from_secs(1));
        assert_eq!(backoff.wait(Failure::Unreachable, 255), Duration::from_secs(2));
        assert_eq!(backoff.wait(Failure::Login, 0), Duration::from_mins(5));
    }

    #[test]
    fn a_session_that_the_carrier_still_has_is_waited_out() {
        let mut backoff = Backoff::new(Timers::default());
        let waits =
            [Failure::Occupied, Failure::Occupied, Failure::Occupied, Failure::Ended, Failure::Occupied]
                .map(|failure| backoff.wait(failure, 255).as_secs());
        assert_eq!(waits, [1, 150, 150, 1, 1]);
    }

    #[test]
    fn a_session_that_would_evict_another_stays_away() {
        let mut backoff = Backoff::new(Timers::default());
        let waits = [
            Failure::Ended,
            Failure::Evicted(0),
            Failure::Ended,
            Failure::Evicted(1),
            Failure::Evicted(5),
            Failure::Evicted(99),
            Failure::Ended,
        ];
        let waits = waits.map(|failure| backoff.wait(failure, 0).as_secs_f64());
        assert_eq!(waits, [0.8, 120.0, 0.8, 240.0, 3_840.0, 3_840.0, 0.8]);
    }

    #[test]
    fn dice_spread_a_wait_over_its_last_fifth_and_never_shorten_one_that_is_owed() {
        for (failure, dice, ms) in [
            (Failure::Unreachable, 0, 800),
            (Failure::Unreachable, 255, 1_000),
            (Failure::Login, 0, 300_000),
            (Failure::Login, 255, 375_000),
            (Failure::Evicted(0), 0, 120_000),
        ] {
            let wait = Backoff::new(Timers::default()).wait(failure, dice);
            assert_eq!(wait, Duration::from_millis(ms), "{failure:?}");
        }
    }
}
