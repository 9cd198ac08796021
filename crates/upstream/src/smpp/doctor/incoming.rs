//! What a carrier brings, kept as it came: where the text was, what made it a receipt, and every name in it.

use postrider_wire::smpp::pdu::DeliverSm;
use postrider_wire::smpp::receipt::{Evidence, MessageState, Report, narrow};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Command, Pdu, Tlvs};

/// Something that the carrier brought.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) sequence: u32,
    pub(super) command: Command,
    /// Whether the session that only receives brought it.
    pub(super) by_receiver: bool,
    /// Whether the text was in `message_payload` of a deliver_sm.
    pub(super) payload: bool,
    /// Source and destination, digits alone.
    pub(super) between: [String; 2],
    /// What it says as a receipt; `None` if it is none.
    pub(super) receipt: Option<Receipt>,
}

/// What a receipt says.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) evidence: Evidence,
    /// `receipted_message_id`.
    pub(super) tlv_id: Option<String>,
    /// The name in the text.
    pub(super) text_id: Option<String>,
    /// Values of vendors' own parameters, by their tags.
    pub(super) own_ids: Vec<(u16, String)>,
    pub(super) state: Option<MessageState>,
}

/// Where tags of vendors begin and end (SMPP 3.4, 5.3.2).
const VENDORS: std::ops::RangeInclusive<u16> = 0x1400..=0x3FFF;

impl Incoming {
    /// What a request of the carrier brings; `None` if it is another kind of request.
    pub(super) fn read(sequence: u32, pdu: &Pdu<'_>) -> Option<Self> {
        let (command, esm_class, tlvs, text, addresses, payload) = match pdu {
            Pdu::DeliverSm(pdu) => {
                let addresses = [&pdu.source, &pdu.destination];
                (Command::DELIVER_SM, pdu.esm_class, &pdu.tlvs, pdu.text(), addresses, is_payload(pdu))
            }
            Pdu::DataSm(pdu) => {
                let addresses = [&pdu.source, &pdu.destination];
                (Command::DATA_SM, pdu.esm_class, &pdu.tlvs, pdu.text(), addresses, false)
            }
            _ => return None,
        };
        let text = narrow(text);
        let receipt = Report::read(esm_class, tlvs, &text).map(|report| receipt(&report, tlvs));
        Some(Self { sequence, command, by_receiver: false, payload, between: addresses.map(digits), receipt })
    }

    /// Whether this number is one of its addresses.
    pub(super) fn is_of(&self, number: &str) -> bool {
        self.between.iter().any(|address| address == number)
    }
}

fn is_payload(pdu: &DeliverSm<'_>) -> bool {
    pdu.short_message.is_empty() && pdu.tlvs.get(tag::MESSAGE_PAYLOAD).is_some()
}

fn receipt(report: &Report<'_>, tlvs: &Tlvs<'_>) -> Receipt {
    let own = |tlv: u16| tlvs.text(tlv).filter(|text| !text.is_empty()).map(|text| (tlv, words(text)));
    Receipt {
        evidence: report.evidence,
        tlv_id: report.tlv_id.map(words),
        text_id: report.text_id.map(words),
        own_ids: tlvs
            .iter()
            .map(|(tag, _)| tag)
            .filter(|tag| VENDORS.contains(tag))
            .filter_map(own)
            .collect(),
        state: report.state,
    }
}

fn words(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.trim_ascii()).into_owned()
}

fn digits(address: &Address<'_>) -> String {
    words(address.digits.strip_prefix(b"+").unwrap_or(address.digits))
}
