//! Measures one look-up among so many opt-outs: of recipients who have opted out, and of others, in no order. Beside it stands
//! what the machine needs for one read of as much memory, since a look-up can't be quicker.
//!
//!     cargo run --release -p postrider-core --example opt_outs [OPT-OUTS]

#![expect(clippy::print_stdout, reason = "an example prints")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use postrider_core::account::AccountId;
use postrider_core::consent::{Register, Scope};
use postrider_core::message::Class;
use postrider_core::number::Number;
use std::hint::black_box;
use std::time::Instant;

const OPT_OUTS: u64 = 10_000_000;
const LOOK_UPS: u64 = 2_000_000;
/// Look-ups that are timed together.
const BATCH: usize = 1_000;
const SHOP: AccountId = AccountId(1);

/// The number in this place, spread over eleven digits; each place has its own.
fn number(place: u64) -> Option<Number> {
    Number::from_digits(100_000_000_000 + place.wrapping_mul(7_368_787) % 99_999_999_977)
}

/// Nanoseconds of one read among so many words of memory, in no order and each after the one before, as the median of batches.
fn read(words: u64) -> u128 {
    let memory: Vec<usize> = (0..words).map(|_| black_box(0)).collect();
    let place = |n: u64| usize::try_from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % words).unwrap_or_default();
    let places: Vec<usize> = (0..LOOK_UPS).map(place).collect();
    median(places.chunks_exact(BATCH).map(|batch| {
        let started = Instant::now();
        let nothing = batch.iter().fold(0, |nothing, place| memory[place + nothing]);
        black_box(nothing);
        started.elapsed().as_nanos() / BATCH as u128
    }))
}

fn median(took: impl Iterator<Item = u128>) -> u128 {
    let mut took: Vec<u128> = took.collect();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Looks up the numbers from this place on; returns how many were forbidden, and nanoseconds of a look-up, as the median of batches.
fn look_up(register: &Register, first: u64, among: u64) -> (usize, u128) {
    let places = (0..LOOK_UPS).map(|n| first + n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % among);
    let numbers: Vec<Number> = places.filter_map(number).collect();
    let is_forbidden = |number: &&Number| {
        black_box(register.forbids(black_box(**number), SHOP, None, Class::Transactional)).is_some()
    };
    let mut forbidden = 0;
    let took = median(numbers.chunks_exact(BATCH).map(|batch| {
        let started = Instant::now();
        forbidden += batch.iter().filter(is_forbidden).count();
        started.elapsed().as_nanos() / BATCH as u128
    }));
    (forbidden, took)
}

fn main() {
    let opt_outs = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(OPT_OUTS);
    let mut register = Register::default();
    for number in (0..opt_outs).filter_map(number) {
        register.insert(number, &Scope::opt_out(Some(SHOP), None));
    }
    let ((found, of_found), (none, of_others)) =
        (look_up(&register, 0, opt_outs), look_up(&register, opt_outs, opt_outs));
    let of_memory = read(opt_outs);
    println!(
        "{opt_outs} opt-outs: {of_found} ns where there is one ({found} found), {of_others} ns where there is none ({none} found); one read of memory {of_memory} ns"
    );
}
