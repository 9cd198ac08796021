//! Kannada: the national language shift tables of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The locking shift table (A.3.7), which takes the place of the default alphabet.
///
/// At 0x24 the specification prints the number of PA (U+0CAA), which it has at 0x3D as well, where the order of the
/// letters asks for DDA (U+0CA1). Handsets read DDA, and so do we.
#[rustfmt::skip]
pub(super) const LOCKING: [char; 128] = [
    /* 00 */ NA, '\u{0c82}', '\u{0c83}', 'ಅ', 'ಆ', 'ಇ', 'ಈ', 'ಉ',
    /* 08 */ 'ಊ', 'ಋ', '\n', 'ಌ', NA, '\r', 'ಎ', 'ಏ',
    /* 10 */ 'ಐ', NA, 'ಒ', 'ಓ', 'ಔ', 'ಕ', 'ಖ', 'ಗ',
    /* 18 */ 'ಘ', 'ಙ', 'ಚ', NA, 'ಛ', 'ಜ', 'ಝ', 'ಞ',
    /* 20 */ ' ', '!', 'ಟ', 'ಠ', 'ಡ', 'ಢ', 'ಣ', 'ತ',
    /* 28 */ ')', '(', 'ಥ', 'ದ', ',', 'ಧ', '.', 'ನ',
    /* 30 */ '0', '1', '2', '3', '4', '5', '6', '7',
    /* 38 */ '8', '9', ':', ';', NA, 'ಪ', 'ಫ', '?',
    /* 40 */ 'ಬ', 'ಭ', 'ಮ', 'ಯ', 'ರ', 'ಱ', 'ಲ', 'ಳ',
    /* 48 */ NA, 'ವ', 'ಶ', 'ಷ', 'ಸ', 'ಹ', '\u{0cbc}', 'ಽ',
    /* 50 */ '\u{0cbe}', '\u{0cbf}', '\u{0cc0}', '\u{0cc1}', '\u{0cc2}', '\u{0cc3}', '\u{0cc4}', NA,
    /* 58 */ '\u{0cc6}', '\u{0cc7}', '\u{0cc8}', NA, '\u{0cca}', '\u{0ccb}', '\u{0ccc}', '\u{0ccd}',
    /* 60 */ '\u{0cd5}', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    /* 68 */ 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    /* 70 */ 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    /* 78 */ 'x', 'y', 'z', '\u{0cd6}', 'ೠ', 'ೡ', '\u{0ce2}', '\u{0ce3}',
];

/// The single shift table (A.2.7), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ '@', '£', '$', '¥', '¿', '"', '¤', '%',
    /* 08 */ '&', '\'', '\u{c}', '*', '+', NA, '-', '/',
    /* 10 */ '<', '=', '>', '¡', '^', '¡', '_', '#',
    /* 18 */ '*', '।', '॥', NA, '೦', '೧', '೨', '೩',
    /* 20 */ '೪', '೫', '೬', '೭', '೮', '೯', 'ೞ', 'ೱ',
    /* 28 */ '{', '}', 'ೲ', NA, NA, NA, NA, '\\',
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
