//! How long things took: counts in buckets whose width grows with the value, so that a percentile of millions costs
//! some kilobytes and is off by less than two percent.

use std::time::Duration;

/// Buckets for each doubling, as a power of two: 64.
const SUB_BITS: u32 = 6;
const SUBS: u64 = 1 << SUB_BITS;
/// Values are microseconds below 2^40, some twelve days.
const MAX_VALUE: u64 = (1 << 40) - 1;
const BUCKETS: usize = ((40 - SUB_BITS + 1) as usize) << SUB_BITS;

/// Durations, counted.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts a duration, to the microsecond.
    pub fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(MAX_VALUE);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(micros.min(MAX_VALUE))) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(duration);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest, exactly.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The longest time within this share of them, 0 to 1; zero when there is none.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = (self.count as f64 * share.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        let mut passed = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            passed += count;
            if passed >= rank {
                return Duration::from_micros(end_of(bucket)).min(self.max);
            }
        }
        self.max
    }
}

/// The bucket of a value: below 64 its own, above as the six bits after its first say.
fn bucket_of(value: u64) -> usize {
    let doublings = (u64::BITS - value.leading_zeros()).saturating_sub(SUB_BITS + 1);
    let sub = value >> doublings;
    (u64::from(doublings) * SUBS + sub) as usize
}

/// The greatest value of a bucket.
fn end_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / SUBS).saturating_sub(1);
    let sub = bucket - doublings * SUBS;
    ((sub + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_its_bucket() {
        let mut before = None;
        for value in (0..5_000).chain([MAX_VALUE / 3, MAX_VALUE]) {
            let bucket = bucket_of(value);
            assert!(bucket < BUCKETS && Some(bucket) >= before, "{value}");
            assert!(
                value <= end_of(bucket) && end_of(bucket) <= value + value / 50,
                "{value} {}",
                end_of(bucket)
            );
            assert!(bucket == 0 || end_of(bucket - 1) < value, "{value}");
            before = Some(bucket);
        }
    }

    #[test]
    fn quantiles_are_near() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), Duration::ZERO);
        for millis in 1..=1000 {
            histogram.record(Duration::from_millis(millis));
        }
        let near = |share, millis: u64| {
            let off = histogram.quantile(share).as_secs_f64() * 1000.0 / millis as f64;
            assert!((0.999..1.02).contains(&off), "{share}: {off}");
        };
        near(0.5, 500);
        near(0.99, 990);
        assert_eq!(histogram.quantile(1.0), Duration::from_secs(1));
        assert_eq!((histogram.max(), histogram.count()), (Duration::from_secs(1), 1000));
    }
}
