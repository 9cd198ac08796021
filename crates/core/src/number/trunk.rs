//! Trunk prefixes: digits that are dialled inside a country only, in front of the national number.
//!
//! In `+44 (0)7700 900123` the zero is the trunk prefix: it belongs to the national form of the number, and the
//! international form doesn't have it (ITU-T E.164, 7.3.2; E.123, 2.5). In a few countries the prefix is 8, and in some a zero
//! is part of the number.

/// Whether the digits have, behind their country code, a zero that no number of that country begins with.
pub(super) fn has_trunk_zero(digits: &[u8]) -> bool {
    codes(digits).any(|(code, rest)| rest.first() == Some(&0) && CODES.binary_search(&code).is_ok())
}

/// Whether the digits have, behind their country code, the 8 of the national form: then they are longer than any number of
/// that country. Or whether they are the national form of Russia, `8 9…`: no country code begins so.
pub(super) fn has_trunk_eight(digits: &[u8]) -> bool {
    let is_longer = |(code, rest): (u16, &[u8])| {
        let length = EIGHTS.iter().find(|(country, _)| *country == code).map(|(_, length)| *length);
        let national = match rest {
            // Belarus dials 8, waits, and dials 0.
            [8, 0, national @ ..] if code == 375 => national,
            [8, national @ ..] => national,
            _ => return false,
        };
        length == Some(national.len())
    };
    codes(digits).any(is_longer) || digits.len() == 11 && digits.starts_with(&[8, 9])
}

/// Whether numbers behind this country code may begin with a zero that is part of them.
pub(super) fn has_own_zeros(code: &[u8]) -> bool {
    let code = code.iter().fold(0, |code: u64, digit| code * 10 + u64::from(*digit));
    OWN_ZEROS.iter().any(|country| u64::from(*country) == code)
}

/// The starts of the digits that may be a country code, each with what follows.
fn codes(digits: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    (1..=3).filter_map(|length| {
        let (code, rest) = digits.split_at_checked(length)?;
        Some((code.iter().fold(0, |code, digit| code * 10 + u16::from(*digit)), rest))
    })
}

/// Country codes behind which no number begins with a zero, in order. Codes are missing where numbers do ([`OWN_ZEROS`]),
/// where nobody dials a prefix, and where that isn't certain.
#[rustfmt::skip]
const CODES: [u16; 114] = [
    1, 7, 20, 27, 31, 32, 33, 34, 36, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    212, 213, 216, 218, 233, 234, 243, 249, 250, 251, 254, 255, 256, 260, 261, 262, 263, 264, 265,
    351, 352, 353, 354, 355, 357, 358, 359, 370, 371, 372, 373, 374, 375, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421,
    590, 591, 593, 594, 595, 596, 598, 852, 855, 856, 880, 886,
    961, 962, 963, 964, 966, 967, 970, 971, 972, 977, 993, 994, 995, 996, 998,
];

/// Country codes behind which a zero is part of numbers: Italy with the Vatican, San Marino (0549), Ivory Coast, Burkina Faso,
/// Benin, Congo, and Tajikistan.
const OWN_ZEROS: [u16; 7] = [39, 225, 226, 229, 242, 378, 992];

/// Countries whose trunk prefix is or was 8, with the digits of their national numbers: Russia and Kazakhstan, Lithuania, Belarus
/// and Turkmenistan.
const EIGHTS: [(u16, usize); 4] = [(7, 10), (370, 8), (375, 9), (993, 8)];

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|digit| digit - b'0').collect()
    }

    #[test]
    fn a_zero_behind_the_country_code_is_told_where_it_can_be_none_of_the_number() {
        assert!(CODES.is_sorted());
        assert!(OWN_ZEROS.iter().all(|code| CODES.binary_search(code).is_err()));
        for (number, is_one) in [
            ("4407700900123", true),
            ("49030123456", true),
            ("3530861234567", true),
            ("10155501234", true),
            // Hungary dials 06, Madagascar and Réunion 0.
            ("3606201234567", true),
            ("2610321234567", true),
            ("2620692123456", true),
            ("447700900123", false),
            // The zero is part of numbers of Italy, San Marino, Ivory Coast, Benin, Burkina Faso, Congo and Tajikistan.
            ("390612345678", false),
            ("3780549123456", false),
            ("390549123456", false),
            ("2250707123456", false),
            ("2290197123456", false),
            ("22601234567", false),
            ("242061234567", false),
            ("992021234567", false),
            ("1500555006", false),
            // Two digits are no code there: 35 is none.
            ("3508612345", false),
            ("441", false),
        ] {
            assert_eq!(has_trunk_zero(&digits(number)), is_one, "{number}");
        }
    }

    #[test]
    fn an_eight_behind_the_country_code_is_told_by_the_length() {
        for (number, is_one) in [
            // Moscow, a mobile number of Russia, and one of Kazakhstan.
            ("784951234567", true),
            ("789123456789", true),
            ("787011234567", true),
            ("370861234567", true),
            ("375829123456", false),
            ("3758291234567", true),
            ("37580291234567", true),
            ("993865123456", true),
            // The national form.
            ("89123456789", true),
            // Saint Petersburg, and a free number.
            ("78121234567", false),
            ("78001234567", false),
            ("79123456789", false),
            ("77011234567", false),
            ("37061234567", false),
            ("375291234567", false),
            // Malaysia's and Vietnam's numbers have other lengths.
            ("8412345678", false),
            ("8801712345678", false),
        ] {
            assert_eq!(has_trunk_eight(&digits(number)), is_one, "{number}");
        }
    }
}
