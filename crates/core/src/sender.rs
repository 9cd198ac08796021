//! The sender of a message, as its recipient sees it: a number, a short code, or a name.

use crate::number::{NotANumber, Number, is_format};
use std::fmt;

/// The most characters of a name that every carrier takes (3GPP TS 23.040, 9.1.2.5).
pub const NAME_USUAL: usize = 11;
/// The most characters of a name that any carrier takes.
pub const NAME_MAX: usize = 20;
/// The most digits of a code.
const CODE_MAX: usize = 20;

/// The sender that the recipient sees.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// An international number.
    Number(Number),
    /// A short code or a national number: up to 20 digits that are no international number.
    Code(Box<str>),
    /// A name of up to 20 characters. Most carriers take 11.
    Name(Box<str>),
}

/// Why a text can't be a sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASender {
    /// Nothing was given.
    #[error("the sender is empty")]
    Empty,
    /// A name over 20 characters.
    #[error("a sender's name has at most 11 characters, or 20 where a carrier allows it; this one has {0}")]
    NameTooLong(usize),
    /// Something that begins like an international number and is none.
    #[error("{0}")]
    Number(NotANumber),
    /// Digits, but too many.
    #[error("a sender of digits has at most 20 of them")]
    TooManyDigits,
    /// A control character.
    #[error("a sender can't hold control characters")]
    Control,
}

/// The type of a sender, by which carriers price and admit messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SenderKind {
    /// A name.
    Alphanumeric,
    /// An international number.
    LongNumber,
    /// A short code, or a number in national form.
    ShortCode,
}

impl SenderKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alphanumeric, Self::LongNumber, Self::ShortCode];

    /// The word for it in tariffs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alphanumeric => "alphanumeric",
            Self::LongNumber => "long_number",
            Self::ShortCode => "short_code",
        }
    }

    /// The type with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Sender {
    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> SenderKind {
        match self {
            Self::Number(_) => SenderKind::LongNumber,
            Self::Code(_) => SenderKind::ShortCode,
            Self::Name(_) => SenderKind::Alphanumeric,
        }
    }

    /// Reads a sender: `+` and digits is a number, digits alone of seven or more that don't start with 0 are
    /// a number, other digits are a code, everything else is a name. What nobody sees at its ends is left out.
    pub fn parse(text: &str) -> Result<Self, NotASender> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_format(c));
        let digits = text.strip_prefix('+').unwrap_or(text);
        if text.is_empty() {
            return Err(NotASender::Empty);
        }
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            return match Number::parse(digits) {
                Ok(number) => Ok(Self::Number(number)),
                Err(why @ NotANumber::TrunkZero) => Err(NotASender::Number(why)),
                // Without a plus it is a number's national form.
                Err(why @ NotANumber::TrunkEight) if text.starts_with('+') => Err(NotASender::Number(why)),
                Err(_) if digits.len() <= CODE_MAX => Ok(Self::Code(digits.into())),
                Err(_) => Err(NotASender::TooManyDigits),
            };
        }
        if text.starts_with(['+', '\u{FF0B}']) && !text.chars().any(char::is_alphabetic) {
            return Number::parse(text).map(Self::Number).map_err(NotASender::Number);
        }
        let length = text.chars().count();
        if text.chars().any(char::is_control) {
            Err(NotASender::Control)
        } else if length > NAME_MAX {
            Err(NotASender::NameTooLong(length))
        } else {
            Ok(Self::Name(text.into()))
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Code(text) | Self::Name(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Code(text) | Self::Name(text) => write!(f, "{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_numbers_codes_and_names_apart() {
        assert!(matches!(Sender::parse("+447700900123"), Ok(Sender::Number(_))));
        assert!(matches!(Sender::parse("447700900123"), Ok(Sender::Number(_))));
        assert!(matches!(Sender::parse("60006"), Ok(Sender::Code(_))));
        assert!(matches!(Sender::parse("07700900123"), Ok(Sender::Code(_))));
        assert!(matches!(Sender::parse("Postrider"), Ok(Sender::Name(_))));
        assert_eq!(Sender::parse(" "), Err(NotASender::Empty));
        assert!(matches!(Sender::parse("TwelveLetter"), Ok(Sender::Name(_))));
        assert_eq!(Sender::parse("Twenty Letters a Name"), Err(NotASender::NameTooLong(21)));
        assert!(matches!(Sender::parse("+Energy"), Ok(Sender::Name(_))));
        for pasted in
            ["+44 7700 900123", "\u{202A}+447700900123\u{202C}", "\u{FF0B}44\u{A0}7700\u{2011}900123"]
        {
            let number = Number::parse("+447700900123").unwrap();
            assert_eq!(Sender::parse(pasted), Ok(Sender::Number(number)), "{pasted}");
        }
        for national in ["+44 (0)7700 900123", "+4407700900123", "4407700900123"] {
            assert_eq!(Sender::parse(national), Err(NotASender::Number(NotANumber::TrunkZero)), "{national}");
        }
        assert_eq!(Sender::parse("a\u{7}b"), Err(NotASender::Control));
    }

    #[test]
    fn reads_back_what_it_writes() {
        for text in ["+447700900123", "+00447700900123", "60006", "Bank & Co"] {
            let sender = Sender::parse(text).unwrap();
            assert_eq!(Sender::parse(&sender.to_string()), Ok(sender));
        }
    }
}
