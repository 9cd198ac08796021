//! The first digits of numbers.

use crate::number::Number;
use std::fmt;
use std::str::FromStr;

/// The most digits of a number.
pub(super) const DIGITS_MAX: u32 = 15;

/// The first digits of numbers, without `+`: up to 15, the first not zero; or none, which is the start of every number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// The digits as one integer, 0 for none.
    digits: u64,
    length: u8,
}

/// A text is no prefix of numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the start of international numbers: write 1 to 15 digits, the first not 0")]
pub struct NotAPrefix(pub String);

impl Prefix {
    /// The start of every number.
    pub const NONE: Self = Self { digits: 0, length: 0 };

    /// How many digits it has.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// Its numbers: the first and the one behind the last of all numbers, filled up with zeros to 15 digits.
    pub(super) fn span(self) -> (u64, u64) {
        let unit = 10u64.pow(DIGITS_MAX - u32::from(self.length));
        (self.digits * unit, (self.digits + 1) * unit)
    }

    /// Whether every number that begins with the other begins with it.
    pub(crate) fn covers(self, other: Self) -> bool {
        let ((start, end), (other_start, other_end)) = (self.span(), other.span());
        start <= other_start && other_end <= end
    }

    /// What prefixes are sorted by: their numbers, and the shorter before the longer.
    pub(crate) fn order(self) -> (u64, u8) {
        (self.span().0, self.length)
    }

    /// The prefix with these digits behind it.
    pub(super) const fn followed_by(self, other: Self) -> Self {
        let digits = self.digits * 10u64.pow(other.length as u32) + other.digits;
        Self { digits, length: self.length + other.length }
    }

    /// Digits that may begin with zero, as national numbers do in some countries.
    pub(super) fn of_digits(text: &str) -> Option<Self> {
        let is_prefix = text.len() <= DIGITS_MAX as usize && text.bytes().all(|octet| octet.is_ascii_digit());
        let length = u8::try_from(text.len()).ok().filter(|_| is_prefix)?;
        Some(Self { digits: if length == 0 { 0 } else { text.parse().ok()? }, length })
    }

    /// Whether the number begins with it.
    #[must_use]
    pub fn starts(self, number: Number) -> bool {
        let (start, end) = self.span();
        (start..end).contains(&filled(number)) && u32::from(self.length) <= count(number)
    }
}

/// The number's digits, filled up with zeros to 15.
pub(super) fn filled(number: Number) -> u64 {
    number.digits() * 10u64.pow(DIGITS_MAX - count(number))
}

/// How many digits the number has.
pub(super) const fn count(number: Number) -> u32 {
    number.digits().ilog10() + 1
}

impl FromStr for Prefix {
    type Err = NotAPrefix;

    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let prefix = Self::of_digits(text).filter(|prefix| prefix.length > 0 && !text.starts_with('0'));
        prefix.ok_or_else(|| NotAPrefix(text.to_owned()))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.length == 0 {
            Ok(())
        } else {
            write!(f, "{:0width$}", self.digits, width = usize::from(self.length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_starts_numbers() {
        let starts = |prefix: &str, number: &str| {
            prefix.parse::<Prefix>().unwrap().starts(Number::parse(number).unwrap())
        };
        for (prefix, number, expected) in [
            ("44", "+447700900123", true),
            ("447700900123", "+447700900123", true),
            ("4477009001230", "+447700900123", false),
            ("45", "+447700900123", false),
            ("999999999999999", "999999999999999", true),
        ] {
            assert_eq!(starts(prefix, number), expected, "{prefix} {number}");
        }
        for text in ["", "044", "+44", "4x", "1234567890123456"] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
