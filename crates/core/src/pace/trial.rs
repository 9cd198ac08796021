//! A lower rate on trial: it shows why the other side throttles.

use super::tally::Tally;
use crate::time::Time;
use std::time::Duration;

/// Throttled parts that a trial must be able to show before it is judged, and the longest trial.
const EVIDENCE: f64 = 4.0;
const TRIAL_MAX: Duration = Duration::from_secs(10);
/// The share of the former throttling from which on, but for chance, a trial has helped nothing; and the one from which on it
/// became worse, because the other side has changed meanwhile.
const UNCHANGED: f64 = 0.85;
const UNCHANGED_MIN: f64 = 0.4;
const WORSE: f64 = 1.2;
/// The highest background: what throttles more than this is heeded.
const BACKGROUND_MAX: f64 = 0.65;

/// A lower rate on trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) since: Time,
    /// The rate before, and the share that was throttled then.
    pub(super) from: f64,
    pub(super) share: f64,
    /// Answers at the lower rate.
    pub(super) tally: Tally,
    /// The background that it checks, if it does.
    pub(super) checks: f64,
}

/// What a trial has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Not enough was answered so far.
    Unclear,
    /// Nothing, and its time is over.
    Undecided,
    /// More is throttled than before: the other side has changed.
    Worse,
    /// Less is throttled: the other side bears a fixed rate.
    Helped,
    /// As much is throttled, this share of everything: the rate is not the reason.
    Unchanged(f64),
}

impl Trial {
    /// What it has shown, above the share that is throttled at any rate.
    pub(super) fn verdict(&self, background: f64, now: Time) -> Verdict {
        let answers = self.tally.answers();
        // What is throttled above the background if the rate makes no difference, and what is.
        let expected = (self.share - background) * answers;
        let seen = self.tally.throttled - background * answers;
        if seen > expected * WORSE + EVIDENCE * expected.sqrt().max(1.0) {
            return Verdict::Worse;
        }
        if expected < EVIDENCE || expected < 4.0 * self.tally.chance(background) {
            let is_over = now.since(self.since) >= TRIAL_MAX;
            return if is_over { Verdict::Undecided } else { Verdict::Unclear };
        }
        let share = self.tally.share().midpoint(self.share);
        let unchanged = (expected * UNCHANGED - 3.0 * expected.sqrt()).max(expected * UNCHANGED_MIN);
        if seen < unchanged || share > BACKGROUND_MAX { Verdict::Helped } else { Verdict::Unchanged(share) }
    }
}
