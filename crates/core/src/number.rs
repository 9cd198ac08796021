//! Telephone numbers. To hold a [`Number`] is to know that it is valid.

mod national;
mod signs;
mod trunk;

use crate::numbering::{Country, calling_code_of, country_of};
use signs::Sign;
pub(crate) use signs::is_format;
use std::fmt;

/// The most digits of an international number (ITU-T E.164, 6.2).
const DIGITS_MAX: usize = 15;
/// The fewest digits of an international number.
const DIGITS_MIN: usize = 7;
/// The fewest digits of a short code.
const SHORT_MIN: usize = 3;
/// The fewest digits behind a slash: fewer name the end of a second number, as in `900123/24`.
const BEHIND_SLASH_MIN: usize = 4;

/// The first of the integers that stand for numbers which were erased, and the first behind them: they need 50 bits.
const PSEUDONYM_MIN: u64 = 1_000_000_000_000_000;
/// See [`PSEUDONYM_MIN`].
const PSEUDONYM_END: u64 = 1 << 50;

/// A telephone number in international form (ITU-T E.164): 7 to 15 digits, the first not zero. Or a short code, which is
/// known within a country only: 3 to 6 digits, the first not zero.
///
/// `Debug` masks the middle digits, so that no log shows a full number by accident; `Display` writes
/// `+` and all digits, and a short code without `+`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// Nothing was given.
    #[error("the number is empty")]
    Empty,
    /// A character that numbers don't have.
    #[error("{} can't stand in a number: write digits in international form, such as +447700900123", named(*.0))]
    Character(char),
    /// A letter: a name, or a number that is spelled as a word.
    #[error("{} is a letter: write the number in digits, such as +447700900123", named(*.0))]
    Letter(char),
    /// An extension behind the number.
    #[error("the number has an extension, and a message can't be sent to one: leave it out")]
    Extension,
    /// More than one number.
    #[error("there is more than one number: write one for each message")]
    Several,
    /// The zero of the national form, behind the country code.
    #[error(
        "the 0 behind the country code is dialled inside the country only: leave it out, as in +44 7700 900123 for \
         +44 (0)7700 900123"
    )]
    TrunkZero,
    /// The 8 of the national form, as in Russia and Kazakhstan.
    #[error(
        "the 8 in front is dialled inside the country only: write +7 912 345-67-89 for 8 912 345-67-89 and for \
         +7 (8) 912 345-67-89"
    )]
    TrunkEight,
    /// Fewer than 7 digits.
    #[error("too short: an international number has 7 to 15 digits")]
    TooShort,
    /// More than 15 digits.
    #[error("too long: an international number has 7 to 15 digits")]
    TooLong,
    /// A leading zero: a national form.
    #[error(
        "starts with 0: write the country code first, such as +447700900123, or give the account a country"
    )]
    National,
}

/// A character as an error shows it: with its code point, since many look alike and some look like nothing.
fn named(character: char) -> String {
    let code = u32::from(character);
    let is_invisible = character.is_control() || character.is_whitespace() || is_format(character);
    if is_invisible { format!("U+{code:04X}") } else { format!("'{character}' (U+{code:04X})") }
}

/// The most digits that are read: those of a number, and `00` in front.
const READ_MAX: usize = DIGITS_MAX + 2;

/// The digits of a text, and what was in front of them.
#[derive(Default)]
struct Digits {
    digits: [u8; READ_MAX],
    count: usize,
    plus: bool,
    /// Whether anything but separators was seen.
    any: bool,
    /// Where the bracket that is open began.
    open: Option<usize>,
    /// Where the last slash was.
    slash: Option<usize>,
}

impl Digits {
    fn read(text: &str) -> Result<Self, NotANumber> {
        let mut read = Self::default();
        for (at, character) in text.char_indices() {
            let sign = Sign::of(character);
            read.any |= sign != Sign::Separator;
            match sign {
                Sign::Digit(digit) => read.push(digit)?,
                Sign::Plus if read.count == 0 && !read.plus => read.plus = true,
                Sign::Plus if read.count >= DIGITS_MIN => return Err(NotANumber::Several),
                Sign::Plus | Sign::Other => return Err(read.stray(character, &text[at..])),
                Sign::Open => read.open = Some(read.count),
                Sign::Close => read.close()?,
                Sign::Slash => read.slash = Some(read.count),
                Sign::Separator => {}
            }
        }
        let behind_slash = read.slash.map(|at| read.count - at);
        if read.count >= DIGITS_MIN && behind_slash.is_some_and(|behind| behind < BEHIND_SLASH_MIN) {
            return Err(NotANumber::Several);
        }
        Ok(read)
    }

    fn push(&mut self, digit: u8) -> Result<(), NotANumber> {
        *self.digits.get_mut(self.count).ok_or(NotANumber::TooLong)? = digit;
        self.count += 1;
        Ok(())
    }

    /// The end of a bracket. Zeros alone between brackets behind a country code are those of the national form, unless numbers
    /// of that country begin with a zero.
    fn close(&mut self) -> Result<(), NotANumber> {
        let Some(start) = self.open.take().filter(|start| *start > 0) else { return Ok(()) };
        let inside = self.digits.get(start..self.count).unwrap_or_default();
        let are_zeros = !inside.is_empty() && inside.iter().all(|digit| *digit == 0);
        let (_, code) = self.without_prefix();
        let code = code.get(..code.len().saturating_sub(inside.len())).unwrap_or_default();
        let is_trunk = are_zeros && !(inside.len() == 1 && trunk::has_own_zeros(code));
        if is_trunk { Err(NotANumber::TrunkZero) } else { Ok(()) }
    }

    /// What a character is that no number has; `rest` begins with it.
    fn stray(&self, character: char, rest: &str) -> NotANumber {
        let is_number = self.count >= DIGITS_MIN;
        let rest = rest.to_ascii_lowercase();
        if is_number && ["ext", "x", "#", "*", "p", "w"].iter().any(|start| rest.starts_with(start)) {
            return NotANumber::Extension;
        }
        match character {
            ',' | ';' if is_number && rest.contains("ext") => NotANumber::Extension,
            ',' | ';' | '|' | '&' if is_number => NotANumber::Several,
            letter if letter.is_alphabetic() => NotANumber::Letter(letter),
            other => NotANumber::Character(other),
        }
    }

    /// Takes the `00` away that stands for `+`.
    fn without_prefix(&self) -> (bool, &[u8]) {
        let digits = self.digits.get(..self.count).unwrap_or_default();
        match digits.strip_prefix(&[0, 0]) {
            Some(digits) if !self.plus => (true, digits),
            _ => (self.plus, digits),
        }
    }
}

impl Number {
    /// Reads a number as people write it: `+`, `00` or nothing in front, spaces, dots, dashes, slashes and brackets between,
    /// and what nobody sees in pasted text. Digits may be those of any script.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        let read = Digits::read(text)?;
        let (_, digits) = read.without_prefix();
        match digits.len() {
            0 if !read.any => Err(NotANumber::Empty),
            _ if digits.first() == Some(&0) => Err(NotANumber::National),
            count if count > DIGITS_MAX => Err(NotANumber::TooLong),
            count if count < DIGITS_MIN => Err(NotANumber::TooShort),
            _ if trunk::has_trunk_zero(digits) => Err(NotANumber::TrunkZero),
            _ if trunk::has_trunk_eight(digits) => Err(NotANumber::TrunkEight),
            _ => Ok(Self(value(digits))),
        }
    }

    /// Reads a recipient: a number, or a short code without `+` or `00` in front.
    pub fn parse_recipient(text: &str) -> Result<Self, NotANumber> {
        Self::parse(text).or_else(|why| {
            let read = Digits::read(text)?;
            let (has_prefix, digits) = read.without_prefix();
            let is_short = (SHORT_MIN..DIGITS_MIN).contains(&digits.len());
            if why == NotANumber::TooShort && is_short && !has_prefix {
                Ok(Self(value(digits)))
            } else {
                Err(why)
            }
        })
    }

    /// Reads a recipient as [`Number::parse_recipient`] does, and numbers in the national form of a country: `07700 900123`
    /// in GB.
    pub fn parse_recipient_in(text: &str, home: Option<Country>) -> Result<Self, NotANumber> {
        match home {
            Some(home) => national::parse(text, home),
            None => Self::parse_recipient(text),
        }
    }

    /// Whether it is a short code, which is known within a country only.
    #[must_use]
    pub const fn is_short_code(self) -> bool {
        self.0 < 1_000_000
    }

    /// The digits as one integer, the form in which stores keep it.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// The digits behind the calling code, if it is a number of the country. No trunk prefix is before them.
    #[must_use]
    pub fn national_in(self, country: Country) -> Option<String> {
        let code = calling_code_of(country)?;
        let digits = self.0.to_string();
        let is_its = !self.is_pseudonym() && country_of(self) == Some(country);
        digits.get(code.code.length().into()..).filter(|_| is_its).map(str::to_owned)
    }

    /// The number or short code with these digits, if they make one.
    #[must_use]
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if digits >= 100 && digits < 1_000_000_000_000_000 { Some(Self(digits)) } else { None }
    }

    /// A number that stands for one that was erased, by a keyed hash of it. No handset has it: it has 16 digits.
    pub(crate) const fn pseudonym(hash: u64) -> Self {
        Self(PSEUDONYM_MIN + hash % (PSEUDONYM_END - PSEUDONYM_MIN))
    }

    /// Whether it stands for a number that was erased.
    #[must_use]
    pub const fn is_pseudonym(self) -> bool {
        self.0 >= PSEUDONYM_MIN
    }

    /// The number that a store has kept as these digits: one that was erased, too.
    #[must_use]
    pub const fn from_kept(digits: u64) -> Option<Self> {
        match Self::from_digits(digits) {
            None if digits >= PSEUDONYM_MIN && digits < PSEUDONYM_END => Some(Self(digits)),
            known => known,
        }
    }

    /// The number as a log may show it: the first four and the last two digits. A short code is nobody's and shown whole.
    #[must_use]
    pub fn masked(self) -> String {
        let digits = self.0.to_string();
        if self.is_short_code() {
            return digits;
        }
        format!("+{}****{}", &digits[..4], &digits[digits.len() - 2..])
    }
}

/// The digits as one integer; at most 15 fit.
fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_pseudonym() {
            return write!(f, "erased-{:012x}", self.0 - PSEUDONYM_MIN);
        }
        let plus = if self.is_short_code() { "" } else { "+" };
        write!(f, "{plus}{}", self.0)
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
        for text in [
            "+447700900123",
            "447700900123",
            "00447700900123",
            " +44 (7700) 900-123 ",
            "+44.7700/900123",
            "(+44) 7700 900123",
            "(0044) 7700 900123",
            // As it is pasted: marks of direction, a no-break space, a no-break hyphen, a zero-width space.
            "\u{202A}+44\u{A0}7700\u{2011}900123\u{202C}",
            "\u{2066}+44 7700 900\u{200B}123\u{2069}\n",
            "\u{FEFF}+44\u{2009}7700\u{2013}900\u{AD}123",
            "+44\u{2212}7700\u{202F}900\u{B7}123",
            "\u{FF0B}\u{FF14}\u{FF14}\u{FF08}7700\u{FF09}900\u{FF0D}123",
            // Arabic-Indic, Persian and Devanagari digits.
            "+\u{664}\u{664}\u{667}\u{667}\u{660}\u{660}\u{669}\u{660}\u{660}\u{661}\u{662}\u{663}",
            "\u{6F0}\u{6F0}\u{6F4}\u{6F4}7700900123",
            "+\u{96A}\u{96A} 7700 900123",
        ] {
            assert_eq!(Number::parse(text).map(|n| n.to_string()), Ok("+447700900123".into()), "{text}");
        }
    }

    #[test]
    fn a_zero_that_is_part_of_a_number_stays() {
        for (text, number) in [
            ("+39 06 1234567", "+39061234567"),
            ("+39 (0)6 1234567", "+39061234567"),
            ("0039 (06) 1234567", "+39061234567"),
            ("+378 (0) 549 123456", "+3780549123456"),
            ("+39 0549 123456", "+390549123456"),
            ("+225 07 07 12 34 56", "+2250707123456"),
            ("+229 (01) 97 12 34 56", "+2290197123456"),
            ("+7 812 123-45-67", "+78121234567"),
            ("+7 (800) 555-35-35", "+78005553535"),
        ] {
            assert_eq!(Number::parse(text).map(|number| number.to_string()), Ok(number.into()), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        use NotANumber::{
            Character, Empty, Extension, Letter, National, Several, TooLong, TooShort, TrunkEight, TrunkZero,
        };
        let cases = [
            ("", Empty),
            (" \u{200B}\n", Empty),
            ("+", TooShort),
            ("123456", TooShort),
            ("1234567890123456", TooLong),
            ("00441234567890123456", TooLong),
            ("07700900123", National),
            ("(0)7700 900123", National),
            ("+0044 7700 900123", National),
            // The zero of the national form.
            ("+44 (0)7700 900123", TrunkZero),
            ("+44(0)7700900123", TrunkZero),
            ("0044 (0) 7700 900123", TrunkZero),
            ("+44 ( 0 ) 7700 900123", TrunkZero),
            ("44 (0)7700 900123", TrunkZero),
            ("+44 \u{FF08}\u{FF10}\u{FF09}7700 900123", TrunkZero),
            ("+39 (00)6 1234567", TrunkZero),
            ("+44 (00)7700 900123", TrunkZero),
            ("+44 (07700) 900123", TrunkZero),
            ("+44 07700 900123", TrunkZero),
            ("+49-0151-23456789", TrunkZero),
            ("+44 00 7700900123", TrunkZero),
            // The 8 of the national form.
            ("+7 (8) 912 345-67-89", TrunkEight),
            ("+7 8 495 123 45 67", TrunkEight),
            ("+7 8 (701) 123 45 67", TrunkEight),
            ("8 (912) 345-67-89", TrunkEight),
            ("+375 8 (029) 123 45 67", TrunkEight),
            // Extensions, words, and several numbers.
            ("+44 7700 900123 ext 4", Extension),
            ("+44 7700 900123x4", Extension),
            ("+44 7700 900123 #4", Extension),
            ("+447700900123;ext=4", Extension),
            ("+1-800-FLOWERS", Letter('F')),
            ("tel:+447700900123", Letter('t')),
            ("+44x", Letter('x')),
            ("+44 77OO 900123", Letter('O')),
            ("+447700900123, +447700900124", Several),
            ("+447700900123 +447700900124", Several),
            ("+44 7700 900123/4", Several),
            ("+44+7700900123", Character('+')),
            ("++447700900123", Character('+')),
            ("+44_7700", Character('_')),
            ("+44 7700 90012\u{B2}", Character('\u{B2}')),
            ("+44\u{0}7700900123", Character('\u{0}')),
        ];
        for (text, why) in cases {
            assert_eq!(Number::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn an_error_names_what_looks_like_nothing() {
        for (character, name) in [
            ('_', "'_' (U+005F)"),
            ('\u{B2}', "'\u{B2}' (U+00B2)"),
            ('\u{0}', "U+0000"),
            ('\u{1D173}', "(U+1D173)"),
        ] {
            let told = NotANumber::Character(character).to_string();
            assert!(told.contains(name), "{told}");
        }
    }

    #[test]
    fn a_short_code_is_a_recipient_without_plus() {
        for (text, expected) in [
            ("60006", Ok("60006")),
            ("600 06", Ok("60006")),
            ("112", Ok("112")),
            ("123456", Ok("123456")),
            ("447700900123", Ok("+447700900123")),
            ("+60006", Err(NotANumber::TooShort)),
            ("0060006", Err(NotANumber::TooShort)),
            ("12", Err(NotANumber::TooShort)),
            ("01234", Err(NotANumber::National)),
            ("60006x", Err(NotANumber::Letter('x'))),
        ] {
            let read = Number::parse_recipient(text).map(|number| number.to_string());
            assert_eq!(read.as_deref(), expected.as_ref().map(|text| *text), "{text}");
        }
        let short = Number::parse_recipient("60006").unwrap();
        assert!(short.is_short_code() && format!("{short:?}") == "60006");
        assert_eq!(Number::from_digits(short.digits()), Some(short));
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
        assert_eq!(Number::from_digits(99), None);
    }
}
