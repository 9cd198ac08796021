//! Oriya: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.9), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ '\u{0b01}', '\u{0b02}', '\u{0b03}', 'ଅ', 'ଆ', 'ଇ', 'ଈ', 'ଉ',
    /* 08 */ 'ଊ', 'ଋ', '\n', 'ଌ', NA, '\r', NA, 'ଏ',
    /* 10 */ 'ଐ', NA, NA, 'ଓ', 'ଔ', 'କ', 'ଖ', 'ଗ',
    /* 18 */ 'ଘ', 'ଙ', 'ଚ', NA, 'ଛ', 'ଜ', 'ଝ', 'ଞ',
    /* 20 */ ' ', '!', 'ଟ', 'ଠ', 'ଡ', 'ଢ', 'ଣ', 'ତ',
    /* 28 */ ')', '(', 'ଥ', 'ଦ', ',', 'ଧ', '.', 'ନ',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', NA, 'ପ', 'ଫ', '?',
    /* 40 */ 'ବ', 'ଭ', 'ମ', 'ଯ', 'ର', NA, 'ଲ', 'ଳ',
    /* 48 */ NA, 'ଵ', 'ଶ', 'ଷ', 'ସ', 'ହ', '\u{0b3c}', 'ଽ',
    /* 50 */ '\u{0b3e}', '\u{0b3f}', '\u{0b40}', '\u{0b41}', '\u{0b42}', '\u{0b43}', '\u{0b44}', NA,
    /* 58 */ NA, '\u{0b47}', '\u{0b48}', NA, NA, '\u{0b4b}', '\u{0b4c}', '\u{0b4d}',
    /* 60 */ '\u{0b56}', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', '\u{0b57}', 'ୠ', 'ୡ', '\u{0b62}', '\u{0b63}',
];

/// The single shift table (A.2.9), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '¿', '"', '¤', '%',
    /* 08 */ '&', '\'', '\u{c}', '*', '+', NA, '-', '/',
    /* 10 */ '<', '=', '>', '¡', '^', '¡', '_', '#',
    /* 18 */ '*', '।', '॥', NA, '୦', '୧', '୨', '୩',
    /* 20 */ '୪', '୫', '୬', '୭', '୮', '୯', '\u{0b5c}', '\u{0b5d}',
    /* 28 */ '{', '}', 'ୟ', '୰', 'ୱ', NA, NA, '\\',
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
