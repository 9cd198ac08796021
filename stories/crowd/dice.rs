//! Chance that can be repeated.

/// A thrower of dice.
pub(crate) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// Chance as `STORY_SEED` has it, or another each time.
    pub(crate) fn thrown() -> Self {
        let given = std::env::var("STORY_SEED").ok().map(|seed| seed.parse().unwrap());
        let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64;
        let seed = given.unwrap_or_else(now);
        println!("STORY_SEED={seed} repeats this");
        Self { seed, state: seed }
    }

    /// What it began with.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // Constants of Knuth's MMIX; the upper bits are the random ones.
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % end
    }
}
