//! Numbers in the national form of a country: `07700 900123`, `(202) 555-0123`, `8 912 345-67-89`.

use super::{DIGITS_MAX, Digits, NotANumber, Number, SHORT_MIN, value};
use crate::numbering::{CallingCode, Country, Numbering, calling_code_of};
use crate::time::Time;

/// The most digits of a short code.
const SHORT_MAX: usize = super::DIGITS_MIN - 1;

/// How well digits fit as an international number, from the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// No number begins so, or has so many digits.
    Impossible,
    /// There may be such a number.
    Possible,
    /// Numbers that begin so are of a known kind, and have so many digits.
    Known,
}

/// Reads a recipient where numbers without `+` and country code are those of this country.
///
/// With `+` or the country's prefix of international numbers it is an international number. With the country's trunk prefix it is
/// a national one. Without any of them the reading is taken that fits better. Where people write the trunk prefix 0, that is the
/// international one unless only the national one fits; elsewhere the national one, unless only the international one fits.
pub(super) fn parse(text: &str, home: Country) -> Result<Number, NotANumber> {
    let read = Digits::read(text)?;
    let digits = read.digits.get(..read.count).unwrap_or_default();
    let Some(code) = calling_code_of(home).filter(|_| !read.plus && !digits.is_empty()) else {
        return Number::parse_recipient(text);
    };
    if let Some(rest) = code.idds.iter().find_map(|idd| behind(digits, idd))
        && fit(rest) > Fit::Impossible
    {
        return Ok(Number(value(rest)));
    }
    let as_written = national(code, digits);
    let without_trunk = behind(digits, code.trunk).and_then(|rest| national(code, rest));
    let inland = [without_trunk, as_written].into_iter().flatten().max_by_key(|(fit, _)| *fit);
    let inland = inland.filter(|(fit, _)| *fit > Fit::Impossible);
    let is_short = (SHORT_MIN..=SHORT_MAX).contains(&digits.len()) && digits.first() != Some(&0);
    match inland {
        _ if is_short => Number::parse_recipient(text),
        Some((fit, number)) if goes_inland(code, digits, fit) => Ok(number),
        _ => Number::parse_recipient(text),
    }
}

/// Whether digits without any prefix of international numbers are a national number that fits so well.
fn goes_inland(code: &CallingCode, digits: &[u8], inland: Fit) -> bool {
    if digits.first() == Some(&0) {
        return true;
    }
    let abroad = fit(digits);
    let is_own = behind(digits, &code.code.to_string()).is_some() && abroad == Fit::Known;
    if is_own {
        return false;
    }
    if code.trunk == "0" {
        abroad == Fit::Impossible || (inland == Fit::Known && abroad == Fit::Possible)
    } else {
        inland >= abroad
    }
}

/// The digits behind a prefix that is not empty.
fn behind<'a>(digits: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (start, rest) = digits.split_at_checked(prefix.len())?;
    let starts = start.iter().copied().eq(prefix.bytes().map(|octet| octet - b'0'));
    (starts && !prefix.is_empty()).then_some(rest)
}

/// The number that these national digits make, and how well it fits.
fn national(code: &CallingCode, digits: &[u8]) -> Option<(Fit, Number)> {
    let mut whole: Vec<u8> = code.code.to_string().bytes().map(|octet| octet - b'0').collect();
    whole.extend_from_slice(digits);
    Some((fit(&whole), Number(value(&whole)))).filter(|_| whole.len() <= DIGITS_MAX)
}

/// How well digits fit as an international number.
fn fit(digits: &[u8]) -> Fit {
    let is_number = (super::DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && digits.first() != Some(&0);
    if !is_number {
        return Fit::Impossible;
    }
    let found = Numbering::default().find(Number(value(digits)), Time(0));
    match (found.has_length, found.is_of_kind) {
        (_, true) => Fit::Known,
        (true, false) => Fit::Possible,
        (false, false) => Fit::Impossible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(country: &str, text: &str) -> Result<String, NotANumber> {
        Number::parse_recipient_in(text, Some(country.parse().unwrap())).map(|number| number.to_string())
    }

    #[test]
    fn national_forms_become_international_ones() {
        for (country, text, expected) in [
            ("GB", "07700 900123", "+447700900123"),
            ("GB", "(07700) 900-123", "+447700900123"),
            ("DE", "0171 2345678", "+491712345678"),
            ("DE", "0171/2345678", "+491712345678"),
            ("DE", "0151 12345678", "+4915112345678"),
            ("FR", "06 12 34 56 78", "+33612345678"),
            ("ZA", "082 123 4567", "+27821234567"),
            ("NG", "0803 123 4567", "+2348031234567"),
            ("IN", "098123 45678", "+919812345678"),
            ("AU", "0412 345 678", "+61412345678"),
            ("CH", "079 123 45 67", "+41791234567"),
            ("HU", "06 20 123 4567", "+36201234567"),
            ("US", "(202) 555-0123", "+12025550123"),
            ("US", "1-202-555-0123", "+12025550123"),
            ("CA", "416 555 0123", "+14165550123"),
            ("JM", "876 555 0123", "+18765550123"),
            ("RU", "8 912 345-67-89", "+79123456789"),
            ("KZ", "8 701 123 45 67", "+77011234567"),
            ("ES", "612 345 678", "+34612345678"),
            ("DK", "20 12 34 56", "+4520123456"),
            ("NO", "412 34 567", "+4741234567"),
            ("PL", "512 345 678", "+48512345678"),
            ("IT", "347 123 4567", "+393471234567"),
            ("IT", "06 1234567", "+39061234567"),
            ("SG", "9123 4567", "+6591234567"),
            // Arabic-Indic digits.
            (
                "EG",
                "\u{660}\u{661}\u{660}\u{660} \u{661}\u{662}\u{663} \u{664}\u{665}\u{666}\u{667}",
                "+201001234567",
            ),
        ] {
            assert_eq!(read(country, text).as_deref(), Ok(expected), "{country} {text}");
        }
    }

    #[test]
    fn international_forms_stay_what_they_are() {
        for (country, text, expected) in [
            ("GB", "+49 151 12345678", "+4915112345678"),
            ("GB", "0049 151 12345678", "+4915112345678"),
            ("GB", "4915112345678", "+4915112345678"),
            ("GB", "447700900123", "+447700900123"),
            ("DE", "4915112345678", "+4915112345678"),
            ("US", "12025550123", "+12025550123"),
            ("US", "011 44 7700 900123", "+447700900123"),
            ("US", "447700900123", "+447700900123"),
            ("RU", "8 10 44 7700 900123", "+447700900123"),
            ("RU", "79123456789", "+79123456789"),
            ("AU", "0011 44 7700 900123", "+447700900123"),
            ("ES", "34612345678", "+34612345678"),
            ("DK", "4520123456", "+4520123456"),
            ("IT", "393471234567", "+393471234567"),
            ("GB", "60006", "60006"),
            ("US", "262966", "262966"),
        ] {
            assert_eq!(read(country, text).as_deref(), Ok(expected), "{country} {text}");
        }
    }

    #[test]
    fn mistakes_stay_mistakes() {
        for (country, text, why) in [
            ("GB", "", NotANumber::Empty),
            ("GB", "+44 (0)7700 900123", NotANumber::TrunkZero),
            ("GB", "0", NotANumber::National),
            ("GB", "07700 900123 ext 5", NotANumber::Extension),
            ("GB", "077OO 900123", NotANumber::Letter('O')),
            ("GB", "0 1234 5678 9012 34", NotANumber::National),
        ] {
            assert_eq!(read(country, text), Err(why), "{country} {text}");
        }
    }
}
