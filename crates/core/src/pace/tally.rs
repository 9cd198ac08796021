//! Counts of answers.

use crate::time::Time;
use std::time::Duration;

/// The length of a stretch, and the most that one with few answers has.
pub(super) const STRETCH: Duration = Duration::from_secs(1);
const STRETCH_MAX: Duration = Duration::from_secs(3);
/// Answers that a stretch of ordinary length has at least.
const ANSWERS_MIN: f64 = 10.0;
/// Counted answers, and the time in which they came, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) taken: f64,
    pub(super) throttled: f64,
    pub(super) seconds: f64,
}

/// Answers of the stretch that goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    pub(super) since: Option<Time>,
    pub(super) last: Time,
    pub(super) tally: Tally,
}

impl Tally {
    pub(super) fn answers(&self) -> f64 {
        self.taken + self.throttled
    }

    /// The share of answers that say "too fast".
    pub(super) fn share(&self) -> f64 {
        self.throttled / self.answers().max(1.0)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.throttled += other.throttled;
        self.seconds += other.seconds;
    }

    /// Parts taken a second.
    pub(super) fn taken_rate(&self) -> f64 {
        self.taken / self.seconds.max(STRETCH.as_secs_f64())
    }

    /// Parts answered a second.
    pub(super) fn offered_rate(&self) -> f64 {
        self.answers() / self.seconds.max(STRETCH.as_secs_f64())
    }

    /// By how many throttled parts chance alone moves so many answers, where this share is throttled.
    pub(super) fn chance(&self, share: f64) -> f64 {
        (self.answers() * share * (1.0 - share)).sqrt()
    }
}

impl Stretch {
    /// The whole stretch once it is over.
    pub(super) fn ended(&self, now: Time) -> Option<Tally> {
        let age = now.since(self.since?);
        let is_over = age >= STRETCH && self.tally.answers() >= ANSWERS_MIN || age >= STRETCH_MAX;
        let since = self.since?;
        let seconds = self.last.since(since).max(STRETCH.min(age)).as_secs_f64();
        is_over.then_some(Tally { seconds, ..self.tally })
    }
}
