//! Words of the API as people read them, with the colour that they have everywhere.

use crate::texts::Language;

/// How something stands. Each has a colour, a shape and a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It waits, or it is over and nobody need act.
    Quiet,
    /// It is in hand.
    Active,
    /// It went well.
    Good,
    /// It is late or unknown.
    Doubt,
    /// It failed, and somebody must act.
    Bad,
}

impl Tone {
    /// Its class in the style sheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Active => "active",
            Self::Good => "good",
            Self::Doubt => "doubt",
            Self::Bad => "bad",
        }
    }
}

/// A word of the API, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) tone: Tone,
    pub(crate) word: String,
}

impl Badge {
    pub(crate) fn new(tone: Tone, word: &str) -> Self {
        Self { tone, word: word.to_owned() }
    }
}

/// The states of messages, in the order of a filter.
pub(crate) const STATES: [&str; 9] =
    ["queued", "sent", "delivered", "undelivered", "expired", "rejected", "failed", "unknown", "canceled"];

/// The state of a message. A recipient's dead phone is no alarm: what nobody can mend is quiet.
pub(crate) fn state(state: &str, language: Language) -> Badge {
    let text = |text| language.text(text);
    let (tone, word) = match state {
        "queued" => (Tone::Quiet, text("Waiting")),
        "sent" => (Tone::Active, text("Sent")),
        "delivered" => (Tone::Good, text("Delivered")),
        "undelivered" => (Tone::Quiet, text("Not delivered")),
        "expired" => (Tone::Doubt, text("Expired")),
        "rejected" => (Tone::Bad, text("Rejected")),
        "failed" => (Tone::Bad, text("Failed")),
        "unknown" => (Tone::Doubt, text("Unknown")),
        "canceled" => (Tone::Quiet, text("Canceled")),
        other => (Tone::Quiet, other),
    };
    Badge::new(tone, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_and_a_tone() {
        for word in STATES {
            assert_ne!(state(word, Language::English).word, word);
        }
        assert_eq!(
            state("of_a_later_version", Language::English),
            Badge::new(Tone::Quiet, "of_a_later_version")
        );
    }
}
