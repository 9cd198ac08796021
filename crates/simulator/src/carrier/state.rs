//! The states of a message, as a carrier's receipts spell them (SMPP 3.4 section 5.2.28 and appendix B).
//! Which message meets which end isn't decided here.

/// A message's state as a receipt tells it: message_state and `stat:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// On its way, not final.
    Enroute,
    /// On the handset.
    Delivered,
    /// Its validity period ended first.
    Expired,
    /// Deleted by the carrier.
    Deleted,
    /// It can't be delivered.
    Undeliverable,
    /// Taken over by somebody for the handset; final for some carriers, not for others.
    Accepted,
    /// The carrier has lost track of it.
    Unknown,
    /// Refused by the network or the handset.
    Rejected,
}

impl State {
    /// The value of the parameter message_state.
    pub fn number(self) -> u8 {
        self.row().0
    }

    /// The seven letters after `stat:`.
    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// The three digits after `err:`: 000, or a GSM MAP error that leads to this state.
    pub fn error(self) -> &'static str {
        self.row().2
    }

    /// Whether nothing more will be reported after it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Enroute | Self::Accepted)
    }

    fn row(self) -> (u8, &'static str, &'static str) {
        match self {
            Self::Enroute => (1, "ENROUTE", "000"),
            Self::Delivered => (2, "DELIVRD", "000"),
            Self::Expired => (3, "EXPIRED", "027"),
            Self::Deleted => (4, "DELETED", "000"),
            Self::Undeliverable => (5, "UNDELIV", "027"),
            Self::Accepted => (6, "ACCEPTD", "000"),
            Self::Unknown => (7, "UNKNOWN", "255"),
            Self::Rejected => (8, "REJECTD", "013"),
        }
    }
}
