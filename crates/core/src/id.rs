//! The identifier of a message: one number everywhere, ordered by time, made without asking anyone.

use crate::time::Time;
use std::fmt;
use std::str::FromStr;

/// 2024-01-01T00:00:00Z in Unix milliseconds, from which identifiers count.
const EPOCH_MS: i64 = 1_704_067_200_000;
const NODE_BITS: u32 = 8;
const COUNTER_BITS: u32 = 14;

/// A message's identifier: milliseconds since 2024 (41 bits), node (8 bits), counter (14 bits).
///
/// It is written as a decimal number, the form that every SMPP client can keep, and reads the same in the
/// API, in SMPP `message_id`, in logs, in webhooks and in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

impl MessageId {
    /// The identifier with this number, as it was stored.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number itself; always below 2^63, so that it fits a signed column.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The smallest identifier that could have been made at `time`: where a range of days begins.
    #[must_use]
    pub fn first_at(time: Time) -> Self {
        let ms = u64::try_from(time.0 - EPOCH_MS).unwrap_or(0);
        Self(ms << (NODE_BITS + COUNTER_BITS))
    }

    /// When it was made, to the millisecond.
    #[must_use]
    pub fn time(self) -> Time {
        Time(i64::try_from(self.0 >> (NODE_BITS + COUNTER_BITS)).unwrap_or(i64::MAX) + EPOCH_MS)
    }

    /// Sixteen well-mixed bits of it, for concatenation references that must not repeat soon.
    #[must_use]
    pub fn reference(self) -> u16 {
        let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        u16::try_from(mixed >> 48).unwrap_or(0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A text is no identifier of this gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message id: ids are decimal numbers of up to 19 digits")]
pub struct NotAnId;

impl FromStr for MessageId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().map_err(|_| NotAnId)? } else { return Err(NotAnId) };
        if number > i64::MAX as u64 { Err(NotAnId) } else { Ok(Self(number)) }
    }
}

/// Makes identifiers: strictly rising on one node, distinct between nodes.
#[derive(Debug)]
pub struct IdMaker {
    node: u8,
    last: u64,
    /// The last identifier before the clock went far ahead. The times between it and then are unused.
    before_leap: Option<u64>,
}

/// A leap of the clock from which it may come back, in milliseconds: an hour.
const LEAP_MS: u64 = 3_600_000;

impl IdMaker {
    /// A maker for the node with this number.
    #[must_use]
    pub const fn new(node: u8) -> Self {
        Self { node, last: 0, before_leap: None }
    }

    /// The next identifier. When more than 16,384 are made in one millisecond, or the clock steps back,
    /// it runs ahead of the clock rather than repeat itself. A clock that leapt ahead for more than an hour and came back is
    /// followed back: the times in between are unused.
    pub fn next(&mut self, now: Time) -> MessageId {
        let counter_max = (1 << COUNTER_BITS) - 1;
        let ms = u64::try_from(now.0 - EPOCH_MS).unwrap_or(0);
        let fresh = (ms << (NODE_BITS + COUNTER_BITS)) | (u64::from(self.node) << COUNTER_BITS);
        let leap = LEAP_MS << (NODE_BITS + COUNTER_BITS);
        if self.last > 0 && fresh > self.last.saturating_add(leap) {
            self.before_leap = Some(self.last);
        }
        let came_back =
            self.last > fresh.saturating_add(leap) && self.before_leap.is_some_and(|before| fresh > before);
        self.last = if fresh > self.last || came_back {
            fresh
        } else if self.last & counter_max < counter_max {
            self.last + 1
        } else {
            let next_ms = (self.last >> (NODE_BITS + COUNTER_BITS)) + 1;
            (next_ms << (NODE_BITS + COUNTER_BITS)) | (u64::from(self.node) << COUNTER_BITS)
        };
        MessageId(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_though_the_clock_stands_still_or_steps_back() {
        let mut ids = IdMaker::new(3);
        let now = Time(EPOCH_MS + 1_000_000);
        let mut last = ids.next(now);
        for i in 0..100_000 {
            let id = ids.next(Time(now.0 - i % 7));
            assert!(id > last);
            last = id;
        }
    }

    #[test]
    fn a_clock_that_leapt_ahead_and_came_back_is_followed() {
        const HOUR: i64 = 3_600_000;
        let at = |hours: i64| Time(EPOCH_MS + hours * HOUR);
        let mut ids = IdMaker::new(3);
        let mut made = std::collections::BTreeSet::new();
        for (clock, made_at) in [
            (at(1), at(1)),
            (at(1_000), at(1_000)),
            (at(2), at(2)),
            (at(3), at(3)),
            // Times that were used before are not used again.
            (at(2), at(3)),
            (at(1), at(3)),
            (at(4), at(4)),
            (at(2_000), at(2_000)),
            (at(5), at(5)),
        ] {
            let id = ids.next(clock);
            assert_eq!(id.time(), made_at);
            assert!(made.insert(id), "{id} was made before");
        }
    }

    #[test]
    fn an_id_says_when_it_was_made() {
        let now = Time(EPOCH_MS + 90_000_000_123);
        let id = IdMaker::new(255).next(now);
        assert_eq!(id.time(), now);
        assert!(id >= MessageId::first_at(now));
    }

    #[test]
    fn reads_back_what_it_writes_and_refuses_the_rest() {
        let id = IdMaker::new(1).next(Time(EPOCH_MS + 5));
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "12a", "-1", "+1", "99999999999999999999", "9999999999999999999"] {
            assert_eq!(bad.parse::<MessageId>(), Err(NotAnId), "{bad}");
        }
    }
}
