//! What a carrier reports of a message that it had taken.

use crate::delivery::State;

/// What the carrier's receipt says, in the gateway's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// Still under way: nothing to conclude.
    Underway,
    /// It reached the handset.
    Delivered,
    /// It did not and will not.
    Undelivered,
    /// Its time ran out at the carrier.
    Expired,
    /// It was deleted at the carrier.
    Deleted,
    /// The carrier or the network refused it.
    Rejected,
    /// The carrier doesn't know.
    Unknown,
}

impl Reported {
    /// The final state that it means, or `None` while it is under way.
    #[must_use]
    pub const fn state(self) -> Option<State> {
        match self {
            Self::Underway => None,
            Self::Delivered => Some(State::Delivered),
            Self::Undelivered | Self::Deleted => Some(State::Undelivered),
            Self::Expired => Some(State::Expired),
            Self::Rejected => Some(State::Rejected),
            Self::Unknown => Some(State::Unknown),
        }
    }
}

/// A receipt, freed of its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The carrier's name for the part, as it gave it when it took it.
    pub reference: Box<str>,
    /// What became of it.
    pub reported: Reported,
    /// The carrier's error code, if it gave one; a word that nobody branches on.
    pub error: Option<Box<str>>,
}
