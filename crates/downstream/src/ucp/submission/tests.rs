use super::*;
use crate::stamped::testing::{READING, THEN};
use postrider_core::client_part::CutReference;
use postrider_core::message::Parameter;
use postrider_core::submission::VALIDITY_MAX;
use postrider_declare::field;
use std::time::Duration;

/// A submission of "Hello" to a number.
fn hello() -> Message<'static> {
    Message { adc: b"447700900123", mt: b"3", msg: b"48656C6C6F", ..Message::default() }
}

fn submitted(message: Message<'_>) -> Result<Submission, ErrorCode> {
    let read = read(&Operation::Message(Ot::SUBMIT, Box::new(message)), READING)?;
    Ok(read.into_iter().next().unwrap())
}

fn text_body(text: &str) -> Option<Body> {
    Some(Body::Text(text.into()))
}

#[test]
fn a_submission_is_what_it_says() {
    let plain = submitted(hello()).unwrap();
    assert_eq!((&*plain.to, &plain.from, &plain.body), ("447700900123", &None, &text_body("Hello")));
    assert_eq!((plain.receipts, plain.via, plain.flash), (Receipts::None, Some(Via::Session), false));
    for (oadc, otoa, expected) in [
        (&b"60006"[..], &b""[..], "60006"),
        (b"447700900001", b"1139", "+447700900001"),
        (b"10D0F79C2E4F93CB72", b"5039", "Postrider"),
        (b"10412614190438AB4D", b"5039", "ALPHA@NUM"),
    ] {
        let read = submitted(Message { oadc, otoa, ..hello() }).unwrap();
        assert_eq!(read.from.as_deref(), Some(expected));
    }
    for (nrq, nt, expected) in [
        ("1", "", Receipts::All),
        ("1", "0", Receipts::All),
        ("1", "3", Receipts::All),
        ("1", "7", Receipts::All),
        ("1", "1", Receipts::Successes),
        ("1", "2", Receipts::Failures),
        ("1", "4", Receipts::None),
        ("0", "3", Receipts::None),
        ("", "3", Receipts::None),
    ] {
        let read = submitted(Message { nrq: nrq.as_bytes(), nt: nt.as_bytes(), ..hello() }).unwrap();
        assert_eq!(read.receipts, expected, "{nrq} {nt}");
    }
}

#[test]
fn texts_and_octets_are_read_by_their_type() {
    let octets = |header: &[u8], data: &[u8]| {
        Some(Body::Data { encoding: Encoding::Octets, header: header.into(), data: data.into() })
    };
    let body = |mt: &'static [u8], nb: &'static [u8], msg: &'static [u8], xser: &'static [u8]| {
        submitted(Message { mt, nb, msg, xser, ..hello() }).unwrap().body
    };
    assert_eq!(body(b"2", b"", b"4711", b""), text_body("4711"));
    assert_eq!(body(b"3", b"", b"351B65206F6B", b""), text_body("5\u{20ac} ok"));
    assert_eq!(body(b"4", b"0048", b"041604340443", b"020108"), text_body("\u{416}\u{434}\u{443}"));
    // Packed septets that a data coding says are a text.
    assert_eq!(body(b"4", b"35", b"C8329BFD06", b"020100"), text_body("Hello"));
    assert_eq!(body(b"4", b"16", b"00FF", b""), octets(&[], b"\x00\xff"));
    assert_eq!(
        body(b"4", b"40", b"424547494E", b"010706050423F40000020104"),
        octets(b"\x05\x04\x23\xF4\x00\x00", b"BEGIN")
    );
    for (message, error) in [
        (Message { mt: b"3", msg: b"4G", ..hello() }, 2),
        (Message { mt: b"4", nb: b"99", msg: b"00", ..hello() }, 2),
        (Message { mt: b"5", ..hello() }, 23),
        (Message { mt: b"", ..hello() }, 23),
        (Message { adc: b"", ..hello() }, 6),
    ] {
        assert_eq!(submitted(message).map(|_| ()), Err(ErrorCode(error)));
    }
    let long = "00".repeat(141);
    let message = Message { mt: b"4", msg: long.as_bytes(), ..hello() };
    assert_eq!(submitted(message).map(|_| ()), Err(ErrorCode::TOO_LONG));
}

#[test]
fn a_part_says_which_one_it_is() {
    let part = submitted(Message { xser: b"0106050003070201", ..hello() }).unwrap();
    let cut = part.cut.unwrap();
    assert_eq!((cut.reference, cut.total, cut.number), (CutReference::Eight(7), 2, 1));
    assert_eq!(cut.alphabet, Some(Alphabet::Gsm7));
}

#[test]
fn class_coding_and_protocol_go_on() {
    for (mcls, xser, rpid, flash, expected) in [
        (&b"0"[..], &b""[..], &b""[..], true, &[][..]),
        (b"1", b"", b"", false, &[(field::MESSAGE_CLASS, 1)]),
        (b"", b"0201F2", b"", false, &[(field::MESSAGE_CLASS, 2)]),
        (b"", b"020110", b"0064", true, &[(field::PROTOCOL_ID, 64)]),
        (b"", b"0201C8", b"0000", false, &[(field::DATA_CODING, 0xC8)]),
    ] {
        let read = submitted(Message { mcls, xser, rpid, ..hello() }).unwrap();
        let parameters: Vec<Parameter> =
            expected.iter().map(|(tag, value)| Parameter { tag: *tag, value: [*value].into() }).collect();
        assert_eq!((read.flash, read.parameters), (flash, parameters));
    }
}

#[test]
fn times_are_those_of_the_clients_clock() {
    let hour = Duration::from_hours(1);
    let at = |dd: &'static str, ddt: &'static str, vp: &'static str, offset| {
        let message = Message { dd: dd.as_bytes(), ddt: ddt.as_bytes(), vp: vp.as_bytes(), ..hello() };
        let operation = Operation::Message(Ot::SUBMIT, Box::new(message));
        let read = read(&operation, Reading { offset, ..READING })?.remove(0);
        Ok((read.send_at.map(|at| at.since(THEN)), read.valid_for))
    };
    let from = |span: Duration| span - Duration::from_secs(7);
    assert_eq!(at("", "", "2911260930", 0), Ok((None, Some(from(hour)))));
    assert_eq!(at("", "", "2911261030", 60), Ok((None, Some(from(hour)))));
    assert_eq!(at("1", "2911260930", "2911261030", 0), Ok((Some(from(hour)), Some(hour))));
    assert_eq!(at("0", "2911260930", "", 0), Ok((None, None)), "it isn't asked for");
    assert_eq!(at("", "", "0000000000", 0), Ok((None, None)));
    assert_eq!(at("", "", "0101271200", 0), Ok((None, Some(VALIDITY_MAX))));
    for wrong in ["2911260730", "2913261030", "tomorrow"] {
        assert_eq!(at("", "", wrong, 0), Err(ErrorCode::PERIOD), "{wrong}");
    }
}

#[test]
fn older_operations_hand_in_messages_too() {
    let content = Content { mt: b"3", nb: b"", msg: b"4869" };
    let (adc, oadc) = (&b"66677789"[..], &b"12345"[..]);
    let call = Operation::CallInput(CallInput { adc, oadc, content, ..CallInput::default() });
    let transfer =
        Operation::Transfer(Transfer { adc, oadc, nrq: b"1", amsg: b"4869", ..Transfer::default() });
    for (operation, receipts) in [(call, Receipts::None), (transfer, Receipts::All)] {
        let read = read(&operation, READING).unwrap().remove(0);
        assert_eq!((&*read.to, read.from.as_deref(), read.receipts), ("66677789", Some("12345"), receipts));
        assert_eq!(read.body, text_body("Hi"));
    }
    let several = postrider_wire::ucp::operation::Multiple {
        recipients: vec![b"1111111", b"2222222"],
        oadc,
        content,
        ..Default::default()
    };
    let read_all = read(&Operation::Multiple(several), READING).unwrap();
    assert_eq!(read_all.iter().map(|one| &*one.to).collect::<Vec<_>>(), ["1111111", "2222222"]);
    let group = Supplementary { adc, groups: vec![b"7"], content, ..Supplementary::default() };
    assert_eq!(read(&Operation::Supplementary(Box::new(group)), READING).map(|_| ()), Err(ErrorCode(9)));
    let list = Operation::List(Default::default());
    assert_eq!(read(&list, READING).map(|_| ()), Err(ErrorCode::UNSUPPORTED));
}
