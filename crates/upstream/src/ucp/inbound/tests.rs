use super::*;
use postrider_core::message::Body;

fn message<'a>(mt: &'a [u8], msg: &'a [u8], xser: &'a [u8]) -> Message<'a> {
    Message {
        adc: b"60006",
        oadc: b"447700900123",
        scts: b"120396111055",
        mt,
        msg,
        xser,
        ..Message::default()
    }
}

fn body(message: &Message<'_>) -> Body {
    read(message, TextAlphabet::Gsm7).body
}

#[test]
fn texts_and_octets() {
    let text = |text: &str| Body::Text(text.into());
    let bits = |bits: &'static [u8], message| Message { nb: bits, ..message };
    assert_eq!(body(&message(b"3", b"43616C6C20796F75", b"")), text("Call you"));
    assert_eq!(body(&message(b"3", b"0002117B1B65", b"")), text("@$_\u{e4}\u{20ac}"));
    assert_eq!(body(&message(b"", b"6869", b"")), text("hi"));
    assert_eq!(body(&message(b"2", b"12345", b"")), text("12345"));
    assert_eq!(body(&bits(b"48", message(b"4", b"041604340443", b"020108"))), text("\u{416}\u{434}\u{443}"));
    // Septets in transparent data are packed.
    assert_eq!(body(&bits(b"35", message(b"4", b"E8329BFD06", b"020100"))), text("hello"));
    let octets = |header: &[u8], data: &[u8]| Body::Data {
        encoding: Encoding::Octets,
        header: header.into(),
        data: data.into(),
    };
    assert_eq!(body(&bits(b"16", message(b"4", b"BEEF", b""))), octets(b"", b"\xBE\xEF"));
    let ports = message(b"4", b"42", b"010706050423F40000020104");
    assert_eq!(body(&bits(b"8", ports)), octets(b"\x05\x04\x23\xF4\x00\x00", b"B"));
    let part = body(&message(b"3", b"6869", b"0106050003070201020100"));
    let expected = Body::Data {
        encoding: Encoding::Gsm7,
        header: (*b"\x00\x03\x07\x02\x01").into(),
        data: (*b"hi").into(),
    };
    assert_eq!(part, expected);
}

#[test]
fn what_is_broken_is_kept_as_far_as_it_goes() {
    assert_eq!(body(&message(b"3", b"6", b"zz")), Body::Text("".into()));
    assert_eq!(body(&message(b"3", b"6869", b"01FF05")), Body::Text("hi".into()));
}

#[test]
fn german_marks_are_letters() {
    let read = read(&message(b"3", b"5B7B7E2440", b""), TextAlphabet::German);
    assert_eq!(read.body, Body::Text("\u{c4}\u{e4}\u{df}$\u{a7}".into()));
}

#[test]
fn flash_by_class_or_by_coding() {
    let flash = |message: &Message<'_>| read(message, TextAlphabet::Gsm7).flash;
    assert!(flash(&Message { mcls: b"0", ..message(b"3", b"6869", b"") }));
    assert!(flash(&message(b"3", b"6869", b"020110")));
    assert!(!flash(&Message { mcls: b"1", ..message(b"3", b"6869", b"") }));
}

#[test]
fn addresses_by_their_types() {
    let number = |digits: &str| Some(Sender::Number(Number::parse(digits).unwrap()));
    for (oadc, otoa, given, understood) in [
        (&b"447700900123"[..], &b"1139"[..], "447700900123", number("447700900123")),
        (b"447700900123", b"", "447700900123", number("447700900123")),
        (b"60006", b"", "60006", Some(Sender::Code("60006".into()))),
        (b"60006", b"1139", "60006", Some(Sender::Code("60006".into()))),
        (b"07C2B07B0D", b"5039", "Bank", Some(Sender::Name("Bank".into()))),
        (b"", b"", "", None),
    ] {
        let sender = read(&Message { oadc, otoa, ..message(b"3", b"", b"") }, TextAlphabet::Gsm7).from;
        assert_eq!((&*sender.given, sender.understood), (given, understood));
    }
}
