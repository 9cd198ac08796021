//! What a deliver_sm or data_sm reports, from its esm_class, its parameters and its text together.

use super::{MessageState, ReceiptText};
use crate::smpp::Tlvs;
use crate::smpp::tlv::tag;

/// The content of a receipt, borrowed from its PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// The strongest evidence that it is a receipt.
    pub evidence: Evidence,
    /// The identifier in receipted_message_id, without NUL and spaces.
    pub tlv_id: Option<&'a [u8]>,
    /// The identifier in the text.
    pub text_id: Option<&'a [u8]>,
    /// The state: of message_state and the text's `stat`, as far as they are known, the one that says more. A final state
    /// says more than one that isn't; between equals message_state counts.
    pub state: Option<MessageState>,
    /// network_error_code.
    pub network_error: Option<NetworkError<'a>>,
    /// The fields of the text; all empty if it is no receipt's text.
    pub text: ReceiptText<'a>,
}

/// Evidence that a message is a receipt, weakest first. A person can write a text that looks like a receipt, so `Text`
/// alone should count only with a known identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Its text has both an id and a state.
    Text,
    /// It has receipted_message_id or message_state.
    Tlv,
    /// Its esm_class says so.
    EsmClass,
}

/// network_error_code (SMPP 3.4 section 5.3.2.31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError<'a> {
    /// As specified: the kind of network (1 ANSI-136, 2 IS-95, 3 GSM, ...) and its error code.
    Coded {
        /// network_type.
        network: u8,
        /// The error.
        code: u16,
    },
    /// Anything else, such as three digits in ASCII.
    Other(&'a [u8]),
}

/// The bits of esm_class that say what kind of message this is (SMPP 3.4 section 5.2.12).
const MESSAGE_TYPE: u8 = 0b0011_1100;
const DELIVERY_RECEIPT: u8 = 0x04;
const DELIVERY_ACKNOWLEDGEMENT: u8 = 0x08;
const INTERMEDIATE_NOTIFICATION: u8 = 0x20;

/// Whether an esm_class is that of a receipt or an intermediate notification, whatever its other bits.
pub fn is_receipt(esm_class: u8) -> bool {
    let kind = esm_class & MESSAGE_TYPE;
    kind & (DELIVERY_RECEIPT | INTERMEDIATE_NOTIFICATION) != 0 || kind == DELIVERY_ACKNOWLEDGEMENT
}

impl<'a> Report<'a> {
    /// Reads a receipt, or `None` for an ordinary message. `text` is the message's text, narrowed if need be
    /// (`narrow`).
    pub fn read(esm_class: u8, tlvs: &Tlvs<'a>, text: &'a [u8]) -> Option<Self> {
        let tlv_id = tlvs.text(tag::RECEIPTED_MESSAGE_ID).filter(|id| !id.is_empty());
        let tlv_state = tlvs.number::<u8>(tag::MESSAGE_STATE);
        let parsed = ReceiptText::parse(text);
        let evidence = if is_receipt(esm_class) {
            Evidence::EsmClass
        } else if tlv_id.is_some() || tlv_state.is_some() {
            Evidence::Tlv
        } else {
            parsed.filter(|text| text.id.is_some() && text.stat.is_some()).map(|_| Evidence::Text)?
        };
        let text = parsed.unwrap_or_default();
        let text_state = text.stat.and_then(MessageState::from_stat);
        Some(Self {
            evidence,
            tlv_id,
            text_id: text.id,
            state: decisive(tlv_state.and_then(MessageState::from_octet), text_state),
            network_error: NetworkError::read(tlvs),
            text,
        })
    }

    /// The identifier: the parameter's, otherwise the text's.
    pub fn id(&self) -> Option<&'a [u8]> {
        self.tlv_id.or(self.text_id)
    }
}

/// The state that says more; between equals the parameter's.
fn decisive(tlv: Option<MessageState>, text: Option<MessageState>) -> Option<MessageState> {
    match (tlv, text) {
        (Some(tlv), Some(text)) if text.rank() > tlv.rank() => Some(text),
        _ => tlv.or(text),
    }
}

impl<'a> NetworkError<'a> {
    fn read(tlvs: &Tlvs<'a>) -> Option<Self> {
        let value = tlvs.get(tag::NETWORK_ERROR_CODE)?;
        Some(match value {
            [network, high, low] if !value.iter().all(u8::is_ascii_digit) => {
                Self::Coded { network: *network, code: u16::from_be_bytes([*high, *low]) }
            }
            other => Self::Other(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::TlvBuilder;

    #[test]
    fn esm_class_counts_whatever_its_other_bits() {
        for esm_class in [0x04, 0x44, 0x84, 0x08, 0x20, 0x24, 0x07] {
            assert!(is_receipt(esm_class), "{esm_class:#x}");
        }
        for esm_class in [0x00, 0x03, 0x40, 0x80, 0x10, 0x18] {
            assert!(!is_receipt(esm_class), "{esm_class:#x}");
        }
    }

    #[test]
    fn text_alone_needs_both_an_id_and_a_state() {
        let evidence =
            |text: &'static str| Report::read(0, &Tlvs::EMPTY, text.as_bytes()).map(|it| it.evidence);
        assert_eq!(evidence("id:1 stat:DELIVRD"), Some(Evidence::Text));
        assert_eq!(evidence("id:1"), None);
        assert_eq!(evidence("Hello"), None);
    }

    #[test]
    fn parameters_win_over_the_text() {
        let mut builder = TlvBuilder::new();
        assert!(builder.push_string(tag::RECEIPTED_MESSAGE_ID, b"00B8BE19"));
        builder.push_u8(tag::MESSAGE_STATE, 5);
        assert!(builder.push(tag::NETWORK_ERROR_CODE, &[3, 0, 27]));
        let report = Report::read(0, &builder.tlvs(), b"id:12106265 stat:DELIVRD").unwrap();
        assert_eq!(report.evidence, Evidence::Tlv);
        assert_eq!((report.id(), report.text_id), (Some(&b"00B8BE19"[..]), Some(&b"12106265"[..])));
        assert_eq!(report.state, Some(MessageState::Undeliverable));
        assert_eq!(report.network_error, Some(NetworkError::Coded { network: 3, code: 27 }));
    }

    #[test]
    fn a_final_state_wins_over_one_that_is_not() {
        use MessageState::{
            Accepted, Delivered, Enroute, Expired, Rejected, Scheduled, Undeliverable, Unknown,
        };
        for (octet, stat, expected) in [
            (0, "UNDELIV", Undeliverable),
            (0, "DELIVRD", Delivered),
            (1, "UNDELIV", Undeliverable),
            (1, "REJECTD", Rejected),
            (6, "UNDELIV", Undeliverable),
            (7, "EXPIRED", Expired),
            (0, "ACCEPTD", Accepted),
            (1, "UNKNOWN", Unknown),
            // A final parameter wins over a word that isn't, and over another final word.
            (2, "ENROUTE", Delivered),
            (5, "ACCEPTD", Undeliverable),
            (5, "UNKNOWN", Undeliverable),
            (5, "DELIVRD", Undeliverable),
            // Neither is final.
            (0, "ENROUTE", Scheduled),
            (1, "BUFFRED", Enroute),
            (7, "ACCEPTD", Unknown),
            (0, "BLOCKED", Scheduled),
        ] {
            let mut builder = TlvBuilder::new();
            builder.push_u8(tag::MESSAGE_STATE, octet);
            let text = format!("id:1 stat:{stat} err:255");
            let report = Report::read(4, &builder.tlvs(), text.as_bytes()).unwrap();
            assert_eq!(report.state, Some(expected), "{octet} {stat}");
        }
    }

    #[test]
    fn an_unknown_or_missing_state_falls_to_the_text() {
        let mut builder = TlvBuilder::new();
        builder.push_u8(tag::MESSAGE_STATE, 77);
        assert!(builder.push(tag::NETWORK_ERROR_CODE, b"027"));
        let report = Report::read(4, &builder.tlvs(), b"id:1 stat:EXPIRED").unwrap();
        assert_eq!(report.state, Some(MessageState::Expired));
        assert_eq!(report.network_error, Some(NetworkError::Other(b"027")));
    }

    #[test]
    fn a_receipt_whose_text_says_nothing_is_one_all_the_same() {
        let report = Report::read(4, &Tlvs::EMPTY, b"something else").unwrap();
        assert_eq!((report.id(), report.state), (None, None));
    }
}
