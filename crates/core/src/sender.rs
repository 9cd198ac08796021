//! The sender of a message, as its recipient sees it: a number, a short code, or a name.

use crate::number::Number;
use std::fmt;

/// The longest name that a handset shows: 11 characters (3GPP TS 23.040, 9.1.2.5).
pub const NAME_MAX: usize = 11;

/// The sender that the recipient sees.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// An international number.
    Number(Number),
    /// A short code or a national number: up to 20 digits that are no international number.
    Code(Box<str>),
    /// A name of up to 11 characters.
    Name(Box<str>),
}

/// Why a text can't be a sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASender {
    /// Nothing was given.
    #[error("the sender is empty")]
    Empty,
    /// A name over 11 characters.
    #[error("a sender's name has at most 11 characters, this one has {0}")]
    NameTooLong(usize),
    /// Digits, but too many.
    #[error("a sender of digits has at most 20 of them")]
    TooManyDigits,
    /// A control character.
    #[error("a sender can't hold control characters")]
    Control,
}

impl Sender {
    /// Reads a sender: `+` and digits is a number, digits alone of seven or more that don't start with 0 are
    /// a number, other digits are a code, everything else is a name.
    pub fn parse(text: &str) -> Result<Self, NotASender> {
        let text = text.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        if text.is_empty() {
            return Err(NotASender::Empty);
        }
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            return match Number::parse(digits) {
                Ok(number) => Ok(Self::Number(number)),
                Err(_) if digits.len() <= 20 => Ok(Self::Code(digits.into())),
                Err(_) => Err(NotASender::TooManyDigits),
            };
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
        assert_eq!(Sender::parse("TwelveLetter"), Err(NotASender::NameTooLong(12)));
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
