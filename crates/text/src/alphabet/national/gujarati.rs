//! Gujarati: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.5), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ '\u{0a81}', '\u{0a82}', '\u{0a83}', 'અ', 'આ', 'ઇ', 'ઈ', 'ઉ',
    /* 08 */ 'ઊ', 'ઋ', '\n', 'ઌ', 'ઍ', '\r', NA, 'એ',
    /* 10 */ 'ઐ', 'ઑ', NA, 'ઓ', 'ઔ', 'ક', 'ખ', 'ગ',
    /* 18 */ 'ઘ', 'ઙ', 'ચ', NA, 'છ', 'જ', 'ઝ', 'ઞ',
    /* 20 */ ' ', '!', 'ટ', 'ઠ', 'ડ', 'ઢ', 'ણ', 'ત',
    /* 28 */ ')', '(', 'થ', 'દ', ',', 'ધ', '.', 'ન',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', NA, 'પ', 'ફ', '?',
    /* 40 */ 'બ', 'ભ', 'મ', 'ય', 'ર', NA, 'લ', 'ળ',
    /* 48 */ NA, 'વ', 'શ', 'ષ', 'સ', 'હ', '\u{0abc}', 'ઽ',
    /* 50 */ '\u{0abe}', '\u{0abf}', '\u{0ac0}', '\u{0ac1}', '\u{0ac2}', '\u{0ac3}', '\u{0ac4}', '\u{0ac5}',
    /* 58 */ NA, '\u{0ac7}', '\u{0ac8}', '\u{0ac9}', NA, '\u{0acb}', '\u{0acc}', '\u{0acd}',
    /* 60 */ 'ૐ', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', 'ૠ', 'ૡ', '\u{0ae2}', '\u{0ae3}', '૱',
];

/// The single shift table (A.2.5), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '¿', '"', '¤', '%',
    /* 08 */ '&', '\'', '\u{c}', '*', '+', NA, '-', '/',
    /* 10 */ '<', '=', '>', '¡', '^', '¡', '_', '#',
    /* 18 */ '*', '।', '॥', NA, '૦', '૧', '૨', '૩',
    /* 20 */ '૪', '૫', '૬', '૭', '૮', '૯', NA, NA,
    /* 28 */ '{', '}', NA, NA, NA, NA, NA, '\\',
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
