//! How long to wait before the next try at a link.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
/// After the carrier said that the login is wrong: trying again at once gets accounts locked, never trying again
/// outlasts the carrier's maintenance.
const REFUSED: Duration = Duration::from_mins(5);

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A session that was bound has ended.
    Ended,
    /// It could not be reached; it may be, next time.
    Unreachable,
    /// It was reached and didn't bind; it may, next time.
    Unbound,
    /// It says that the login is wrong.
    Login,
}

/// The waits of one link.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    failures: u32,
    longest: Duration,
}

impl Backoff {
    /// Waits of at most `longest`.
    pub(super) const fn new(longest: Duration) -> Self {
        Self { failures: 0, longest }
    }

    /// How long to wait after this failure: a second after a session that was up, doubling to the longest while
    /// none comes about. `dice` spreads links that failed together over a fifth of the wait.
    pub(super) fn wait(&mut self, failure: Failure, dice: u8) -> Duration {
        self.failures = if failure == Failure::Ended { 1 } else { self.failures.saturating_add(1) };
        let wait = match failure {
            Failure::Login => REFUSED,
            Failure::Ended | Failure::Unreachable | Failure::Unbound => {
                (FIRST * 2_u32.pow((self.failures - 1).min(16))).min(self.longest)
            }
        };
        wait * 4 / 5 + wait / 5 * u32::from(dice) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_a_session() {
        let mut backoff = Backoff::new(Duration::from_mins(1));
        let waits: Vec<_> = (0..8).map(|_| backoff.wait(Failure::Unreachable, 255).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.wait(Failure::Ended, 255), Duration::from_secs(1));
        assert_eq!(backoff.wait(Failure::Unreachable, 255), Duration::from_secs(2));
        assert_eq!(backoff.wait(Failure::Login, 255), Duration::from_mins(5));
    }

    #[test]
    fn dice_spread_a_wait_over_its_last_fifth() {
        for (dice, ms) in [(0, 800), (255, 1_000)] {
            assert_eq!(
                Backoff::new(Duration::from_mins(1)).wait(Failure::Unreachable, dice),
                Duration::from_millis(ms)
            );
        }
    }
}
