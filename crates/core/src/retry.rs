//! Retries: when to try again, and when to stop trying.

use crate::message::Class;
use crate::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// The most attempts at one message, where the upstream says nothing else.
pub const ATTEMPTS_USUAL: u16 = 50;

/// Seconds before the second, third, ... attempt at a message, where the upstream says nothing else.
const MESSAGE_WAITS: [u64; 8] = [2, 5, 15, 45, 120, 300, 600, 900];

/// The kinds of failed attempts that may have schedules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The carrier refused it for now.
    Temporary,
    /// A queue of the carrier's is full, perhaps the recipient's.
    QueueFull,
    /// The carrier said "too fast" time and again.
    Throttled,
    /// The carrier never answered.
    Unanswered,
}

impl Failure {
    /// All of them, in the order of declaration.
    pub const ALL: [Self; 4] = [Self::Temporary, Self::QueueFull, Self::Throttled, Self::Unanswered];
}

/// The waits before the second, third, ... attempt; the last repeats. There is one at least.
pub type Waits = Arc<[Duration]>;

/// When attempts at an upstream's messages are repeated, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The waits by class and by kind of failure, by their places in `ALL`.
    pub waits: [[Waits; Failure::ALL.len()]; Class::COUNT],
    /// The most attempts.
    pub attempts: u16,
}

impl Default for Retries {
    fn default() -> Self {
        let waits = usual_waits();
        Self {
            waits: [(); Class::COUNT].map(|()| Failure::ALL.map(|_| Arc::clone(&waits))),
            attempts: ATTEMPTS_USUAL,
        }
    }
}

impl Retries {
    /// The wait before the next attempt, after so many failed ones; `None` when there were enough.
    #[must_use]
    pub fn wait(&self, class: Class, failure: Failure, failed: u16) -> Option<Duration> {
        let waits = &self.waits[class as usize][failure as usize];
        let wait = waits.get(usize::from(failed.max(1) - 1)).or_else(|| waits.last())?;
        (failed < self.attempts).then_some(*wait)
    }
}

/// The waits of upstreams that declare none.
#[must_use]
pub fn usual_waits() -> Waits {
    MESSAGE_WAITS.map(Duration::from_secs).into()
}

/// When a message is tried again after this wait, or `None` if it would have expired.
///
/// `salt` spreads messages that failed together over a fifth of the wait.
#[must_use]
pub fn due(wait: Duration, salt: u64, now: Time, expires: Time) -> Option<Time> {
    Some(now + spread(wait, salt)).filter(|due| *due < expires)
}

/// Seconds before the second, third, ... attempt at a notice: 17 attempts in 24 hours and a half.
const NOTICE_WAITS: [u64; 16] =
    [5, 15, 60, 300, 900, 1_800, 3_600, 3_600, 7_200, 7_200, 7_200, 10_800, 10_800, 10_800, 10_800, 12_600];

/// When a notice is tried again after so many failed attempts, or `None` when a day of trying has passed.
#[must_use]
pub fn notice(failed: u16, salt: u64, now: Time) -> Option<Time> {
    let wait = NOTICE_WAITS.get(usize::from(failed.max(1) - 1))?;
    Some(now + spread(Duration::from_secs(*wait), salt))
}

fn spread(wait: Duration, salt: u64) -> Duration {
    let share = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX / 1_024);
    wait + Duration::from_millis(millis / 5 * share / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_with_attempts_and_validity() {
        let retries = Retries::default();
        let wait = |failed| retries.wait(Class::Otp, Failure::Temporary, failed);
        let waits: Vec<Duration> = (1..=10).map(|failed| wait(failed).unwrap()).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!((waits[0].as_secs(), waits[9].as_secs()), (2, 900));
        assert_eq!(wait(ATTEMPTS_USUAL), None);
        assert_eq!(due(waits[0], 0, Time(0), Time(2_000)), None);
        assert_eq!(due(waits[0], 0, Time(0), Time(2_001)), Some(Time(2_000)));
    }

    #[test]
    fn each_class_and_kind_of_failure_has_its_schedule() {
        let mut retries = Retries { attempts: 3, ..Retries::default() };
        retries.waits[Class::Otp as usize][Failure::QueueFull as usize] = [Duration::from_secs(60)].into();
        for (class, failure, failed, wait) in [
            (Class::Otp, Failure::QueueFull, 1, Some(60)),
            (Class::Otp, Failure::QueueFull, 2, Some(60)),
            (Class::Otp, Failure::QueueFull, 3, None),
            (Class::Otp, Failure::Temporary, 2, Some(5)),
            (Class::Marketing, Failure::QueueFull, 1, Some(2)),
        ] {
            let found = retries.wait(class, failure, failed);
            assert_eq!(found, wait.map(Duration::from_secs), "{class:?} {failure:?} {failed}");
        }
    }

    #[test]
    fn what_failed_together_is_spread() {
        let wait = Duration::from_secs(15);
        let dues: std::collections::HashSet<_> =
            (0..100).map(|salt| due(wait, salt, Time(0), Time(i64::MAX)).unwrap().0).collect();
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
