//! Octets published elsewhere, read and written.

use crate::wired::any_moment;
use bytes::BytesMut;
use postrider_wire::smpp::pdu::{Bind, BindMode, Pdu, SubmitSm};
use postrider_wire::smpp::{Address, Command, Encode, Frame, Npi, Role, Session, Settings, Status, Ton};

/// Reads one PDU and shows that writing it gives the same octets.
pub(crate) fn reread(octets: &[u8]) -> (Frame<'_>, Pdu<'_>) {
    let frame = Frame::peek(octets, 70_000).unwrap().expect("a whole PDU");
    let pdu = frame.decode().unwrap();
    let mut out = BytesMut::new();
    pdu.encode(frame.header.status, frame.header.sequence, &mut out).unwrap();
    assert_eq!(out, octets);
    (frame, pdu)
}

/// The example of SMPP 5.0 section 3.2.
#[test]
fn the_specifications_bind_transmitter() {
    let octets = b"\x00\x00\x00\x2F\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\
        SMPP3TEST\0secret08\0SUBMIT1\0\x50\x01\x01\0";
    let (frame, pdu) = reread(octets);
    assert_eq!((frame.header.length, frame.header.command), (47, Command::BIND_TRANSMITTER));
    assert_eq!((frame.header.status, frame.header.sequence), (Status::ROK, 1));
    let expected = Bind {
        system_type: b"SUBMIT1",
        interface_version: 0x50,
        addr_ton: Ton::INTERNATIONAL,
        addr_npi: Npi::ISDN,
        ..Bind::new(BindMode::Transmitter, b"SMPP3TEST", b"secret08")
    };
    assert_eq!(pdu, Pdu::Bind(expected));
}

/// The example that the encyclopedias print.
#[test]
fn a_submit_sm_taken_from_a_line() {
    let octets = b"\x00\x00\x00\x3C\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05\
        \0\x02\x08555\0\x01\x01555555555\0\0\0\0\0\0\0\0\x03\0\x0FHello Wikipedia";
    let (_, pdu) = reread(octets);
    let expected = SubmitSm {
        source: Address::new(Ton::NATIONAL, Npi::NATIONAL, b"555"),
        destination: Address::international(b"555555555"),
        data_coding: 3,
        short_message: b"Hello Wikipedia",
        ..SubmitSm::default()
    };
    assert_eq!(pdu, Pdu::SubmitSm(expected));
}

#[test]
fn pdus_that_are_only_a_header() {
    for (command, expected) in [
        (0x0000_0015, "EnquireLink"),
        (0x8000_0015, "EnquireLinkResp"),
        (0x0000_0006, "Unbind"),
        (0x8000_0006, "UnbindResp"),
        (0x8000_0000, "GenericNack"),
        (0x8000_0007, "ReplaceSmResp"),
        (0x8000_0008, "CancelSmResp"),
        (0x8000_0113, "CancelBroadcastSmResp"),
    ] {
        let mut octets = vec![0, 0, 0, 16];
        octets.extend_from_slice(&u32::to_be_bytes(command));
        octets.extend_from_slice(&[0, 0, 0, 3, 0, 0, 0, 9]);
        let (frame, pdu) = reread(&octets);
        assert_eq!(format!("{pdu:?}"), expected);
        assert_eq!((frame.header.status, frame.header.sequence), (Status::RINVCMDID, 9));
    }
}

#[test]
fn a_text_or_a_full_number_is_not_shown() {
    let submit = SubmitSm {
        source: Address::international(b"31612345678"),
        destination: Address::international(b"31687654321"),
        short_message: b"my secret",
        ..SubmitSm::default()
    };
    let shown = format!("{:?} {:?}", Pdu::SubmitSm(submit), Bind::new(BindMode::Receiver, b"me", b"pass"));
    let mut octets = BytesMut::new();
    submit.encode(Status::ROK, 1, &mut octets).unwrap();
    let mut session = Session::<()>::new(Role::Server, Settings::default(), any_moment());
    session.input().extend_from_slice(&octets);
    let shown = format!("{shown} {:?} {session:?}", Frame::whole(&octets));
    for secret in ["31612345678", "31687654321", "secret", "109", "pass"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("678") && shown.contains("[9 octets]"), "{shown}");
}
