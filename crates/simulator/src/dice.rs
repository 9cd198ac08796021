//! Random numbers that come out alike for the same seed, so that a run can be repeated. Not for secrets.

use std::time::Duration;

/// A generator of the splitmix64 kind.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// Whether something happens that does in this share of cases, 0 to 1.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        // 53 bits are what an f64 holds exactly.
        let point = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        point < share
    }

    /// A duration from `least` to `most`, to the microsecond.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least).as_micros();
        let Ok(span) = u64::try_from(span) else { return least };
        match span {
            0 => least,
            span => least + Duration::from_micros(self.next() % (span + 1)),
        }
    }
}

/// Spreads the bits of a number over all 64.
pub(crate) fn scramble(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        assert!((0..100).all(|_| one.next() == other.next()));
        assert_ne!(Dice::new(1).next(), Dice::new(2).next());
    }

    #[test]
    fn shares_and_spans_are_kept() {
        let mut dice = Dice::new(1);
        let hits = (0..10_000).filter(|_| dice.happens(0.25)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert!(!dice.happens(0.0) && dice.happens(1.0));
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(12));
        assert!((0..1_000).all(|_| (least..=most).contains(&dice.between(least, most))));
        assert_eq!(dice.between(most, least), most);
    }
}
