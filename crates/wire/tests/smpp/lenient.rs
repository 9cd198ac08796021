//! What carriers and clients get wrong, read all the same.

use postrider_wire::smpp::pdu::Pdu;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, DecodeError, Header, Status};

fn decode(command: Command, status: Status, body: &[u8]) -> Result<Pdu<'_>, DecodeError> {
    let length = 16 + u32::try_from(body.len()).unwrap();
    Pdu::decode(&Header { length, command, status, sequence: 1 }, body)
}

fn submit(tail: &[u8]) -> Vec<u8> {
    [&b"\0\x01\x0131612345678\0\x01\x0131687654321\0\0\0\0\0\0\0\0\0\0"[..], tail].concat()
}

fn decode_submit(body: &[u8]) -> (Vec<u8>, usize) {
    match decode(Command::SUBMIT_SM, Status::ROK, body) {
        Ok(Pdu::SubmitSm(submit)) => (submit.short_message.to_vec(), submit.tlvs.iter().count()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nul_that_sm_length_does_not_count() {
    let body = submit(b"\x02hi\0\x02\x04\0\x02\0\x07");
    let Ok(Pdu::SubmitSm(submit)) = decode(Command::SUBMIT_SM, Status::ROK, &body) else { panic!() };
    assert_eq!(submit.short_message, b"hi");
    assert_eq!(submit.tlvs.number::<u16>(tag::USER_MESSAGE_REFERENCE), Some(7));
}

#[test]
fn octets_that_trail() {
    for tail in [&b"\x02hi"[..], b"\x02hi\0", b"\x02hi\0\0", b"\x02hi\0\0\0"] {
        assert_eq!(decode_submit(&submit(tail)), (b"hi".to_vec(), 0));
    }
    assert_eq!(decode_submit(&submit(b"\x02hi\x02\x04\0\x02\0\x07\x04\x24\0\x09abc")), (b"hi".to_vec(), 1));
}

#[test]
fn fields_beyond_their_maximum_and_not_ascii() {
    let long = [b'7'; 200];
    let body = [b"TOOLONG\0\x05\0caf\xE9\0\x01\x01", &long[..], b"\0\0\0\0\0\0\0\0\0\0\0"].concat();
    let Ok(Pdu::SubmitSm(submit)) = decode(Command::SUBMIT_SM, Status::ROK, &body) else { panic!() };
    assert_eq!((submit.service_type, submit.source.digits), (&b"TOOLONG"[..], &b"caf\xE9"[..]));
    assert_eq!(submit.destination.digits, long);
}

#[test]
fn an_sm_length_that_cannot_be_is_not_believed() {
    let parameters = b"\x02\x04\0\x02\0\x07\x02\x0E\0\x01\x02";
    let wide: Vec<u8> = "1 \u{424} \u{65e5}\u{672c}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: &[(u8, &[u8], &[u8], usize)] = &[
        // More than there is.
        (250, b"hello", b"", 0),
        (250, b"hello", parameters, 2),
        (250, b"", b"", 0),
        (250, b"", parameters, 2),
        (250, &wide, parameters, 2),
        // Less than the text has: the characters of a text in 16 bits, or anything.
        (6, &wide, b"", 0),
        (6, &wide, parameters, 2),
        (2, b"hello, world", b"", 0),
        (2, b"hello, world", parameters, 2),
        (0, b"hello, world", b"", 0),
        // What it says may be, and then it holds.
        (5, b"hello", parameters, 2),
    ];
    for (length, text, tlvs, count) in cases {
        let body = submit(&[&[*length], *text, *tlvs].concat());
        assert_eq!(decode_submit(&body), (text.to_vec(), *count), "{length} {}", text.escape_ascii());
    }
    // Zeros, the start of a parameter that is known, and a few octets are no text.
    for tail in
        [&b"\x02hi\0\0\0\0\0\0\0"[..], b"\x02hi\x04\x24\0\x09abc", b"\x02hi\x14\0\0\x09abc", b"\x02hixyz"]
    {
        assert_eq!(decode_submit(&submit(tail)).0, b"hi", "{}", tail.escape_ascii());
    }
}

#[test]
fn a_receipt_with_a_wrong_sm_length_is_read() {
    let text =
        b"id:7 sub:001 dlvrd:001 submit date:2611212250 done date:2611212251 stat:DELIVRD err:000 text:hi";
    for length in [0, 40, 200, 255] {
        let body = submit(&[&[length], &text[..], b"\x04\x27\0\x01\x02"].concat());
        let Ok(Pdu::DeliverSm(deliver)) = decode(Command::DELIVER_SM, Status::ROK, &body) else { panic!() };
        assert_eq!(deliver.text(), text, "{length}");
        assert_eq!(deliver.tlvs.number::<u8>(tag::MESSAGE_STATE), Some(2), "{length}");
    }
}

#[test]
fn a_missing_field_is_named() {
    let error = decode(Command::SUBMIT_SM, Status::ROK, b"\0\x01").unwrap_err();
    assert_eq!((error.field, error.offset, error.status), ("source_addr", 2, Status::RINVCMDLEN));
}

#[test]
fn submit_sm_resp_however_short() {
    let read = |status, body: &'static [u8]| match decode(Command::SUBMIT_SM_RESP, status, body) {
        Ok(Pdu::SubmitSmResp(answer)) => (answer.message_id, answer.tlvs.iter().count()),
        other => panic!("{other:?}"),
    };
    assert_eq!(read(Status::RTHROTTLED, b""), (&b""[..], 0));
    assert_eq!(read(Status::RTHROTTLED, b"\0"), (&b""[..], 0));
    assert_eq!(read(Status::ROK, b"no-nul"), (&b"no-nul"[..], 0));
    assert_eq!(read(Status::ROK, b"id\0rubbish"), (&b"id"[..], 0));
    assert_eq!(read(Status::ROK, b"id\0\x04\x28\0\x01\x55"), (&b"id"[..], 1));
    assert_eq!(read(Status::RSUBMITFAIL, b"\x04\x25\0\x01\x03"), (&b""[..], 1));
    assert_eq!(read(Status::RSUBMITFAIL, b"\0\x1D\0\x02no"), (&b""[..], 1));
}

#[test]
fn bind_resp_with_and_without_a_body() {
    let read = |status, body: &'static [u8]| match decode(Command::BIND_TRANSCEIVER_RESP, status, body) {
        Ok(Pdu::BindResp(answer)) => (answer.system_id, answer.tlvs.number::<u8>(tag::SC_INTERFACE_VERSION)),
        other => panic!("{other:?}"),
    };
    assert_eq!(read(Status::RBINDFAIL, b""), (&b""[..], None));
    assert_eq!(read(Status::RBINDFAIL, b"\0"), (&b""[..], None));
    assert_eq!(read(Status::ROK, b"SMSC\0\x02\x10\0\x01\x34"), (&b"SMSC"[..], Some(0x34)));
    assert_eq!(read(Status::ROK, b"SMSC\0\x02\x10"), (&b"SMSC"[..], None));
}

#[test]
fn other_responses_without_their_fields() {
    let query = decode(Command::QUERY_SM_RESP, Status::RQUERYFAIL, b"").unwrap();
    assert!(matches!(query, Pdu::QuerySmResp(answer) if answer.message_state == 0));
    let multi = decode(Command::SUBMIT_MULTI_RESP, Status::ROK, b"id\0\x03\x01\x01316\0\0\0\0\x0B").unwrap();
    let Pdu::SubmitMultiResp(answer) = multi else { panic!() };
    assert_eq!(
        answer.failures.iter().map(|failure| failure.status).collect::<Vec<_>>(),
        [Status::RINVDSTADR]
    );
}

#[test]
fn a_bind_that_lacks_its_last_nul() {
    let Ok(Pdu::Bind(bind)) =
        decode(Command::BIND_RECEIVER, Status::ROK, b"me\0a password beyond nine\0\0\x33\0\0")
    else {
        panic!()
    };
    assert_eq!((bind.password, bind.interface_version), (&b"a password beyond nine"[..], 0x33));
}

#[test]
fn a_wrong_destination_flag_is_named() {
    let error = decode(Command::SUBMIT_MULTI, Status::ROK, b"\0\0\0\0\x01\x03").unwrap_err();
    assert_eq!((error.field, error.status), ("dest_flag", Status::RINVDESTFLAG));
}

#[test]
fn a_text_in_either_place() {
    let payload = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x24\0\x05hello";
    let Ok(Pdu::DeliverSm(deliver)) = decode(Command::DELIVER_SM, Status::ROK, payload) else { panic!() };
    assert_eq!(deliver.text(), b"hello");
    let both = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02hi\x04\x24\0\x05hello";
    let Ok(Pdu::DeliverSm(deliver)) = decode(Command::DELIVER_SM, Status::ROK, both) else { panic!() };
    assert_eq!(deliver.text(), b"hi");
}
