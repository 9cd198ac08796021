//! The states of a message, and sets of its parts.

/// Where a message stands. The words are the API's, the numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Accepted; waits for its turn, for its time, or for a way out.
    Queued,
    /// The carrier took it; its receipt is waited for.
    Sent,
    /// It reached the handset.
    Delivered,
    /// The carrier took it and then could not deliver it.
    Undelivered,
    /// Its time ran out, here or at the carrier.
    Expired,
    /// The carrier refused it, or it must not be sent: its recipient has opted out.
    Rejected,
    /// The gateway could not send it.
    Failed,
    /// Nobody knows, and nobody will.
    Unknown,
    /// The client took it back.
    Canceled,
}

impl State {
    /// All states, by their numbers.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Expired,
        Self::Rejected,
        Self::Failed,
        Self::Unknown,
        Self::Canceled,
    ];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Canceled => "canceled",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// A set of a message's parts, numbered from 0 to 63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartSet(pub u64);

impl PartSet {
    /// The set with `part` in it too.
    #[must_use]
    pub const fn with(self, part: u8) -> Self {
        Self(self.0 | 1 << (part & 63))
    }

    /// Whether `part` is in it.
    #[must_use]
    pub const fn has(self, part: u8) -> bool {
        self.0 & (1 << (part & 63)) != 0
    }

    /// How many are in it.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}
