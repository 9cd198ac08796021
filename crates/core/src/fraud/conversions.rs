//! Conversions: how many of the messages that were sent did what they were sent for, such as codes that were entered.

use crate::time::Time;
use std::time::Duration;

/// The length of the stretches that conversions are counted in.
pub const SLOT: Duration = Duration::from_secs(600);
/// How many of them count, the newest left out.
pub const SLOTS: u32 = 6;
/// How long a message has to convert: stretches that ended later don't count yet.
pub const LEFT_OUT: Duration = Duration::from_secs(600);

/// Messages that were sent, and those of them that converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversions {
    /// Messages that were sent.
    pub sent: u64,
    /// Those that converted.
    pub converted: u64,
}

impl Conversions {
    /// The share of messages that converted, in percent, rounded down.
    #[must_use]
    pub const fn percent(&self) -> u64 {
        match self.converted.saturating_mul(100).checked_div(self.sent) {
            Some(percent) => percent,
            None => 100,
        }
    }
}

/// The beginning of the stretch that a message of this time is counted in.
#[must_use]
pub fn slot(at: Time) -> Time {
    super::counters::start_of(SLOT, at)
}

/// When a stretch that begins then counts no more.
#[must_use]
pub fn slot_end(start: Time) -> Time {
    start + SLOT * (SLOTS + 1) + LEFT_OUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        for (sent, converted, percent) in [(0, 0, 100), (100, 9, 9), (99, 9, 9), (101, 10, 9), (10, 20, 200)]
        {
            assert_eq!(Conversions { sent, converted }.percent(), percent, "{converted} of {sent}");
        }
    }
}
