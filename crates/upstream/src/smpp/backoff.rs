//! How long to wait before the next try at a link.

use super::settings::Timers;
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
/// How often the time doubles at most for which a session stays away that would displace another: to an hour as a rule.
const LONGER_MAX: u32 = 5;

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A session that was bound has ended.
    Ended,
    /// It could not be reached; it may be, next time.
    Unreachable,
    /// It was reached and didn't bind; it may, next time.
    Unbound,
    /// It says that the login is wrong, or says nothing that a second try could change.
    Login,
    /// It takes a session for living that this bind was to replace, or has as many as it admits.
    Occupied,
    /// It ends sessions for the sake of others of this upstream; the one to come would displace one that is up, so many times
    /// in a row so far.
    Displaced(u32),
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

    /// How long to wait after this failure: a second after a session that was up, doubling to the longest while
    /// none comes about. A session that the carrier still has is given a second to go, and then all the time that the
    /// carrier gives it: each try might prolong it. As long does a session stay away that would displace another, and twice
    /// as long each time that it did. `dice`
    /// spreads links that failed together: over the last fifth of a wait, or, where to come sooner does harm, over the
    /// quarter behind it.
    pub(super) fn wait(&mut self, failure: Failure, dice: u8) -> Duration {
        self.failures = if failure == Failure::Ended { 1 } else { self.failures.saturating_add(1) };
        let again = std::mem::replace(&mut self.occupied, failure == Failure::Occupied);
        let shortest = match failure {
            Failure::Login => self.timers.login_retry,
            Failure::Displaced(before) => self.timers.session_timeout * 2_u32.pow(before.min(LONGER_MAX)),
            Failure::Occupied if again => self.timers.session_timeout,
            Failure::Occupied => FIRST * 4 / 5,
            Failure::Ended | Failure::Unreachable | Failure::Unbound => {
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
    fn a_session_that_would_displace_another_stays_away() {
        let mut backoff = Backoff::new(Timers::default());
        let waits = [
            Failure::Ended,
            Failure::Displaced(0),
            Failure::Ended,
            Failure::Displaced(1),
            Failure::Displaced(5),
            Failure::Displaced(99),
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
            (Failure::Displaced(0), 0, 120_000),
        ] {
            let wait = Backoff::new(Timers::default()).wait(failure, dice);
            assert_eq!(wait, Duration::from_millis(ms), "{failure:?}");
        }
    }
}
