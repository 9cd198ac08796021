//! Punjabi: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.10), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ '\u{0a01}', '\u{0a02}', '\u{0a03}', 'ਅ', 'ਆ', 'ਇ', 'ਈ', 'ਉ',
    /* 08 */ 'ਊ', NA, '\n', NA, NA, '\r', NA, 'ਏ',
    /* 10 */ 'ਐ', NA, NA, 'ਓ', 'ਔ', 'ਕ', 'ਖ', 'ਗ',
    /* 18 */ 'ਘ', 'ਙ', 'ਚ', NA, 'ਛ', 'ਜ', 'ਝ', 'ਞ',
    /* 20 */ ' ', '!', 'ਟ', 'ਠ', 'ਡ', 'ਢ', 'ਣ', 'ਤ',
    /* 28 */ ')', '(', 'ਥ', 'ਦ', ',', 'ਧ', '.', 'ਨ',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', NA, 'ਪ', 'ਫ', '?',
    /* 40 */ 'ਬ', 'ਭ', 'ਮ', 'ਯ', 'ਰ', NA, 'ਲ', '\u{0a33}',
    /* 48 */ NA, 'ਵ', '\u{0a36}', NA, 'ਸ', 'ਹ', '\u{0a3c}', NA,
    /* 50 */ '\u{0a3e}', '\u{0a3f}', '\u{0a40}', '\u{0a41}', '\u{0a42}', NA, NA, NA,
    /* 58 */ NA, '\u{0a47}', '\u{0a48}', NA, NA, '\u{0a4b}', '\u{0a4c}', '\u{0a4d}',
    /* 60 */ '\u{0a51}', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', '\u{0a70}', '\u{0a71}', 'ੲ', 'ੳ', 'ੴ',
];

/// The single shift table (A.2.10), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '¿', '"', '¤', '%',
    /* 08 */ '&', '\'', '\u{c}', '*', '+', NA, '-', '/',
    /* 10 */ '<', '=', '>', '¡', '^', '¡', '_', '#',
    /* 18 */ '*', '।', '॥', NA, '੦', '੧', '੨', '੩',
    /* 20 */ '੪', '੫', '੬', '੭', '੮', '੯', '\u{0a59}', '\u{0a5a}',
    /* 28 */ '{', '}', '\u{0a5b}', 'ੜ', '\u{0a5e}', '\u{0a75}', NA, '\\',
    /* 30 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 38 */ NA, NA, NA, NA, '[', '~', ']', NA,
    /* 40 */ '|', 'A', 'B', 'C', 'D', 'E', 'F', 'G',
    /* 48 */ 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    /* 50 */ 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    /* 58 */ 'X', 'Y', 'Z', NA, NA, NA, NA, NA,
    /* 60 */ NA, NA, NA, NA, NA, '€', NA, NA,
    /* 68 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 70 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 78 */ NA, NA, NA, NA, NA, NA, NA, NA,
];
