//! Retries: when to try again, and when to stop trying.

use crate::time::Time;
use std::time::Duration;

/// The most attempts at one message, whatever time it has left.
pub const ATTEMPTS_MAX: u16 = 50;

/// Seconds before the second, third, ... attempt at a message; the last repeats.
const MESSAGE_WAITS: [u64; 8] = [2, 5, 15, 45, 120, 300, 600, 900];

/// Seconds before the second, third, ... attempt at a notice: 17 attempts in 24 hours and a half.
const NOTICE_WAITS: [u64; 16] =
    [5, 15, 60, 300, 900, 1_800, 3_600, 3_600, 7_200, 7_200, 7_200, 10_800, 10_800, 10_800, 10_800, 12_600];

/// When a message is tried again after so many failed attempts, or `None` when there is no use: it would
/// have expired, or it was tried often enough.
///
/// `salt` spreads messages that failed together over a fifth of the wait.
#[must_use]
pub fn message(failed: u16, salt: u64, now: Time, expires: Time) -> Option<Time> {
    let step = usize::from(failed.max(1) - 1).min(MESSAGE_WAITS.len() - 1);
    let due = now + spread(MESSAGE_WAITS[step], salt);
    (failed < ATTEMPTS_MAX && due < expires).then_some(due)
}

/// When a notice is tried again after so many failed attempts, or `None` when a day of trying has passed.
#[must_use]
pub fn notice(failed: u16, salt: u64, now: Time) -> Option<Time> {
    let wait = NOTICE_WAITS.get(usize::from(failed.max(1) - 1))?;
    Some(now + spread(*wait, salt))
}

fn spread(seconds: u64, salt: u64) -> Duration {
    let share = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
    Duration::from_millis(seconds * 1_000 + seconds * 200 * share / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_with_the_validity() {
        let far = Time(i64::MAX);
        let waits: Vec<i64> = (1..=10).map(|n| message(n, 0, Time(0), far).unwrap().0).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!((waits[0], waits[9]), (2_000, 900_000));
        assert_eq!(message(1, 0, Time(0), Time(2_000)), None);
        assert_eq!(message(ATTEMPTS_MAX, 0, Time(0), far), None);
    }

    #[test]
    fn what_failed_together_is_spread() {
        let dues: std::collections::HashSet<_> =
            (0..100).map(|salt| message(3, salt, Time(0), Time(i64::MAX)).unwrap().0).collect();
        assert!(dues.len() > 50);
        assert!(dues.iter().all(|due| (15_000..18_000).contains(due)));
    }

    #[test]
    fn notices_are_tried_for_a_day() {
        let mut now = Time(0);
        let mut failed = 1;
        while let Some(due) = notice(failed, 0, now) {
            now = due;
            failed += 1;
        }
        assert!((24 * 3_600_000..26 * 3_600_000).contains(&now.0), "{now}");
    }
}
