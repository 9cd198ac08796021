//! A PDU with its own octets, so that a story can keep it.

use bytes::{Bytes, BytesMut};
use postrider_text::{coding, segment};
use postrider_wire::smpp::receipt::Report;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Encode, Frame, Pdu, Status, Tlvs};
use std::fmt;

/// A PDU that was received.
#[derive(Clone)]
pub(crate) struct Packet(Bytes);

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// The identifier in its text.
    pub(crate) id: String,
    /// The state in its text, such as `DELIVRD`.
    pub(crate) stat: String,
    /// The error in its text.
    pub(crate) err: String,
    /// receipted_message_id.
    pub(crate) receipted_message_id: Option<String>,
    /// message_state.
    pub(crate) message_state: Option<u8>,
}

/// The octets of a PDU, with a sequence number that no session gives.
pub(crate) fn frame(pdu: &impl Encode) -> Vec<u8> {
    let mut octets = BytesMut::new();
    pdu.encode(Status::ROK, 0x7000_0000, &mut octets).unwrap();
    octets.to_vec()
}

impl Packet {
    /// A PDU of these octets, which must be one.
    pub(crate) fn new(octets: Bytes) -> Self {
        let packet = Self(octets);
        packet.frame().decode().unwrap();
        packet
    }

    /// The PDU.
    pub(crate) fn pdu(&self) -> Pdu<'_> {
        self.frame().decode().unwrap()
    }

    pub(crate) fn command(&self) -> Command {
        self.frame().header.command
    }

    pub(crate) fn status(&self) -> Status {
        self.frame().header.status
    }

    /// The message_id of an answer that has one.
    pub(crate) fn message_id(&self) -> String {
        let id = match self.pdu() {
            Pdu::SubmitSmResp(answer) => answer.message_id,
            Pdu::DataSmResp(answer) => answer.message_id,
            Pdu::SubmitMultiResp(answer) => answer.message_id,
            other => panic!("no message_id in {other:?}"),
        };
        ascii(id)
    }

    /// The text of what was delivered, and nothing of a header before it.
    pub(crate) fn text(&self) -> String {
        let (data_coding, octets, _, _) = self.message();
        segment::decode(coding::of_data_coding(data_coding).encoding, &[], octets)
    }

    /// What a receipt says; `None` if this is none.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        let (_, text, esm_class, tlvs) = self.message();
        let report = Report::read(esm_class, &tlvs, text)?;
        let word = |octets: Option<&[u8]>| octets.map(ascii).unwrap_or_default();
        Some(Receipt {
            id: word(report.text_id),
            stat: word(report.text.stat),
            err: word(report.text.err),
            receipted_message_id: report.tlv_id.map(ascii),
            message_state: tlvs.number(tag::MESSAGE_STATE),
        })
    }

    /// data_coding, text, esm_class and parameters.
    fn message(&self) -> (u8, &[u8], u8, Tlvs<'_>) {
        match self.pdu() {
            Pdu::DeliverSm(pdu) => (pdu.data_coding, pdu.text(), pdu.esm_class, pdu.tlvs),
            Pdu::DataSm(pdu) => (pdu.data_coding, pdu.text(), pdu.esm_class, pdu.tlvs),
            other => panic!("no message: {other:?}"),
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame::whole(&self.0).unwrap()
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.status(), self.pdu())
    }
}

fn ascii(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}
