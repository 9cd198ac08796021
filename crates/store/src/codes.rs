//! The numbers by which the store keeps what the core has words for. They are the same in every engine and
//! never change their meaning.

use postrider_core::client_part::Alphabet;
use postrider_core::consent::{Intent, Kind, Source};
use postrider_core::conversation::ConversationState;
use postrider_core::delivery::State;
use postrider_core::message::{Class, Encoding, Receipts, Via};
use postrider_core::money::EntryKind;
use postrider_core::notice::What;
use postrider_core::receipt::Reported;

/// A value of the core that the store keeps as a small number.
pub(crate) trait Code: Copy + PartialEq + Sized + 'static {
    /// All values; a value's number is its place.
    const ALL: &'static [Self];

    /// The number of this value.
    fn code(self) -> i64 {
        // A value that `ALL` lacks would be a mistake of ours that the tests below show.
        Self::ALL.iter().zip(0..).find(|(value, _)| **value == self).map_or(-1, |(_, code)| code)
    }

    /// The value with this number.
    fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

impl Code for ConversationState {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for EntryKind {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for Class {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for State {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for Encoding {
    const ALL: &'static [Self] = &[Self::Gsm7, Self::Latin1, Self::Ucs2, Self::Octets];
}

impl Code for Receipts {
    const ALL: &'static [Self] = &[Self::None, Self::All, Self::Failures, Self::Successes];
}

impl Code for Via {
    const ALL: &'static [Self] =
        &[Self::Asking, Self::Session, Self::Webhook, Self::Rule, Self::Verification];
}

impl Code for Alphabet {
    const ALL: &'static [Self] =
        &[Self::Gsm7, Self::Gsm7Packed, Self::Latin1, Self::Ascii, Self::Utf8, Self::Ucs2];
}

impl Code for Intent {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for Kind {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for Source {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Code for Reported {
    const ALL: &'static [Self] = &[
        Self::Underway,
        Self::Delivered,
        Self::Undelivered,
        Self::Expired,
        Self::Deleted,
        Self::Rejected,
        Self::Unknown,
        Self::Unclear,
    ];
}

/// `notice.what` of the end of a message.
pub(crate) const ENDED: i64 = 0;
/// `notice.what` of a message from a handset.
pub(crate) const RECEIVED: i64 = 1;
/// `notice.what` of a change of what holds of a number.
pub(crate) const CONSENT: i64 = 2;

/// The number of the kind of thing that a notice tells.
pub(crate) const fn what_code(what: &What) -> i64 {
    match what {
        What::Ended { .. } => ENDED,
        What::Received { .. } => RECEIVED,
        What::Consent { .. } => CONSENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_back<T: Code + std::fmt::Debug>() {
        for value in T::ALL {
            assert_eq!(T::from_code(value.code()), Some(*value));
        }
        assert_eq!(T::from_code(-1), None);
        assert_eq!(T::from_code(i64::try_from(T::ALL.len()).unwrap()), None);
    }

    #[test]
    fn every_value_has_a_number_of_its_own() {
        reads_back::<Class>();
        reads_back::<State>();
        reads_back::<Encoding>();
        reads_back::<Receipts>();
        reads_back::<Via>();
        reads_back::<Reported>();
        reads_back::<Alphabet>();
    }

    #[test]
    fn the_numbers_are_those_that_the_schema_explains() {
        assert_eq!((Class::Emergency.code(), Class::Otp.code(), Class::Marketing.code()), (0, 1, 3));
        assert_eq!((State::Queued.code(), State::Delivered.code(), State::Canceled.code()), (0, 2, 8));
        assert_eq!((Encoding::Gsm7.code(), Encoding::Octets.code()), (0, 3));
        assert_eq!((Receipts::None.code(), Receipts::Successes.code()), (0, 3));
        assert_eq!((Via::Asking.code(), Via::Webhook.code(), Via::Rule.code()), (0, 2, 3));
        assert_eq!(Via::Verification.code(), 4);
        assert_eq!((Alphabet::Gsm7.code(), Alphabet::Ucs2.code()), (0, 5));
        assert_eq!((Reported::Underway.code(), Reported::Unclear.code()), (0, 7));
    }
}
