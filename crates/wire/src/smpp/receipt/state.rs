//! message_state, and its words in receipts.

/// The state of a message at a server (SMPP 3.4 section 5.2.28, 5.0 section 4.7.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum MessageState {
    /// Waiting for its time, since 5.0.
    Scheduled = 0,
    /// On its way.
    Enroute = 1,
    /// Delivered.
    Delivered = 2,
    /// Not delivered before its validity ended.
    Expired = 3,
    /// Deleted.
    Deleted = 4,
    /// Can't be delivered.
    Undeliverable = 5,
    /// Accepted: read by customer service on the subscriber's behalf, says the specification; taken over by the next
    /// network, say most carriers.
    Accepted = 6,
    /// The server doesn't know.
    Unknown = 7,
    /// Refused.
    Rejected = 8,
    /// Accepted and left alone on purpose, since 5.0.
    Skipped = 9,
}

impl MessageState {
    const ALL: [Self; 10] = [
        Self::Scheduled,
        Self::Enroute,
        Self::Delivered,
        Self::Expired,
        Self::Deleted,
        Self::Undeliverable,
        Self::Accepted,
        Self::Unknown,
        Self::Rejected,
        Self::Skipped,
    ];

    /// The state that a message_state octet means.
    pub fn from_octet(octet: u8) -> Option<Self> {
        Self::ALL.get(usize::from(octet)).copied()
    }

    /// The message_state octet.
    pub fn octet(self) -> u8 {
        self as u8
    }

    /// The word for it in a receipt's `stat` (SMPP 3.4 appendix B), seven letters.
    pub fn stat(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDLD",
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Skipped => "SKIPPED",
        }
    }

    /// The state of a receipt's `stat`, in upper or lower case and with carriers' usual misspellings. `None` for a
    /// carrier's own words.
    pub fn from_stat(stat: &[u8]) -> Option<Self> {
        const WORDS: &[(&[u8], MessageState)] = &[
            (b"DELIVRD", MessageState::Delivered),
            (b"DELIVERD", MessageState::Delivered),
            (b"DELIVERED", MessageState::Delivered),
            (b"UNDELIV", MessageState::Undeliverable),
            (b"UNDELIVRD", MessageState::Undeliverable),
            (b"UNDELIVERED", MessageState::Undeliverable),
            (b"UNDELIVERABLE", MessageState::Undeliverable),
            (b"FAILED", MessageState::Undeliverable),
            (b"NOROUTE", MessageState::Undeliverable),
            (b"EXPIRED", MessageState::Expired),
            (b"DELETED", MessageState::Deleted),
            (b"REJECTD", MessageState::Rejected),
            (b"REJECTED", MessageState::Rejected),
            (b"ACCEPTD", MessageState::Accepted),
            (b"ACCEPTED", MessageState::Accepted),
            (b"ACKED", MessageState::Accepted),
            (b"ENROUTE", MessageState::Enroute),
            (b"BUFFRED", MessageState::Enroute),
            (b"BUFFERD", MessageState::Enroute),
            (b"BUFFERED", MessageState::Enroute),
            (b"SCHEDLD", MessageState::Scheduled),
            (b"SCHEDULED", MessageState::Scheduled),
            (b"SKIPPED", MessageState::Skipped),
            (b"UNKNOWN", MessageState::Unknown),
        ];
        WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(stat)).map(|(_, state)| *state)
    }

    /// Whether the state is final. `Accepted` and `Unknown` are not: most carriers report another state later.
    pub fn is_final(self) -> bool {
        self.rank() == 2
    }

    /// Whether the message is still under way: no other state can contradict that.
    pub fn is_underway(self) -> bool {
        self.rank() == 0
    }

    /// Of two states in one receipt, the one of higher rank says more: under way (0), perhaps the end (1), final (2).
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Scheduled | Self::Enroute => 0,
            Self::Accepted | Self::Unknown => 1,
            Self::Delivered
            | Self::Expired
            | Self::Deleted
            | Self::Undeliverable
            | Self::Rejected
            | Self::Skipped => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_and_words_lead_back() {
        for (octet, state) in (0..).zip(MessageState::ALL) {
            assert_eq!(state.octet(), octet);
            assert_eq!(MessageState::from_octet(octet), Some(state));
            assert_eq!(MessageState::from_stat(state.stat().as_bytes()), Some(state));
            assert_eq!(state.stat().len(), 7);
        }
        assert_eq!(MessageState::from_octet(10), None);
    }

    #[test]
    fn words_in_any_case_and_misspelt() {
        for (words, state) in [
            (&["delivrd", "DELIVERED", "Delivered"][..], MessageState::Delivered),
            (&["FAILED", "NOROUTE", "UNDELIVRD", "undeliv"], MessageState::Undeliverable),
            (&["ACKED", "ACCEPTED"], MessageState::Accepted),
            (&["BUFFRED", "BUFFERD", "ENROUTE"], MessageState::Enroute),
            (&["SCHEDLD"], MessageState::Scheduled),
            (&["SKIPPED"], MessageState::Skipped),
            (&["REJECTED"], MessageState::Rejected),
        ] {
            for word in words {
                assert_eq!(MessageState::from_stat(word.as_bytes()), Some(state), "{word}");
            }
        }
        assert_eq!(MessageState::from_stat(b"0"), None);
    }
}
