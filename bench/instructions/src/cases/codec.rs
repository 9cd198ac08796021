//! The SMPP codec: the PDUs that each message costs, read and written.

use crate::Case;
use bytes::BytesMut;
use postrider_wire::smpp::frame::DEFAULT_MAX_PDU;
use postrider_wire::smpp::pdu::{DeliverSm, SubmitSm, SubmitSmResp};
use postrider_wire::smpp::receipt::Report;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Encode, Frame, Pdu, Status, TlvBuilder, Tlvs};
use std::hint::black_box;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "codec/encode_submit_sm",
        rounds: 10_000,
        run: |rounds| with_submit(|pdu| write(pdu, rounds)),
    },
    Case {
        name: "codec/decode_submit_sm",
        rounds: 10_000,
        run: |rounds| with_submit(|pdu| read(pdu, rounds)),
    },
    Case { name: "codec/encode_submit_sm_resp", rounds: 10_000, run: |rounds| write(&ANSWER, rounds) },
    Case { name: "codec/decode_submit_sm_resp", rounds: 10_000, run: |rounds| read(&ANSWER, rounds) },
    Case {
        name: "codec/encode_deliver_sm",
        rounds: 10_000,
        run: |rounds| with_receipt(|pdu| write(pdu, rounds)),
    },
    Case {
        name: "codec/decode_deliver_sm",
        rounds: 10_000,
        run: |rounds| with_receipt(|pdu| read(pdu, rounds)),
    },
    Case {
        name: "codec/read_receipt",
        rounds: 10_000,
        run: |rounds| with_receipt(|pdu| receipt(pdu, rounds)),
    },
];

const ANSWER: SubmitSmResp<'static> = SubmitSmResp { message_id: b"0123456789abcdef", tlvs: Tlvs::EMPTY };
const RECEIPT: &[u8] = b"id:0123456789abcdef sub:001 dlvrd:001 submit date:2601310900 done date:2601310901 stat:DELIVRD err:000 text:Your parcel is here";

/// The part of a long text: 140 octets and four parameters.
fn with_submit(measure: impl Fn(&SubmitSm<'_>)) {
    let mut parameters = TlvBuilder::new();
    parameters.push_u16(tag::SAR_MSG_REF_NUM, 7).push_u8(tag::SAR_TOTAL_SEGMENTS, 2);
    parameters.push_u8(tag::SAR_SEGMENT_SEQNUM, 1);
    assert!(parameters.push_string(0x1401, b"1107160000000012345"));
    measure(&SubmitSm {
        source: Address::alphanumeric(b"Postrider"),
        destination: Address::international(b"447700900123"),
        registered_delivery: 1,
        validity_period: b"000003000000000R",
        short_message: &[b'x'; 140],
        tlvs: parameters.tlvs(),
        ..SubmitSm::default()
    });
}

/// A delivery receipt with its parameters.
fn with_receipt(measure: impl Fn(&DeliverSm<'_>)) {
    let mut parameters = TlvBuilder::new();
    assert!(parameters.push_string(tag::RECEIPTED_MESSAGE_ID, b"0123456789abcdef"));
    parameters.push_u8(tag::MESSAGE_STATE, 2);
    measure(&DeliverSm {
        source: Address::international(b"447700900123"),
        destination: Address::alphanumeric(b"Postrider"),
        esm_class: 0x04,
        short_message: RECEIPT,
        tlvs: parameters.tlvs(),
        ..DeliverSm::default()
    });
}

fn octets(pdu: &impl Encode) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(Status::ROK, 7, &mut out).expect("the PDU can be written");
    out
}

fn write(pdu: &impl Encode, rounds: u32) {
    let mut out = octets(pdu);
    for sequence in 0..rounds {
        out.clear();
        black_box(pdu).encode(Status::ROK, sequence, &mut out).expect("the PDU can be written");
        black_box(&out);
    }
}

/// Decodes the PDU, and visits its parameters.
fn read(pdu: &impl Encode, rounds: u32) {
    let octets = octets(pdu);
    for _ in 0..rounds {
        let frame =
            Frame::peek(black_box(&octets), DEFAULT_MAX_PDU).expect("a good length").expect("a whole PDU");
        let pdu = frame.decode().expect("the PDU can be read");
        let parameters = match &pdu {
            Pdu::SubmitSm(submit) => submit.tlvs.iter().count(),
            Pdu::DeliverSm(deliver) => deliver.tlvs.iter().count(),
            _ => 0,
        };
        black_box((pdu, parameters));
    }
}

/// Reads what a receipt says.
fn receipt(pdu: &DeliverSm<'_>, rounds: u32) {
    for _ in 0..rounds {
        let pdu = black_box(pdu);
        black_box(Report::read(pdu.esm_class, &pdu.tlvs, pdu.short_message)).expect("it is a receipt");
    }
}
