//! Numbers that nobody seems to have, as our own messages show: several failed over days, and none was delivered since.

use crate::cause::Code;
use crate::delivery::{Outcome, State};
use crate::number::Number;
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// When numbers count as dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadRule {
    /// So many messages must have failed, at least 1.
    pub failures: u32,
    /// The least time between the first and the last of them.
    pub over: Duration,
    /// How long after the last failure a number counts as dead.
    pub holds: Duration,
}

impl Default for DeadRule {
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { failures: 3, over: 2 * day, holds: 90 * day }
    }
}

/// The most numbers that a node knows as dead; the last that failed are known.
pub const DEAD_MAX: usize = 1_000_000;

/// What ends of messages say of their recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Numbers that got a message: earlier failures don't count any more.
    pub reached: Vec<Number>,
    /// Failures, and when they were.
    pub failed: Vec<(Number, Time)>,
}

/// A number that messages did not reach, and none since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The number.
    pub number: Number,
    /// How many messages failed.
    pub failures: u32,
    /// When the first of them failed.
    pub first: Time,
    /// When the last of them failed.
    pub last: Time,
}

impl Unreached {
    /// Whether it counts as dead.
    #[must_use]
    pub fn is_dead(&self, rule: DeadRule, now: Time) -> bool {
        self.failures >= rule.failures && self.last.since(self.first) >= rule.over && self.until(rule) > now
    }

    /// When it is forgotten, if nothing fails until then.
    #[must_use]
    pub fn until(&self, rule: DeadRule) -> Time {
        self.last + rule.holds
    }
}

/// What the end of a message says of its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Somebody has it.
    Alive,
    /// Nobody may have it: the network doesn't know the number, or couldn't deliver to it for good.
    Failed,
}

/// What the end of a message says of its recipient, if anything. A validity that ended says nothing, since a handset may be off.
#[must_use]
pub fn sign_of(outcome: &Outcome) -> Option<Sign> {
    let code = outcome.error.as_ref().map(|cause| cause.code);
    match (outcome.state, code) {
        (State::Delivered, _) => Some(Sign::Alive),
        (State::Undelivered, Some(Code::Undeliverable))
        | (State::Undelivered | State::Rejected, Some(Code::InvalidRecipient)) => Some(Sign::Failed),
        _ => None,
    }
}

impl Reach {
    /// What these ends say, in their order.
    pub fn of(ends: impl Iterator<Item = (Number, Time, Sign)>) -> Self {
        let mut last: BTreeMap<Number, (bool, Vec<Time>)> = BTreeMap::new();
        for (number, at, sign) in ends {
            let entry = last.entry(number).or_default();
            match sign {
                Sign::Alive => *entry = (true, Vec::new()),
                Sign::Failed => entry.1.push(at),
            }
        }
        let mut reach = Self::default();
        for (number, (is_reached, failed)) in last {
            reach.reached.extend(is_reached.then_some(number));
            reach.failed.extend(failed.into_iter().map(|at| (number, at)));
        }
        reach
    }
}

/// The numbers that count as dead, eight octets each. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct DeadNumbers(Arc<[Number]>);

impl DeadNumbers {
    /// These numbers.
    #[must_use]
    pub fn new(mut numbers: Vec<Number>) -> Self {
        numbers.sort_unstable();
        Self(numbers.into())
    }

    /// Whether a number is one of them.
    #[must_use]
    pub fn contains(&self, number: Number) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::route::UpstreamId;

    fn outcome(state: State, error: Option<Code>) -> Outcome {
        Outcome {
            state,
            upstream: UpstreamId(1),
            reference: None,
            error: error.map(Cause::from),
            sent_at: None,
            done_at: Time(0),
            parts: 1,
            possible_duplicate: false,
        }
    }

    #[test]
    fn a_number_is_dead_by_its_rule() {
        let (hour, rule) = (Duration::from_hours(1), DeadRule::default());
        let number = Number::from_digits(447_700_900_001).unwrap();
        let after = |hours| Time(0) + hour * hours;
        for (failures, last, now, expected) in [
            (3, 48, 49, true),
            (2, 48, 49, false),
            (3, 47, 49, false),
            (9, 48, 48 + 90 * 24 - 1, true),
            (9, 48, 48 + 90 * 24, false),
        ] {
            let unreached = Unreached { number, failures, first: Time(0), last: after(last) };
            assert_eq!(unreached.is_dead(rule, after(now)), expected, "{failures} until {last}, at {now}");
        }
        let strict = DeadRule { failures: 1, over: Duration::ZERO, holds: hour };
        let once = Unreached { number, failures: 1, first: Time(0), last: Time(0) };
        assert!(once.is_dead(strict, Time(1)) && !once.is_dead(strict, after(1)));
    }

    #[test]
    fn only_what_speaks_of_the_number_counts() {
        for (state, error, sign) in [
            (State::Delivered, None, Some(Sign::Alive)),
            (State::Undelivered, Some(Code::Undeliverable), Some(Sign::Failed)),
            (State::Rejected, Some(Code::InvalidRecipient), Some(Sign::Failed)),
            (State::Rejected, Some(Code::InvalidSender), None),
            (State::Undelivered, Some(Code::RejectedByNetwork), None),
            (State::Expired, Some(Code::ExpiredAtCarrier), None),
            (State::Unknown, Some(Code::NoReceipt), None),
        ] {
            assert_eq!(sign_of(&outcome(state, error)), sign, "{state:?} {error:?}");
        }
    }

    #[test]
    fn what_was_delivered_outweighs_what_failed_before() {
        let number = |digits| Number::from_digits(digits).unwrap();
        let (one, two) = (number(447_700_900_001), number(447_700_900_002));
        let ends = [
            (one, Time(1), Sign::Failed),
            (two, Time(2), Sign::Failed),
            (one, Time(3), Sign::Alive),
            (one, Time(4), Sign::Failed),
            (two, Time(5), Sign::Failed),
        ];
        let reach = Reach::of(ends.into_iter());
        assert_eq!(reach.reached, [one]);
        assert_eq!(reach.failed, [(one, Time(4)), (two, Time(2)), (two, Time(5))]);
        let dead = DeadNumbers::new(vec![two, one]);
        assert!(dead.contains(one) && dead.contains(two) && !dead.contains(number(447_700_900_003)));
    }
}
