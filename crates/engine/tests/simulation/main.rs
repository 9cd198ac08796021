//! The engine in virtual time: one thread, one seed, several nodes on one store in memory, and carriers, clients and a store
//! that misbehave by the dice. Checkers watch for what must never happen.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic is how a test fails, and it says why"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "numbers of a simulation are small"
)]

mod access;
mod adapter;
mod carrier;
mod check;
mod client;
mod clock;
mod dice;
mod flights;
mod handsets;
mod life;
mod manners;
mod membership;
mod nodes;
mod operator;
mod plant;
mod planted;
mod process;
mod scenario;
mod seen;
mod weather;
mod witness;
mod world;

use scenario::Scenario;
use std::time::{Duration, Instant};
use world::Verdict;

/// Seeds that are run each time.
const FIXED: std::ops::Range<u64> = 0..6;
/// Seeds with rare turns of events: a receipt that comes by another upstream of the carrier sends its message on.
const RARE: [u64; 1] = [128_159_043_786_717];
/// How long fresh seeds are run where [`SECONDS`] doesn't say.
const USUAL_SECONDS: u64 = 20;
/// The variables that say for how many seconds fresh seeds are run, which seed `one_seed` runs, and, if it is set, that a
/// failure shows everything that was seen.
const SECONDS: &str = "POSTRIDER_SIMULATION_SECONDS";
const SEED: &str = "POSTRIDER_SIMULATION_SEED";
const LOG: &str = "POSTRIDER_SIMULATION_LOG";

/// Real time, for which fresh seeds are run.
#[expect(clippy::disallowed_methods, reason = "how long a test takes is no part of a run")]
fn real_time() -> Instant {
    Instant::now()
}

/// What several runs came to.
#[derive(Default)]
struct Sum {
    seeds: u32,
    span: Duration,
    messages: usize,
    copies: usize,
    deaths: usize,
}

impl Sum {
    fn run(&mut self, seed: u64) {
        let verdict = run_seed(seed);
        self.seeds += 1;
        self.span += verdict.span;
        self.messages += verdict.messages;
        self.copies += verdict.copies;
        self.deaths += verdict.deaths;
    }

    fn tell(&self, began: Instant) {
        let Self { seeds, span, messages, copies, deaths } = self;
        let (hours, seconds) = (span.as_secs_f64() / 3_600.0, began.elapsed().as_secs_f64());
        eprintln!(
            "{seeds} seeds: {hours:.1} virtual hours, {messages} messages, {copies} copies, {deaths} starts and crashes in {seconds:.1} s"
        );
    }
}

/// Runs a seed, and fails with one line that repeats it.
fn run_seed(seed: u64) -> Verdict {
    judge(&Scenario::of(seed))
}

/// Runs a scenario, and fails when a rule was broken.
fn judge(scenario: &Scenario) -> Verdict {
    let seed = scenario.seed;
    let verdict = world::run(scenario.clone());
    if !verdict.faults.is_empty() {
        eprintln!("{scenario:#?}");
        verdict.stories.iter().for_each(|line| eprintln!("{line}"));
        for fault in &verdict.faults {
            eprintln!("at {}: {}: {:?}: {}", fault.event, fault.check, fault.message, fault.what);
        }
        panic!(
            "{} rules were broken; to repeat: {SEED}={seed} cargo test -p postrider-engine --test simulation one_seed -- \
             --nocapture",
            verdict.faults.len()
        );
    }
    verdict
}

#[test]
fn fixed_seeds() {
    let (mut sum, began) = (Sum::default(), real_time());
    FIXED.chain(RARE).for_each(|seed| sum.run(seed));
    sum.tell(began);
}

#[test]
fn fresh_seeds() {
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(USUAL_SECONDS);
    let (mut sum, began) = (Sum::default(), real_time());
    let fresh = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let mut dice = dice::Dice::new(fresh);
    while began.elapsed() < Duration::from_secs(seconds) {
        sum.run(dice.throw() >> 16);
    }
    sum.tell(began);
}

#[test]
fn one_seed() {
    let Some(seed) = std::env::var(SEED).ok().and_then(|text| text.parse().ok()) else { return };
    let (mut sum, began) = (Sum::default(), real_time());
    sum.run(seed);
    sum.tell(began);
}

#[test]
fn a_seed_repeats_itself() {
    for seed in 0..4 {
        let [one, other] = [0, 1].map(|_| world::run(Scenario::of(seed)));
        // With the whole log, where they part.
        let differing = one.stories.iter().zip(&other.stories).find(|(one, other)| one != other);
        assert_eq!(one.fingerprint, other.fingerprint, "seed {seed}: {differing:#?}");
    }
}
