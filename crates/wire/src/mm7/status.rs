//! Codes of answers, and states of multimedia messages.

use super::xml::Element;

/// The status of an answer (3GPP TS 23.140, 8.7.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// `StatusCode`, four digits.
    pub code: u16,
    /// `StatusText`, for people.
    pub text: String,
}

/// What a code says, by its first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 1xxx: it was done, 1100 in part.
    Success,
    /// 2xxx: the request is wrong.
    Client,
    /// 3xxx: the server failed.
    Server,
    /// 4xxx: the service isn't for this client, or is away.
    Service,
}

impl Status {
    /// `1000`: it was done.
    #[must_use]
    pub fn success() -> Self {
        Self { code: 1000, text: "Success".to_owned() }
    }

    /// A status with these words.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }

    /// What the code says. Codes of another class are failures of the server (8.7.3).
    #[must_use]
    pub const fn class(&self) -> Class {
        match self.code {
            1000..2000 => Class::Success,
            2000..3000 => Class::Client,
            4000..5000 => Class::Service,
            _ => Class::Server,
        }
    }

    pub(super) fn write(&self) -> Element {
        Element::of(
            "Status",
            vec![
                Element::text("StatusCode", self.code.to_string()),
                Element::text("StatusText", self.text.as_str()),
            ],
        )
    }

    /// Reads the status of an answer. Some centres leave the element `Status` out.
    pub(super) fn read(answer: &Element) -> Option<Self> {
        let place = answer.child("Status").unwrap_or(answer);
        let code = place.value("StatusCode")?.parse().ok()?;
        Some(Self { code, text: place.value("StatusText").unwrap_or_default().to_owned() })
    }
}

/// What became of a multimedia message, as reports say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MmStatus {
    /// The handset has fetched it.
    Retrieved,
    /// Its time ran out.
    Expired,
    /// It was refused.
    Rejected,
    /// Nobody knows.
    Indeterminate,
    /// It was passed on; more is to come.
    Forwarded,
    /// The handset fetches it later; more is to come.
    Deferred,
    /// The handset doesn't know such messages.
    Unrecognised,
    /// The recipient has read it.
    Read,
    /// The recipient has deleted it, maybe unread.
    Deleted,
    /// A word of the centre's own.
    Other(String),
}

impl MmStatus {
    const WORDS: [(Self, &'static str); 9] = [
        (Self::Retrieved, "Retrieved"),
        (Self::Expired, "Expired"),
        (Self::Rejected, "Rejected"),
        (Self::Indeterminate, "Indeterminate"),
        (Self::Forwarded, "Forwarded"),
        (Self::Deferred, "Deferred"),
        (Self::Unrecognised, "Unrecognised"),
        (Self::Read, "Read"),
        (Self::Deleted, "Deleted"),
    ];

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => Self::WORDS.iter().find(|(status, _)| status == known).map_or("", |(_, word)| word),
        }
    }

    pub(super) fn from_word(word: &str) -> Self {
        let word = word.trim();
        let found = Self::WORDS.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
        found.map_or_else(|| Self::Other(word.to_owned()), |(status, _)| status)
    }
}
