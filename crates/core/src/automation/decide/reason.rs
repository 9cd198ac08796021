//! Why a rule acts, or doesn't.

use crate::automation::WrongTemplate;
use std::fmt;

/// A rule that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Its name.
    pub rule: Box<str>,
    /// Whether it acts.
    pub acts: bool,
    /// Why.
    pub reason: Reason,
}

/// Why a rule acts, or doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The event is the one that it waits for.
    Event,
    /// The URL of another rule answered to go on with it.
    GoneOn,
    /// It takes every text.
    AnyText,
    /// The first word is this keyword.
    Keyword(Box<str>),
    /// The first word is this keyword, but for one character.
    Typo(Box<str>),
    /// The text seems to ask to stop.
    MayAskToStop,
    /// The text matches its pattern.
    Pattern,
    /// The text is this answer to its menu or poll.
    Answer(Box<str>),
    /// The text is no answer to its menu or poll.
    OtherAnswer,
    /// No answer to its menu or poll came in time.
    TimedOut,
    /// Another number was written to.
    OtherNumber,
    /// Another upstream brought it.
    OtherUpstream,
    /// Another sender wrote.
    OtherSender,
    /// It is another time.
    OtherTime,
    /// The sender wrote before.
    NotFirst,
    /// The first word is none of its keywords.
    OtherKeyword,
    /// The text doesn't match its pattern.
    OtherText,
    /// It acted for this sender as often as it may.
    Limited,
    /// The sender is one of our own numbers.
    OwnNumber,
    /// The sender has no number that could be written to.
    NoAddress,
    /// The sender is no number, which a contact or a message could have.
    NoNumber,
    /// Rules have sent much because of this sender.
    TooMany,
    /// The sender repeats the same text.
    Repeats,
    /// The sender was taken for a robot, and goes on.
    Quiet,
    /// The text can't be made.
    Template(WrongTemplate),
    /// The text came out empty.
    Empty,
}

impl Reason {
    /// Whether it says why something was not done that would have been.
    #[must_use]
    pub const fn is_withheld(&self) -> bool {
        matches!(
            self,
            Self::Limited
                | Self::OwnNumber
                | Self::NoAddress
                | Self::NoNumber
                | Self::TooMany
                | Self::Repeats
                | Self::Quiet
                | Self::Template(_)
                | Self::Empty
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyword(word) => return write!(f, "the keyword is '{word}'"),
            Self::Typo(word) => {
                return write!(f, "the first word is one typo away from the keyword '{word}'");
            }
            Self::Answer(word) => return write!(f, "the answer is '{word}'"),
            Self::Template(wrong) => return write!(f, "nothing is sent: {wrong}"),
            Self::Event => "the event is the one that it waits for",
            Self::GoneOn => "the URL of another rule answered to go on with it",
            Self::NoNumber => {
                "the sender is no number: groups, consents and scheduled messages stay as they are"
            }
            Self::AnyText => "it takes every text",
            Self::MayAskToStop => "the text seems to ask to stop",
            Self::Pattern => "the text matches the pattern",
            Self::OtherAnswer => "the text is no answer to it",
            Self::TimedOut => "no answer came within its time",
            Self::OtherNumber => "another number was written to",
            Self::OtherUpstream => "another upstream brought it",
            Self::OtherSender => "another sender wrote",
            Self::OtherTime => "it is another time",
            Self::NotFirst => "the sender wrote before",
            Self::OtherKeyword => "the first word is none of its keywords",
            Self::OtherText => "the text doesn't match",
            Self::Limited => "nothing is done: it acted for this sender as often as its limit says",
            Self::OwnNumber => "nothing is sent: the sender is a number of this gateway",
            Self::NoAddress => "nothing is replied: the sender is no number",
            Self::TooMany => {
                "nothing is sent: rules have sent 30 messages within an hour because of this sender"
            }
            Self::Repeats => "nothing is sent: the sender repeats the same text, as robots do",
            Self::Quiet => {
                "nothing is sent: the sender was taken for a robot, and hasn't been quiet for an hour since"
            }
            Self::Empty => "nothing is sent: the text is empty",
        })
    }
}
