use super::*;
use postrider_wire::smpp::pdu::{BindMode, BindResp, DeliverSm, DeliverSmResp, SubmitSmResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Encode, Pdu, TlvBuilder, Tlvs};

/// A PDU with sequence number 7 on the first connection, as it is written.
fn twisted(rules: Vec<Rule>, status: Status, pdu: &impl Encode) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(status, 7, &mut out).unwrap();
    Twister::new(Octets { rules, ..Octets::default() }, 1).send(&mut out, 0);
    out
}

fn hello(tlvs: Tlvs<'_>) -> DeliverSm<'_> {
    DeliverSm { short_message: b"hello", tlvs, ..DeliverSm::default() }
}

fn message(twist: Twist, tlvs: Tlvs<'_>) -> BytesMut {
    twisted(vec![Rule::new(Which::Message, twist)], Status::ROK, &hello(tlvs))
}

#[test]
fn an_answer_loses_its_body() {
    let answer = BindResp { mode: BindMode::Transceiver, system_id: b"smsc", tlvs: Tlvs::EMPTY };
    let rules = vec![Rule::new(Which::BindResp, Twist::Body(Vec::new())).refused()];
    let refused = twisted(rules.clone(), Status::RINVPASWD, &answer);
    assert_eq!(&refused[..], b"\0\0\0\x10\x80\0\0\x09\0\0\0\x0e\0\0\0\x07");
    assert_eq!(twisted(rules, Status::ROK, &answer).len(), 16 + 5);
}

#[test]
fn a_nul_follows_the_text_and_is_counted_or_not() {
    for (counted, length) in [(false, 5), (true, 6)] {
        let out = message(Twist::NulAfterText { counted }, Tlvs::EMPTY);
        let end = out.len();
        assert_eq!(&out[end - 7..], [&[length][..], b"hello\0"].concat());
        assert_eq!(u32::from_be_bytes(out[..4].try_into().unwrap()) as usize, end);
    }
}

#[test]
fn parameters_are_changed_and_the_text_is_not() {
    let mut builder = TlvBuilder::new();
    assert!(builder.push_string(tag::RECEIPTED_MESSAGE_ID, b"ab"));
    builder.push_u8(tag::MESSAGE_STATE, 2);
    let around = Twist::Around(tag::RECEIPTED_MESSAGE_ID, b"0x".to_vec(), b"  ".to_vec());
    for (twist, expected) in [
        (Twist::Widen(tag::MESSAGE_STATE), &b"\0\x1e\0\x03ab\0\x04\x27\0\x02\0\x02"[..]),
        (around, b"\0\x1e\0\x060xab  \x04\x27\0\x01\x02"),
        (Twist::Reverse, b"\x04\x27\0\x01\x02\0\x1e\0\x03ab\0"),
        (Twist::Without(tag::MESSAGE_STATE), b"\0\x1e\0\x03ab\0"),
        (Twist::Rename(tag::MESSAGE_STATE, 0x1400), b"\0\x1e\0\x03ab\0\x14\0\0\x01\x02"),
        (Twist::Parameter(0x1401, vec![9]), b"\0\x1e\0\x03ab\0\x04\x27\0\x01\x02\x14\x01\0\x01\x09"),
    ] {
        let out = message(twist, builder.tlvs());
        let text = out.len() - expected.len();
        assert_eq!((&out[text - 6..text], &out[text..]), (&b"\x05hello"[..], expected));
    }
}

#[test]
fn rules_end_after_their_times_and_connections() {
    let once = Octets {
        rules: vec![Rule::new(Which::MessageResp, Twist::Vanish).times(1).connections(2)],
        ..Octets::default()
    };
    for (connection, left) in [(2, 1), (3, 2)] {
        let mut out = BytesMut::new();
        for sequence in 1..=2 {
            SubmitSmResp::default().encode(Status::ROK, sequence, &mut out).unwrap();
        }
        Twister::new(once.clone(), connection).send(&mut out, 0);
        assert_eq!(out.len(), left * 17);
    }
}

#[test]
fn the_session_gets_its_own_numbers_back() {
    for (sequence, given) in [(Sequence::Zero, 0), (Sequence::High, 0x8000_0007)] {
        let mut twister = Twister::new(Octets { sequence, ..Octets::default() }, 1);
        let mut out = BytesMut::new();
        hello(Tlvs::EMPTY).encode(Status::ROK, 7, &mut out).unwrap();
        twister.send(&mut out, 0);
        assert_eq!(out[12..16], u32::to_be_bytes(given));
        let mut input = BytesMut::new();
        DeliverSmResp::default().encode(Status::ROK, given, &mut input).unwrap();
        twister.receive(&mut input);
        let frame = Frame::whole(&input).unwrap();
        assert_eq!(frame.header.sequence, 7);
        assert!(matches!(frame.decode(), Ok(Pdu::DeliverSmResp(_))));
    }
}

#[test]
fn what_was_written_before_stays_as_it_is() {
    let mut out = BytesMut::from(&b"before"[..]);
    SubmitSmResp::default().encode(Status::ROK, 1, &mut out).unwrap();
    let octets = Octets { rules: vec![Rule::new(Which::MessageResp, Twist::Vanish)], ..Octets::default() };
    Twister::new(octets, 1).send(&mut out, 6);
    assert_eq!(&out[..], b"before");
}
