//! The dice: all randomness of a run, from one seed.

use std::time::Duration;

/// A pseudo-random generator (SplitMix64). Equal seeds give equal throws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for one actor, so that what one does more or less leaves the others' throws as they are.
    pub(crate) fn fork(&mut self, name: &str) -> Self {
        let mixed = name
            .bytes()
            .fold(self.throw(), |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
        Self(mixed)
    }

    /// Any number.
    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.throw() % (high.saturating_sub(low) + 1)
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.throw() % 1_000 < per_mille
    }

    /// A span in this range: mostly near its lower end, sometimes near its upper.
    pub(crate) fn span(&mut self, low: Duration, high: Duration) -> Duration {
        let share = self.between(0, 1_000);
        let range = high.saturating_sub(low).as_millis() as u64;
        low + Duration::from_millis(range * share * share / 1_000_000)
    }

    /// One of these.
    pub(crate) fn pick<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.throw() as usize % things.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_throws_and_forks_differ() {
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        assert_eq!(one.throw(), other.throw());
        let mut forks = (one.fork("a"), other.fork("b"));
        assert_ne!(forks.0.throw(), forks.1.throw());
    }

    #[test]
    fn throws_keep_to_their_range() {
        let mut dice = Dice::new(1);
        let (low, high) = (Duration::from_millis(5), Duration::from_secs(1));
        for _ in 0..1_000 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert!((low..=high).contains(&dice.span(low, high)));
        }
        let hits = (0..10_000).filter(|_| dice.chance(100)).count();
        assert!((800..1_200).contains(&hits), "{hits}");
    }
}
