//! Look-ups of what holds of numbers, which every message has twice: when it is accepted, and when it leaves.

use crate::Case;
use postrider_core::account::AccountId;
use postrider_core::consent::{Register, Scope, recognise};
use postrider_core::message::Class;
use postrider_core::number::Number;
use std::hint::black_box;

pub(crate) const CASES: &[Case] = &[
    Case { name: "consent/look_up_none", rounds: 20_000, run: none },
    Case { name: "consent/look_up_found", rounds: 20_000, run: found },
    Case { name: "consent/recognise", rounds: 2_000, run: words },
];

/// The account that sends.
const SHOP: AccountId = AccountId(1);
/// Opt-outs in the register.
const OPT_OUTS: u64 = 100_000;
/// The first number of those that have opted out.
const FIRST: u64 = 491_500_000_000;

fn register() -> Register {
    let mut register = Register::default();
    for number in (0..OPT_OUTS).filter_map(|n| Number::from_digits(FIRST + n * 7)) {
        register.insert(number, &Scope::opt_out(Some(SHOP), None));
    }
    register
}

/// A recipient who has not opted out.
fn none(rounds: u32) {
    look_up(rounds, FIRST + 1);
}

/// A recipient who has.
fn found(rounds: u32) {
    look_up(rounds, FIRST);
}

fn look_up(rounds: u32, first: u64) {
    let register = register();
    for round in 0..u64::from(rounds) {
        if let Some(number) = Number::from_digits(first + round % OPT_OUTS * 7) {
            black_box(register.forbids(black_box(number), SHOP, None, Class::Transactional));
        }
    }
}

/// A message from a handset that is no request, as most are.
fn words(rounds: u32) {
    for _ in 0..rounds {
        black_box(recognise(black_box("Thank you, see you on Friday at 5")));
    }
}
