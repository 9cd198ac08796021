//! Texts: counting their parts, which is done for each message accepted, and cutting them, which is done for each sent.

use crate::Case;
use postrider_text::segment::{Options, cost, split};
use std::hint::black_box;

pub(crate) const CASES: &[Case] = &[
    Case { name: "text/cost_short_gsm", rounds: 5_000, run: |rounds| count(SHORT, rounds) },
    Case { name: "text/cost_long_gsm", rounds: 1_000, run: |rounds| count(&SHORT.repeat(4), rounds) },
    Case { name: "text/split_short_gsm", rounds: 2_000, run: |rounds| cut(SHORT, rounds) },
    Case { name: "text/split_long_gsm", rounds: 500, run: |rounds| cut(&SHORT.repeat(4), rounds) },
    Case { name: "text/split_long_ucs2", rounds: 500, run: |rounds| cut(&CYRILLIC.repeat(4), rounds) },
];

/// One part of GSM 7-bit, with a character that takes two septets.
const SHORT: &str =
    "Your parcel is here: come & get it for 12 \u{20ac}. We are open from 8 to 18, and on Saturdays to 12.";
/// One part of UCS-2.
const CYRILLIC: &str = "\u{412}\u{430}\u{448}\u{430} \u{43f}\u{43e}\u{441}\u{44b}\u{43b}\u{43a}\u{430} \u{443}\u{436}\u{435} \u{437}\u{434}\u{435}\u{441}\u{44c}. ";

fn count(text: &str, rounds: u32) {
    for _ in 0..rounds {
        black_box(cost(black_box(text), &Options::default()));
    }
}

fn cut(text: &str, rounds: u32) {
    for _ in 0..rounds {
        black_box(split(black_box(text), 42, &Options::default()));
    }
}
