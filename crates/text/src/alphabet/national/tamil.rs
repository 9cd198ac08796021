//! Tamil: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.11), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ NA, '\u{0b82}', 'ஃ', 'அ', 'ஆ', 'இ', 'ஈ', 'உ',
    /* 08 */ 'ஊ', NA, '\n', NA, NA, '\r', 'எ', 'ஏ',
    /* 10 */ 'ஐ', NA, 'ஒ', 'ஓ', 'ஔ', 'க', NA, NA,
    /* 18 */ NA, 'ங', 'ச', NA, NA, 'ஜ', NA, 'ஞ',
    /* 20 */ ' ', '!', 'ட', NA, NA, NA, 'ண', 'த',
    /* 28 */ ')', '(', NA, NA, ',', NA, '.', 'ந',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', 'ன', 'ப', NA, '?',
    /* 40 */ NA, NA, 'ம', 'ய', 'ர', 'ற', 'ல', 'ள',
    /* 48 */ 'ழ', 'வ', 'ஶ', 'ஷ', 'ஸ', 'ஹ', NA, NA,
    /* 50 */ '\u{0bbe}', '\u{0bbf}', '\u{0bc0}', '\u{0bc1}', '\u{0bc2}', NA, NA, NA,
    /* 58 */ '\u{0bc6}', '\u{0bc7}', '\u{0bc8}', NA, '\u{0bca}', '\u{0bcb}', '\u{0bcc}', '\u{0bcd}',
    /* 60 */ 'ௐ', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', '\u{0bd7}', '௰', '௱', '௲', '௹',
];

/// The single shift table (A.2.11), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '¿', '"', '¤', '%',
    /* 08 */ '&', '\'', '\u{c}', '*', '+', NA, '-', '/',
    /* 10 */ '<', '=', '>', '¡', '^', '¡', '_', '#',
    /* 18 */ '*', '।', '॥', NA, '௦', '௧', '௨', '௩',
    /* 20 */ '௪', '௫', '௬', '௭', '௮', '௯', '௳', '௴',
    /* 28 */ '{', '}', '௵', '௶', '௷', '௸', '௺', '\\',
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
