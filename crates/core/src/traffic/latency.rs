//! Lengths of time in classes, so that those of many messages take little memory and can be added up.

use std::ops::AddAssign;
use std::time::Duration;

/// The classes of a factor of two.
const PER_DOUBLING: f64 = 4.0;
/// The upper end of the first class, in seconds.
const FIRST: f64 = 0.1;
/// The number of classes; the last one has what takes longer than 72 hours.
const CLASSES: usize = 88;

/// Lengths of time from 0.1 seconds to 72 hours, each to a fifth of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    counts: Box<[u32]>,
}

impl Default for Latency {
    fn default() -> Self {
        Self { counts: vec![0; CLASSES].into() }
    }
}

impl Latency {
    /// Adds one length of time.
    pub fn add(&mut self, time: Duration) {
        self.counts[class(time)] += 1;
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The length of time that this share of them took at most, 0 to 1; `None` if there are none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of a quarter of an hour are far below 2^52")]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let wanted = self.count() as f64 * share;
        let mut passed = 0;
        for (class, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            passed += u64::from(*count);
            if passed as f64 >= wanted {
                return Some(end(class));
            }
        }
        None
    }
}

impl AddAssign<&Self> for Latency {
    fn add_assign(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, other)| *mine += other);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the class is held to its bounds"
)]
fn class(time: Duration) -> usize {
    let doublings = (time.as_secs_f64() / FIRST).max(1.0).log2();
    ((doublings * PER_DOUBLING).ceil() as usize).min(CLASSES - 1)
}

#[expect(clippy::cast_precision_loss, reason = "there are few classes")]
fn end(class: usize) -> Duration {
    Duration::from_secs_f64(FIRST * (class as f64 / PER_DOUBLING).exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_right_to_a_fifth() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile(0.5), None);
        for seconds in 1..=100 {
            latency.add(Duration::from_secs(seconds));
        }
        for (share, exact) in [(0.01, 1.0), (0.5, 50.0), (0.95, 95.0), (1.0, 100.0)] {
            let found = latency.percentile(share).unwrap().as_secs_f64();
            assert!((exact..=exact * 1.2).contains(&found), "{share}: {found}");
        }
    }

    #[test]
    fn what_is_very_short_or_long_has_a_class() {
        for (time, found) in [(Duration::ZERO, 0.1), (Duration::from_hours(72), 259_200.0)] {
            let mut latency = Latency::default();
            latency.add(time);
            let at = latency.percentile(1.0).unwrap().as_secs_f64();
            assert!((found..=found * 1.2).contains(&at), "{at}");
        }
        let mut latency = Latency::default();
        latency.add(Duration::MAX);
        assert_eq!(latency.count(), 1);
    }

    #[test]
    fn lengths_of_several_slots_are_added_up() {
        let [mut one, mut two] = [Latency::default(), Latency::default()];
        one.add(Duration::from_secs(1));
        two.add(Duration::from_secs(9));
        one += &two;
        assert_eq!(one.count(), 2);
        assert!(one.percentile(1.0) >= Some(Duration::from_secs(9)));
    }
}
