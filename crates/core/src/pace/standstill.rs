//! Standing still while the other side takes nothing at all.

use crate::time::Time;
use std::time::Duration;

/// The first and the longest standstill; each is twice as long as the one before.
const STILL: Duration = Duration::from_millis(50);
const STILL_MAX: Duration = Duration::from_secs(1);
/// How long nothing must have been taken before the first, at least.
const DRY: Duration = Duration::from_millis(30);

/// Standstills since a part was last taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Standstill {
    taken_at: Option<Time>,
    count: u32,
    /// Answers that are still to come of what was sent before the last one.
    stale: f64,
}

impl Standstill {
    /// Takes note of so many answers: whether `any` were taken, or `none` and some throttled. Returns until when nothing is to
    /// go out, if nothing was taken for the time `dry`.
    pub(super) fn answered(
        &mut self,
        parts: f64,
        any: bool,
        none: bool,
        dry: Duration,
        under_way: f64,
        now: Time,
    ) -> Option<Time> {
        self.stale -= parts;
        if any {
            self.taken_at = Some(now);
            self.count = 0;
        }
        let is_dry = self.taken_at.is_none_or(|at| now.since(at) >= dry.max(DRY));
        if !none || !is_dry || self.stale > 0.0 {
            return None;
        }
        let still = (STILL * (1 << self.count.min(8))).min(STILL_MAX);
        self.count += 1;
        self.stale = under_way;
        Some(now + still)
    }
}
