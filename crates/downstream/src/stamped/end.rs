//! The end of a message as its client knows it, and its cause in the codes of UCP and CIMD2.

use super::naming::stamp_of;
use postrider_core::cause::Cause;
use postrider_core::delivery::{Outcome, State};
use postrider_core::message::{KnownAs, Message};
use postrider_core::sender::Sender;
use postrider_wire::cimd2::status;
use postrider_wire::ucp::reason;

/// The end of a message, under the stamp that its client was given.
pub(crate) struct Ending<'a> {
    /// The client's time stamp.
    pub(crate) stamp: &'a str,
    pub(crate) message: &'a Message,
    pub(crate) outcome: &'a Outcome,
}

impl<'a> Ending<'a> {
    /// `None` for a message that has no stamp: it did not come by one of these protocols.
    pub(super) fn new(
        message: &'a Message,
        outcome: &'a Outcome,
        known_as: Option<&'a KnownAs>,
    ) -> Option<Self> {
        let reference = match known_as {
            Some(known_as) => known_as.reference.as_deref(),
            None => message.reference.as_deref(),
        };
        Some(Self { stamp: stamp_of(reference?)?, message, outcome })
    }

    /// The recipient's digits.
    pub(crate) fn recipient(&self) -> String {
        self.message.to.digits().to_string()
    }

    /// The sender's digits; `None` for a name, and where there is none.
    pub(crate) fn sender(&self) -> Option<String> {
        match self.message.from.as_ref()? {
            Sender::Number(number) => Some(number.digits().to_string()),
            Sender::Code(digits) => Some(digits.to_string()),
            Sender::Name(_) => None,
        }
    }

    /// The reason code of UCP (EMI/UCP 4.0, 7.2): the carrier's, where it gave one of UCP or CIMD2, or one for the state.
    pub(crate) fn ucp_reason(&self) -> u16 {
        let carriers = || match Carriers::of(self.outcome.error.as_ref()?)? {
            Carriers::Ucp(code) => Some(code),
            Carriers::Cimd2(code) => {
                SAME.iter().find(|(_, status)| *status == code).map(|(reason, _)| *reason)
            }
        };
        match self.outcome.state {
            State::Delivered => 0,
            State::Expired => carriers().unwrap_or(201),
            State::Rejected => carriers().unwrap_or(104),
            State::Unknown => 9,
            _ => carriers().unwrap_or(108),
        }
    }

    /// The status error code of CIMD2 (section 5.1.2), if there is one.
    pub(crate) fn cimd2_error(&self) -> Option<u16> {
        if self.outcome.state == State::Delivered {
            return None;
        }
        match Carriers::of(self.outcome.error.as_ref()?)? {
            Carriers::Cimd2(code) => Some(code),
            Carriers::Ucp(code) => SAME.iter().find(|(reason, _)| *reason == code).map(|(_, status)| *status),
        }
    }
}

/// A carrier's code that one of these protocols has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carriers {
    Ucp(u16),
    Cimd2(u16),
}

impl Carriers {
    /// The code of a cause, if its number and its words are those of a protocol.
    fn of(cause: &Cause) -> Option<Self> {
        let (digits, words) = cause.carrier_code()?.split_once(' ')?;
        let code = digits.parse().ok()?;
        match words {
            words if reason::name(code) == Some(words) && digits.len() == 3 => Some(Self::Ucp(code)),
            words if status::name(code) == Some(words) => Some(Self::Cimd2(code)),
            _ => None,
        }
    }
}

/// Reasons of UCP and status errors of CIMD2 that mean the same. The first of several counts.
const SAME: [(u16, u16); 24] = [
    (101, 1),
    (0, 1),
    (115, 1),
    (114, 9),
    (102, 11),
    (117, 11),
    (103, 13),
    (104, 13),
    (111, 19),
    (116, 20),
    (116, 22),
    (106, 21),
    (100, 21),
    (107, 29),
    (107, 60),
    (107, 81),
    (119, 36),
    (118, 36),
    (126, 36),
    (110, 36),
    (105, 72),
    (113, 61),
    (120, 63),
    (124, 64),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamped::testing::ended;

    fn codes(state: State, error: Option<Cause>) -> (u16, Option<u16>) {
        let (message, outcome) = ended(None, state, error);
        let ending = Ending::new(&message, &outcome, None).unwrap();
        (ending.ucp_reason(), ending.cimd2_error())
    }

    #[test]
    fn a_carriers_code_is_told_as_it_came_and_in_the_other_protocol() {
        use postrider_core::cause::Code::{Undeliverable, ValidityEnded};
        let carriers = |words: &str| Some(Cause::of_carrier(Undeliverable, words));
        for (state, error, expected) in [
            (State::Delivered, None, (0, None)),
            (State::Undelivered, carriers("107 absent subscriber"), (107, Some(29))),
            (State::Undelivered, carriers("29 absent subscriber"), (107, Some(29))),
            (State::Undelivered, carriers("1 unknown subscriber"), (101, Some(1))),
            (State::Undelivered, carriers("000 unknown subscriber"), (0, Some(1))),
            (State::Rejected, carriers("103 call barred"), (103, Some(13))),
            (State::Undelivered, carriers("87 deregistered in HLR for GPRS"), (108, Some(87))),
            // Of another protocol, or of the carrier's own.
            (State::Undelivered, carriers("0x0000000B ESME_RINVDSTADR"), (108, None)),
            (State::Undelivered, carriers("107"), (108, None)),
            (State::Rejected, None, (104, None)),
            (State::Expired, Some(ValidityEnded.into()), (201, None)),
            (State::Unknown, None, (9, None)),
            (State::Canceled, None, (108, None)),
        ] {
            assert_eq!(codes(state, error.clone()), expected, "{state:?} {error:?}");
        }
    }

    #[test]
    fn an_end_has_the_stamp_that_its_client_was_given() {
        let (message, outcome) = ended(Some("Shop"), State::Delivered, None);
        let ending = Ending::new(&message, &outcome, None).unwrap();
        assert_eq!((ending.stamp, ending.sender()), ("291126083007", None));
        let part = KnownAs {
            id: message.id,
            receipts: message.receipts,
            reference: Some("ucp:291126083008".into()),
        };
        assert_eq!(Ending::new(&message, &outcome, Some(&part)).unwrap().stamp, "291126083008");
        let nameless = Message { reference: Some("4711".into()), ..message };
        assert!(Ending::new(&nameless, &outcome, None).is_none());
    }
}
