//! Telephone numbers. To hold a [`Number`] is to know that it is valid.

use std::fmt;

/// A telephone number in international form (ITU-T E.164): 7 to 15 digits, the first not zero.
///
/// `Debug` masks the middle digits, so that no log shows a full number by accident; `Display` writes
/// `+` and all digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// Nothing was given.
    #[error("the number is empty")]
    Empty,
    /// A character that numbers don't have.
    #[error("'{0}' can't stand in a number: write digits in international form, such as +447700900123")]
    Character(char),
    /// Fewer than 7 digits.
    #[error("too short: an international number has 7 to 15 digits")]
    TooShort,
    /// More than 15 digits.
    #[error("too long: an international number has 7 to 15 digits")]
    TooLong,
    /// A leading zero: a national form.
    #[error("starts with 0: write the country code first, such as +447700900123")]
    National,
}

impl Number {
    /// Reads a number as people write it: `+`, `00` or nothing in front, spaces, dots, dashes, slashes and
    /// brackets between.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix('+').or_else(|| trimmed.strip_prefix("00")).unwrap_or(trimmed);
        let mut value: u64 = 0;
        let mut count = 0;
        for c in digits.chars() {
            match c {
                '0'..='9' if count == 15 => return Err(NotANumber::TooLong),
                '0' if count == 0 => return Err(NotANumber::National),
                '0'..='9' => {
                    value = value * 10 + u64::from(c as u32 - '0' as u32);
                    count += 1;
                }
                ' ' | '.' | '-' | '/' | '(' | ')' => {}
                other => return Err(NotANumber::Character(other)),
            }
        }
        match count {
            0 if trimmed.is_empty() => Err(NotANumber::Empty),
            0..=6 => Err(NotANumber::TooShort),
            _ => Ok(Self(value)),
        }
    }

    /// The digits as one integer, the form in which stores keep it.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// The number with these digits, if they make one.
    #[must_use]
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if digits >= 1_000_000 && digits < 1_000_000_000_000_000 { Some(Self(digits)) } else { None }
    }

    /// The number as a log may show it: the first four and the last two digits.
    #[must_use]
    pub fn masked(self) -> String {
        let digits = self.0.to_string();
        format!("+{}****{}", &digits[..4], &digits[digits.len() - 2..])
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for text in
            ["+447700900123", "447700900123", "00447700900123", " +44 (7700) 900-123 ", "+44.7700/900123"]
        {
            assert_eq!(Number::parse(text).map(|n| n.to_string()), Ok("+447700900123".into()), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let cases = [
            ("", NotANumber::Empty),
            ("+", NotANumber::TooShort),
            ("123456", NotANumber::TooShort),
            ("1234567890123456", NotANumber::TooLong),
            ("07700900123", NotANumber::National),
            ("+44x", NotANumber::Character('x')),
            ("４４７７００９００１２３", NotANumber::Character('４')),
        ];
        for (text, why) in cases {
            assert_eq!(Number::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn debug_never_shows_it_whole() {
        let number = Number::parse("+447700900123").unwrap();
        assert_eq!(format!("{number:?}"), "+4477****23");
    }

    #[test]
    fn survives_the_store() {
        let number = Number::parse("+1234567").unwrap();
        assert_eq!(Number::from_digits(number.digits()), Some(number));
        assert_eq!(Number::from_digits(999_999), None);
    }
}
