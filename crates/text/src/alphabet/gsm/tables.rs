//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1).
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The default alphabet (6.2.1).
#[rustfmt::skip]
pub(super) const DEFAULT: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì',
    /* 08 */ 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    /* 10 */ 'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ',
    /* 18 */ 'Σ', 'Θ', 'Ξ', NA, 'Æ', 'æ', 'ß', 'É',
    /* 20 */ ' ', '!', '"', '#', '¤', '%', '&', '\'',
    /* 28 */ '(', ')', '*', '+', ',', '-', '.', '/',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', '<', '=', '>', '?',
    /* 40 */ '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G',
    /* 48 */ 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    /* 50 */ 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    /* 58 */ 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    /* 60 */ '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table (6.2.1.1), reached through the escape.
#[rustfmt::skip]
pub(super) const EXTENSION: [char; 128] = [
    /* 00 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 08 */ NA, NA, '\u{c}', NA, NA, NA, NA, NA,
    /* 10 */ NA, NA, NA, NA, '^', NA, NA, NA,
    /* 18 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 20 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 28 */ '{', '}', NA, NA, NA, NA, NA, '\\',
    /* 30 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 38 */ NA, NA, NA, NA, '[', '~', ']', NA,
    /* 40 */ '|', NA, NA, NA, NA, NA, NA, NA,
    /* 48 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 50 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 58 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 60 */ NA, NA, NA, NA, NA, '€', NA, NA,
    /* 68 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 70 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 78 */ NA, NA, NA, NA, NA, NA, NA, NA,
];
