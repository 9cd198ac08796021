//! Whatever can be written reads back the same, and whatever is cut short or made up doesn't panic.

use crate::random::{any_status, any_tlvs, fields};
use bytes::BytesMut;
use postrider_wire::smpp::pdu::{SubmitSm, SubmitSmResp};
use postrider_wire::smpp::{Address, Encode, EncodeError, Frame, Problem, Status};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_pdu_reads_back(fields in fields(any_tlvs()), status in any_status(), sequence in any::<u32>()) {
        let lists = fields.lists();
        let pdu = fields.pdu(&lists);
        let mut out = BytesMut::new();
        pdu.encode(status, sequence, &mut out).unwrap();
        let frame = Frame::peek(&out, usize::MAX).unwrap().unwrap();
        prop_assert_eq!(frame.octets(), out.len());
        prop_assert_eq!((frame.header.status, frame.header.sequence), (status, sequence));
        prop_assert_eq!(frame.decode().unwrap(), pdu);
    }

    #[test]
    fn made_up_octets_do_not_panic(mut octets in proptest::collection::vec(any::<u8>(), 16..200), command in 0..0x25_u8) {
        let command_id = [octets[4] & 0x80, 0, octets[6] & 1, command];
        octets[4..8].copy_from_slice(&command_id);
        crate::pdu_target::frame(&Frame::whole(&octets).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_body_cut_anywhere_is_an_error_or_less_of_the_same(fields in fields(any_tlvs()), status in any_status()) {
        let lists = fields.lists();
        let mut out = BytesMut::new();
        fields.pdu(&lists).encode(status, 1, &mut out).unwrap();
        for end in 16..out.len() {
            crate::pdu_target::frame(&Frame::whole(&out[..end]).unwrap());
        }
    }
}

#[test]
fn what_is_too_long_is_refused_and_nothing_written() {
    let mut out = BytesMut::from(&b"before"[..]);
    let long = [b'1'; 255];
    let submit = SubmitSm { short_message: &long, ..SubmitSm::default() };
    let error = submit.encode(Status::ROK, 1, &mut out).unwrap_err();
    assert_eq!(error, EncodeError { field: "short_message", problem: Problem::TooLong { max: 254 } });
    assert_eq!(error.to_string(), "short_message is longer than 254 octets");
    let submit = SubmitSm { destination: Address::international(&long[..21]), ..SubmitSm::default() };
    assert_eq!(submit.check().unwrap_err().status(), Status::RINVDSTADR);
    let answer = SubmitSmResp { message_id: b"a\0b", ..SubmitSmResp::default() };
    assert_eq!(answer.encode(Status::ROK, 1, &mut out).unwrap_err().problem, Problem::Nul);
    assert_eq!(&out[..], b"before");
}
