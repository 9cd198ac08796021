//! Portuguese: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.3), which takes the place of the default alphabet.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', 'ê', 'é', 'ú', 'í',
    /* 08 */ 'ó', 'ç', '\n', 'Ô', 'ô', '\r', 'Á', 'á',
    /* 10 */ 'Δ', '_', 'ª', 'Ç', 'À', '∞', '^', '\\',
    /* 18 */ '€', 'Ó', '|', NA, 'Â', 'â', 'Ê', 'É',
    /* 20 */ ' ', '!', '"', '#', 'º', '%', '&', '\'',
    /* 28 */ '(', ')', '*', '+', ',', '-', '.', '/',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', '<', '=', '>', '?',
    /* 40 */ 'Í', 'A', 'B', 'C', 'D', 'E', 'F', 'G',
    /* 48 */ 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    /* 50 */ 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    /* 58 */ 'X', 'Y', 'Z', 'Ã', 'Õ', 'Ú', 'Ü', '§',
    /* 60 */ '~', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', 'ã', 'õ', '`', 'ü', 'à',
];

/// The single shift table (A.2.3), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ NA, NA, NA, NA, NA, 'ê', NA, NA,
    /* 08 */ NA, 'ç', '\u{c}', 'Ô', 'ô', NA, 'Á', 'á',
    /* 10 */ NA, NA, 'Φ', 'Γ', '^', 'Ω', 'Π', 'Ψ',
    /* 18 */ 'Σ', 'Θ', NA, NA, NA, NA, NA, 'Ê',
    /* 20 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 28 */ '{', '}', NA, NA, NA, NA, NA, '\\',
    /* 30 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 38 */ NA, NA, NA, NA, '[', '~', ']', NA,
    /* 40 */ '|', 'À', NA, NA, NA, NA, NA, NA,
    /* 48 */ NA, 'Í', NA, NA, NA, NA, NA, 'Ó',
    /* 50 */ NA, NA, NA, NA, NA, 'Ú', NA, NA,
    /* 58 */ NA, NA, NA, 'Ã', 'Õ', NA, NA, NA,
    /* 60 */ NA, 'Â', NA, NA, NA, '€', NA, NA,
    /* 68 */ NA, 'í', NA, NA, NA, NA, NA, 'ó',
    /* 70 */ NA, NA, NA, NA, NA, 'ú', NA, NA,
    /* 78 */ NA, NA, NA, 'ã', 'õ', NA, NA, 'â',
];
