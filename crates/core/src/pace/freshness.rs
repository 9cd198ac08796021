//! Which answers say something of the rate in force: not those to parts that were sent before the last change of the rate, nor
//! those that came too soon after it.

use crate::time::Time;
use std::time::Duration;

/// How long answers don't count after the rate was lowered: the other side may count by the second of its clock.
const SETTLE: Duration = Duration::from_secs(1);
/// The longest wait for answers to what was sent before a change.
const STALE_MAX: Duration = Duration::from_secs(5);

/// Parts sent and not answered, and how many of them were sent before the last change of the rate.
#[derive(Clone, Debug, Default)]
pub(super) struct Freshness {
    under_way: f64,
    stale: f64,
    /// Until when stale parts are waited for.
    stale_until: Time,
    settle: Duration,
    fresh_from: Time,
}

impl Freshness {
    /// Parts sent and not answered.
    pub(super) fn under_way(&self) -> f64 {
        self.under_way
    }

    /// Starts anew with a clock that was put right.
    pub(super) fn restart(&mut self) {
        *self = Self { under_way: self.under_way, ..Self::default() };
    }

    /// Counts parts that go out.
    pub(super) fn sent(&mut self, parts: f64) {
        self.under_way += parts;
    }

    /// The rate changes now: up, or down.
    pub(super) fn change(&mut self, is_lower: bool, now: Time) {
        self.stale = self.under_way;
        self.stale_until = now + STALE_MAX;
        self.settle = if is_lower { SETTLE } else { Duration::ZERO };
        self.fresh_from = now + self.settle;
    }

    /// Counts parts that were answered. Returns whether the answers count.
    pub(super) fn answered(&mut self, parts: f64, now: Time) -> bool {
        self.under_way = (self.under_way - parts).max(0.0);
        if now >= self.stale_until {
            self.stale = 0.0;
        }
        let is_fresh = now >= self.fresh_from && self.stale <= 0.0;
        if self.stale > 0.0 {
            self.stale -= parts;
            self.fresh_from = now + self.settle;
        }
        is_fresh
    }
}
