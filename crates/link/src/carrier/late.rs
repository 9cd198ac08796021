//! Parts that were given up as unanswered. The carrier may have them all the same, and its late answer says how its
//! receipt will name them.

use postrider_core::contract::Late;
use postrider_core::delivery::Delivery;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a part is remembered. A carrier that answers at all takes less.
const PATIENCE: Duration = Duration::from_mins(15);
/// The most parts of one session that are remembered; the oldest make room for new ones.
const MOST: usize = 4_096;

/// The parts that one session gave up, by the numbers of their requests.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    parts: VecDeque<(u32, Instant, Missed)>,
}

/// A part whose answer was not there in time.
#[derive(Clone, Debug)]
pub(super) struct Missed {
    pub(super) delivery: Delivery,
    pub(super) part: u8,
    /// How many parts the message has.
    pub(super) parts: u8,
}

impl GivenUp {
    /// Remembers a part.
    pub(super) fn remember(&mut self, sequence: u32, missed: Missed, now: Instant) {
        let old = |(_, since, _): &(u32, Instant, Missed)| now.saturating_duration_since(*since) > PATIENCE;
        while self.parts.len() >= MOST || self.parts.front().is_some_and(old) {
            self.parts.pop_front();
        }
        self.parts.push_back((sequence, now, missed));
    }

    /// The part that a late answer is for, with the name that the answer gives.
    pub(super) fn named(&mut self, sequence: u32, name: &str) -> Option<Late> {
        // Answers that come late mostly do so in order, and so the first is the likeliest.
        let place = self.parts.iter().position(|(given_up, _, _)| *given_up == sequence)?;
        let (_, _, Missed { delivery, part, parts }) = self.parts.remove(place)?;
        Some(Late { delivery, part, parts, reference: name.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::testing::delivery;

    fn missed(part: u8) -> Missed {
        Missed { delivery: delivery("late"), part, parts: 2 }
    }

    #[test]
    fn a_late_answer_names_the_part_that_it_is_for_once() {
        let (mut given_up, now) = (GivenUp::default(), crate::now());
        given_up.remember(7, missed(0), now);
        given_up.remember(8, missed(1), now);
        let late = given_up.named(8, "a8").unwrap();
        assert_eq!((late.part, late.parts, &*late.reference), (1, 2, "a8"));
        assert!(given_up.named(8, "a8").is_none() && given_up.named(9, "a9").is_none());
        assert_eq!(given_up.named(7, "a7").map(|late| late.part), Some(0));
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number_and_time() {
        let (mut given_up, now) = (GivenUp::default(), crate::now());
        for sequence in 0..=MOST as u32 {
            given_up.remember(sequence, missed(0), now);
        }
        assert!(given_up.named(0, "a").is_none() && given_up.named(1, "a").is_some());
        given_up.remember(9_999, missed(0), now + PATIENCE + Duration::from_secs(1));
        assert_eq!(given_up.parts.len(), 1);
    }
}
