//! Delivery receipts, freed of their protocol.

use crate::cause::{Cause, Code};
use crate::delivery::State;
use crate::number::Number;

/// The statement of a receipt, in the gateway's words.
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
    /// The receipt has no state, or one that is not known here; `error` holds the carrier's word. The message stays
    /// where it is, and its timeline shows the receipt.
    Unclear,
}

impl Reported {
    /// The final state that it means, or `None` while it is under way.
    #[must_use]
    pub const fn state(self) -> Option<State> {
        match self {
            Self::Underway | Self::Unclear => None,
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
    /// The carrier's name for the part, as the receipt spells it.
    pub reference: Box<str>,
    /// Another name that the receipt has, where it says two: it counts if the first is nobody's.
    pub also: Option<Box<str>>,
    /// The digits of the numbers between which it was sent, where they are numbers: one is the handset's.
    pub between: [Option<u64>; 2],
    /// Its statement.
    pub reported: Reported,
    /// The carrier's error code, if it gave one; a word that nobody branches on.
    pub error: Option<Box<str>>,
}

/// The last digits that carriers leave as they are when they write a number in national form.
const TELLING: u64 = 100_000_000;

impl Report {
    /// A statement about a part, and nothing else.
    #[must_use]
    pub fn new(reference: impl Into<Box<str>>, reported: Reported) -> Self {
        Self { reference: reference.into(), also: None, between: [None; 2], reported, error: None }
    }

    /// The cause of what it reports, unless that is the delivery or nothing yet.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        let code = match self.reported {
            Reported::Underway | Reported::Delivered | Reported::Unclear => return None,
            Reported::Undelivered => Code::Undeliverable,
            Reported::Expired => Code::ExpiredAtCarrier,
            Reported::Deleted => Code::DeletedAtCarrier,
            Reported::Rejected => Code::RejectedByNetwork,
            Reported::Unknown => Code::UnknownToCarrier,
        };
        Some(self.error.as_deref().map_or_else(|| code.into(), |error| Cause::of_carrier(code, error)))
    }

    /// Whether one of its numbers is this one, in whatever form.
    #[must_use]
    pub fn is_of(&self, recipient: Number) -> bool {
        let telling = recipient.digits() % TELLING;
        self.between.iter().flatten().any(|digits| digits % TELLING == telling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_of_its_handset_in_whatever_form() {
        let report = |between| Report {
            reference: "1".into(),
            also: None,
            between,
            reported: Reported::Delivered,
            error: None,
        };
        let handset = Number::from_digits(447_700_900_123).unwrap();
        for between in [
            [Some(447_700_900_123), None],
            [Some(7_700_900_123), None],
            [Some(12_345), Some(447_700_900_123)],
        ] {
            assert!(report(between).is_of(handset), "{between:?}");
        }
        assert!(!report([Some(447_700_900_124), Some(12_345)]).is_of(handset));
        assert!(!report([None, None]).is_of(handset));
    }
}
