//! Spanish: the national language shift table of 3GPP TS 23.038, annex A.
//! Data only: the parent has the rules.

use crate::alphabet::table::NA;

/// The single shift table (A.2.2), reached through the escape.
#[rustfmt::skip]
pub(super) const SINGLE: [char; 128] = [
    /* 00 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 08 */ NA, 'ç', '\u{c}', NA, NA, NA, NA, NA,
    /* 10 */ NA, NA, NA, NA, '^', NA, NA, NA,
    /* 18 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 20 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 28 */ '{', '}', NA, NA, NA, NA, NA, '\\',
    /* 30 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 38 */ NA, NA, NA, NA, '[', '~', ']', NA,
    /* 40 */ '|', 'Á', NA, NA, NA, NA, NA, NA,
    /* 48 */ NA, 'Í', NA, NA, NA, NA, NA, 'Ó',
    /* 50 */ NA, NA, NA, NA, NA, 'Ú', NA, NA,
    /* 58 */ NA, NA, NA, NA, NA, NA, NA, NA,
    /* 60 */ NA, 'á', NA, NA, NA, '€', NA, NA,
    /* 68 */ NA, 'í', NA, NA, NA, NA, NA, 'ó',
    /* 70 */ NA, NA, NA, NA, NA, 'ú', NA, NA,
    /* 78 */ NA, NA, NA, NA, NA, NA, NA, NA,
];
