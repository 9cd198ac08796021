//! Turkish: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.1), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '€', 'é', 'ù', 'ı',
    /* 08 */ 'ò', 'Ç', '\n', 'Ğ', 'ğ', '\r', 'Å', 'å',
    /* 10 */ 'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ',
    /* 18 */ 'Σ', 'Θ', 'Ξ', NA, 'Ş', 'ş', 'ß', 'É',
    /* 20 */ ' ', '!', '"', '#', '¤', '%', '&', '\'',
    /* 28 */ '(', ')', '*', '+', ',', '-', '.', '/',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', '<', '=', '>', '?',
    /* 40 */ 'İ', 'A', 'B', 'C', 'D', 'E', 'F', 'G',
    /* 48 */ 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    /* 50 */ 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    /* 58 */ 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    /* 60 */ 'ç', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The single shift table (A.2.1), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 08 */ NA, NA, '\u{c}', NA, NA, NA, NA, NA,
    /* 10 */ NA, NA, NA, NA, '^', NA, NA, NA,
    /* 18 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 20 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 28 */ '{', '}', NA, NA, NA, NA, NA, '\\',
    /* 30 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 38 */ NA, NA, NA, NA, '[', '~', ']', NA,
    /* 40 */ '|', NA, NA, NA, NA, NA, NA, 'Ğ',
    /* 48 */ NA, 'İ', NA, NA, NA, NA, NA, NA,
    /* 50 */ NA, NA, NA, 'Ş', NA, NA, NA, NA,
    /* 58 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 60 */ NA, NA, NA, 'ç', NA, '€', NA, 'ğ',
    /* 68 */ NA, 'ı', NA, NA, NA, NA, NA, NA,
    /* 70 */ NA, NA, NA, 'ş', NA, NA, NA, NA,
    /* 78 */ NA, NA, NA, NA, NA, NA, NA, NA,
];
