//! Quality: how surely and how fast upstreams deliver, by the recipients' networks, as their receipts say.
//!
//! Ends of messages are counted in stretches of time ([`STRETCH`]), and those of the last [`WINDOW`] count. What is ranked
//! by is smoothed: few samples say little ([`TRUST`]), and a change too small to matter changes nothing ([`Quality::settle`]).

mod place;

use crate::cause::Party;
use crate::delivery::{Outcome, State};
use crate::time::Time;
pub use place::{NotAPlace, Place};
use std::time::Duration;

/// The stretch of time in which ends are counted together.
pub const STRETCH: Duration = Duration::from_mins(5);
/// How far back ends count.
pub const WINDOW: Duration = Duration::from_hours(1);
/// What nothing is known of counts as so many samples of the usual.
pub const TRUST: f64 = 30.0;
/// The usual share of messages that are delivered.
const USUAL_SHARE: f64 = 0.9;
/// The usual time to a receipt, in seconds.
const USUAL_SECONDS: f64 = 8.0;
/// The least change of a share that changes the ranking.
const SHARE_STEP: f64 = 0.02;
/// The least change of a time that changes the ranking: a fifth.
const TIME_STEP: f64 = 1.2;
/// Logarithms of times are kept in thousandths.
const LOG_UNIT: f64 = 1_000.0;

/// Ends that were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages that ended.
    pub ended: u32,
    /// Those that were delivered.
    pub delivered: u32,
    /// The sum of the logarithms of the milliseconds to their receipts, in thousandths.
    pub log_ms: u64,
    /// Those of the ended ones of which it is told whether they converted.
    pub convertible: u32,
    /// Messages that converted: did what they were sent for.
    pub converted: u32,
}

impl Count {
    /// What the end of a message says of its upstream; `None` for one that says nothing: it was never sent, or its sender or its
    /// recipient is to blame.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "logarithms of times are small"
    )]
    pub fn of_end(outcome: &Outcome) -> Option<Self> {
        let party = outcome.error.as_ref().map(|cause| cause.code.party());
        match (outcome.state, outcome.sent_at) {
            (State::Delivered, Some(sent_at)) => {
                let ms = outcome.done_at.since(sent_at).as_millis().max(1) as f64;
                let log_ms = (ms.ln() * LOG_UNIT).round() as u64;
                Some(Self { ended: 1, delivered: 1, log_ms, ..Self::default() })
            }
            (State::Delivered | State::Canceled | State::Queued | State::Sent, _) => None,
            _ if matches!(party, Some(Party::Sender | Party::Recipient)) => None,
            (_, Some(_)) => Some(Self { ended: 1, ..Self::default() }),
            (_, None) => (party == Some(Party::Carrier)).then_some(Self { ended: 1, ..Self::default() }),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            ended: self.ended.saturating_add(other.ended),
            delivered: self.delivered.saturating_add(other.delivered),
            log_ms: self.log_ms.saturating_add(other.log_ms),
            convertible: self.convertible.saturating_add(other.convertible),
            converted: self.converted.saturating_add(other.converted),
        }
    }

    /// The share of messages that converted, if any could: at most 1, since a conversion may be told before the end.
    #[must_use]
    pub fn converted_share(self) -> Option<f64> {
        let share = f64::from(self.converted) / f64::from(self.convertible);
        (self.convertible > 0).then(|| share.min(1.0))
    }
}

/// The stretch of time that a moment lies in, by its beginning.
#[must_use]
pub fn stretch(at: Time) -> Time {
    let length = i64::try_from(STRETCH.as_millis()).unwrap_or(i64::MAX);
    Time(at.0.div_euclid(length) * length)
}

/// What is known of an upstream towards a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Ends that were counted.
    pub samples: u32,
    /// The share of them that were delivered, if there are any.
    pub share: Option<f64>,
    /// The typical seconds to a receipt of delivery (their geometric mean), if there are any.
    pub seconds: Option<f64>,
    /// The share that it is ranked by.
    pub ranked_share: f64,
    /// The seconds that it is ranked by.
    pub ranked_seconds: f64,
    /// Ends of which it is told whether the message converted.
    pub convertible: u32,
    /// The share of them that converted, if there are any.
    pub converted: Option<f64>,
    /// The share converted that it is ranked by; `None` where conversions are not told of it.
    pub ranked_converted: Option<f64>,
}

impl Default for Quality {
    /// Nothing is known.
    fn default() -> Self {
        Self::of(Count::default())
    }
}

impl Quality {
    /// What these ends say.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums of logarithms are far below where a float loses one"
    )]
    pub fn of(count: Count) -> Self {
        let (ended, delivered) = (f64::from(count.ended), f64::from(count.delivered));
        let log = count.log_ms as f64 / LOG_UNIT;
        let usual_log = (USUAL_SECONDS * 1_000.0).ln();
        let seconds = |log: f64| log.exp() / 1_000.0;
        Self {
            samples: count.ended,
            share: (count.ended > 0).then(|| delivered / ended),
            seconds: (count.delivered > 0).then(|| seconds(log / delivered)),
            ranked_share: (delivered + USUAL_SHARE * TRUST) / (ended + TRUST),
            ranked_seconds: seconds((log + usual_log * TRUST) / (delivered + TRUST)),
            convertible: count.convertible,
            converted: count.converted_share(),
            ranked_converted: count.converted_share(),
        }
    }

    /// This, among all upstreams towards the place, which ended and converted so: what is usual there counts where little is known.
    #[must_use]
    pub fn among(self, all: Count) -> Self {
        let convertible = f64::from(self.convertible);
        let ranked =
            |(share, usual): (f64, f64)| (share * convertible + usual * TRUST) / (convertible + TRUST);
        Self { ranked_converted: self.converted.zip(all.converted_share()).map(ranked), ..self }
    }

    /// This, ranked as before where the change is too small: two upstreams that are as good as each other don't take turns.
    #[must_use]
    pub fn settle(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        let keeps_share = (self.ranked_share - before.ranked_share).abs() < SHARE_STEP;
        let ratio = self.ranked_seconds / before.ranked_seconds;
        let keeps_time = ratio < TIME_STEP && ratio > 1.0 / TIME_STEP;
        Self {
            ranked_share: if keeps_share { before.ranked_share } else { self.ranked_share },
            ranked_seconds: if keeps_time { before.ranked_seconds } else { self.ranked_seconds },
            ranked_converted: self.ranked_converted.map(|share| {
                before.ranked_converted.filter(|before| (share - before).abs() < SHARE_STEP).unwrap_or(share)
            }),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::{Cause, Code};
    use crate::route::UpstreamId;

    fn end(state: State, error: Option<Code>, sent: bool) -> Outcome {
        Outcome {
            state,
            upstream: UpstreamId(1),
            reference: None,
            error: error.map(Cause::from),
            sent_at: sent.then_some(Time(0)),
            done_at: Time(4_000),
            parts: 1,
            possible_duplicate: false,
        }
    }

    fn many(delivered: u32, failed: u32, seconds: f64) -> Count {
        let log_ms = (f64::from(delivered) * (seconds * 1_000.0).ln() * LOG_UNIT) as u64;
        Count { ended: delivered + failed, delivered, log_ms, ..Count::default() }
    }

    #[test]
    fn ends_say_something_of_the_upstream_or_nothing() {
        for (state, error, sent, expected) in [
            (State::Delivered, None, true, Some(1)),
            (State::Undelivered, None, true, Some(0)),
            (State::Unknown, Some(Code::NoReceipt), true, Some(0)),
            (State::Failed, Some(Code::CarrierFault), false, Some(0)),
            (State::Rejected, Some(Code::InvalidRecipient), true, None),
            (State::Expired, Some(Code::ValidityEnded), false, None),
            (State::Rejected, Some(Code::OptedOut), false, None),
            (State::Canceled, None, false, None),
        ] {
            let count = Count::of_end(&end(state, error, sent));
            assert_eq!(count.map(|count| count.delivered), expected, "{state:?} {error:?}");
        }
    }

    #[test]
    fn few_samples_say_little_and_many_all() {
        let nothing = Quality::default();
        assert_eq!((nothing.samples, nothing.share, nothing.seconds), (0, None, None));
        let few = Quality::of(many(0, 2, 0.0));
        assert!((0.84..0.9).contains(&few.ranked_share), "{few:?}");
        let many = Quality::of(many(990, 10, 2.0));
        assert!((0.985..0.99).contains(&many.ranked_share) && many.share == Some(0.99), "{many:?}");
        assert!((1.99..2.01).contains(&many.seconds.unwrap()), "{many:?}");
        assert!((2.0..2.2).contains(&many.ranked_seconds), "{many:?}");
    }

    #[test]
    fn a_small_change_changes_no_ranking() {
        let before = Quality::of(many(9_500, 500, 3.0));
        let little = Quality::of(many(9_600, 400, 3.2)).settle(Some(&before));
        assert_eq!(
            (little.ranked_share, little.ranked_seconds),
            (before.ranked_share, before.ranked_seconds)
        );
        assert_eq!(little.share, Some(0.96), "people see what was measured");
        let much = Quality::of(many(8_000, 2_000, 9.0)).settle(Some(&before));
        assert!(much.ranked_share < 0.81 && much.ranked_seconds > 8.9, "{much:?}");
    }

    #[test]
    fn conversions_count_where_they_are_told() {
        let count = |convertible, converted| Count { convertible, converted, ..Count::default() };
        let all = count(1_000, 600);
        for (of, measured, ranked) in [
            (count(0, 0), None, None),
            (count(900, 580), Some(0.644), Some(0.643)),
            (count(100, 20), Some(0.2), Some(0.292)),
            (count(1, 0), Some(0.0), Some(0.581)),
            (count(1, 2), Some(1.0), Some(0.613)),
        ] {
            let quality = Quality::of(of).among(all);
            let near = |one: Option<f64>, other: Option<f64>| match one.zip(other) {
                Some((one, other)) => (one - other).abs() < 0.001,
                None => one.is_none() && other.is_none(),
            };
            assert!(near(quality.converted, measured), "{of:?}: {quality:?}");
            assert!(near(quality.ranked_converted, ranked), "{of:?}: {quality:?}");
        }
        let before = Quality::of(count(900, 580)).among(all);
        let little = Quality::of(count(900, 570)).among(all).settle(Some(&before));
        assert_eq!(little.ranked_converted, before.ranked_converted);
        let much = Quality::of(count(900, 300)).among(all).settle(Some(&before));
        assert!(much.ranked_converted < Some(0.36), "{much:?}");
        assert_eq!(Quality::default().settle(Some(&before)).ranked_converted, None);
    }

    #[test]
    fn stretches_begin_at_whole_minutes() {
        assert_eq!(stretch(Time(899_999)), Time(600_000));
        assert_eq!(stretch(Time(900_000)), Time(900_000));
    }
}
