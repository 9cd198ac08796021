//! Causes: why a message was not delivered, or not yet. The one table of their codes, from which the behaviour towards carriers'
//! answers, the API's values, the manual's pages and the doctor's words are made.

mod table;

pub use table::Code;

use std::fmt;

/// Why a message was not delivered, or an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The gateway's code.
    pub code: Code,
    /// The carrier's code, or a detail of the gateway's.
    words: Option<Box<str>>,
    is_carriers: bool,
}

impl Cause {
    /// A cause that a carrier gave this code for.
    #[must_use]
    pub fn of_carrier(code: Code, carrier_code: impl Into<Box<str>>) -> Self {
        Self { code, words: Some(carrier_code.into()), is_carriers: true }
    }

    /// A cause of the gateway's own, with what exactly it found.
    #[must_use]
    pub fn with_detail(code: Code, detail: impl Into<Box<str>>) -> Self {
        Self { code, words: Some(detail.into()), is_carriers: false }
    }

    /// The carrier's own code and word, such as `0x0000000B ESME_RINVDSTADR` or `012`. Nobody branches on it.
    #[must_use]
    pub fn carrier_code(&self) -> Option<&str> {
        self.words.as_deref().filter(|_| self.is_carriers)
    }

    /// What exactly the gateway found; never beside a carrier's code.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.words.as_deref().filter(|_| !self.is_carriers)
    }

    /// The carrier's code, or else the gateway's own.
    #[must_use]
    pub fn shortest(&self) -> &str {
        self.carrier_code().unwrap_or(self.code.word())
    }
}

/// A cause of the gateway's own.
impl From<Code> for Cause {
    fn from(code: Code) -> Self {
        Self { code, words: None, is_carriers: false }
    }
}

/// Reads what `Display` writes. A text without one of our codes is a carrier's code that nothing else is known of, so that a
/// code of a later version is shown rather than lost.
impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (Code::from_word(word.trim_end_matches(':')), rest) {
            (Some(code), "") => code.into(),
            (Some(code), detail) if word.ends_with(':') => Self::with_detail(code, detail),
            (Some(code), carrier_code) => Self::of_carrier(code, carrier_code),
            (None, _) => Self::of_carrier(Code::Unexplained, text),
        }
    }
}

/// The code's word, then the carrier's code after a blank, or the detail after a colon: the form in which it is kept.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.word())?;
        match (self.carrier_code(), self.detail()) {
            (Some(carrier_code), _) => write!(f, " {carrier_code}"),
            (None, Some(detail)) => write!(f, ": {detail}"),
            (None, None) => Ok(()),
        }
    }
}

/// Who can mend a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The application that sent the message.
    Sender,
    /// The recipient, or the recipient's network.
    Recipient,
    /// The carrier.
    Carrier,
    /// The operator of this gateway.
    Operator,
}

impl Party {
    /// The party in words, to stand after "mended by".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sender => "the sending application",
            Self::Recipient => "the recipient, or the recipient's network",
            Self::Carrier => "the carrier",
            Self::Operator => "the operator of this gateway",
        }
    }
}

/// Whether the sender may send the same message again, once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same message fails again until something is changed.
    Never,
    /// The same message may succeed later.
    Later,
    /// The recipient may have the message: sent again, it may arrive twice.
    MayDuplicate,
    /// The message has not ended: the gateway sends it, or tries again, by itself.
    Automatic,
}

impl Retry {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Never, Self::Later, Self::MayDuplicate, Self::Automatic];

    /// The word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Later => "later",
            Self::MayDuplicate => "may_duplicate",
            Self::Automatic => "automatic",
        }
    }

    /// The advice in a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Never => "The same message fails again until something is changed.",
            Self::Later => "The same message may succeed later.",
            Self::MayDuplicate => "The recipient may have the message: sent again, it may arrive twice.",
            Self::Automatic => "The message has not ended: the gateway sends it, or tries again, by itself.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_kept_as_text() {
        for cause in [
            Cause::from(Code::ValidityEnded),
            Cause::of_carrier(Code::InvalidRecipient, "0x0000000B ESME_RINVDSTADR"),
            Cause::of_carrier(Code::Unexplained, "012"),
            Cause::with_detail(Code::ReceiptsIncomplete, "receipts came for 1 of 3 parts"),
        ] {
            assert_eq!(Cause::from(&*cause.to_string()), cause);
        }
        assert_eq!(Cause::from("012"), Cause::of_carrier(Code::Unexplained, "012"));
        assert_eq!(Cause::from("of_a_later_version 7").carrier_code(), Some("of_a_later_version 7"));
    }

    #[test]
    fn every_code_says_what_happened_and_what_to_do() {
        let mut numbers = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert_eq!(Code::from_word(code.word()), Some(*code));
            assert!(numbers.insert(code.number()) && (900..1000).contains(&code.number()), "{code:?}");
            for text in [code.meaning(), code.happened(), code.remedy()] {
                assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{code:?}: {text}");
            }
            assert!(code.meaning().len() <= 100, "{code:?}: a meaning is a line");
        }
    }

    #[test]
    fn what_the_gateway_tries_again_may_be_sent_again() {
        use crate::delivery::FaultKind::{Elsewhere, Paused, Permanent, QueueFull, Temporary, Throttled};
        for code in Code::ALL {
            match code.reaction() {
                Some(Throttled | QueueFull | Temporary | Paused) => assert_eq!(code.retry(), Retry::Later),
                Some(Permanent | Elsewhere) => assert_eq!(code.retry(), Retry::Never),
                None => {}
            }
        }
    }
}
