//! Zeros that are dialled inside a country only.
//!
//! In `+44 (0)7700 900123` the zero is the trunk prefix: it belongs to the national form of the number, and the
//! international form doesn't have it (ITU-T E.164, 7.3.2; E.123, 2.5).

/// Whether the digits have, behind their country code, a zero that no number of that country begins with.
pub(super) fn has_trunk_zero(digits: &[u8]) -> bool {
    let code = |length: usize| {
        let code = digits.get(..length)?.iter().fold(0, |code: u16, digit| code * 10 + u16::from(*digit));
        (digits.get(length) == Some(&0)).then_some(code)
    };
    (1..=3).filter_map(code).any(|code| CODES.binary_search(&code).is_ok())
}

/// Country codes behind which no number begins with a zero, in order. Codes are missing where numbers do (Italy's 39, 225,
/// 226, 229, 241, 242, 378), and where that isn't certain.
#[rustfmt::skip]
const CODES: [u16; 96] = [
    1, 7, 20, 27, 31, 32, 33, 34, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64,
    65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    212, 213, 216, 218, 233, 234, 249, 250, 251, 254, 255, 256, 260, 263, 264,
    351, 352, 353, 354, 355, 358, 359, 372, 380, 381, 382, 385, 386, 387, 389, 420, 421,
    591, 593, 595, 598, 852, 855, 856, 880, 886, 961, 962, 963, 964, 966, 967, 970, 971, 972, 977, 994, 995, 996,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_behind_the_country_code_is_told_where_it_can_be_none_of_the_number() {
        assert!(CODES.is_sorted());
        for (digits, is_one) in [
            ("4407700900123", true),
            ("49030123456", true),
            ("3530861234567", true),
            ("10155501234", true),
            ("447700900123", false),
            ("390612345678", false),
            ("2250707123456", false),
            ("1500555006", false),
            // Two digits are no code there: 35 is none.
            ("3508612345", false),
            ("441", false),
        ] {
            let digits: Vec<u8> = digits.bytes().map(|digit| digit - b'0').collect();
            assert_eq!(has_trunk_zero(&digits), is_one, "{digits:?}");
        }
    }
}
