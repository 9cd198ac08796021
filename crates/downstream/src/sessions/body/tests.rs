use super::*;
use postrider_wire::smpp::TlvBuilder;

fn read_as(alphabet: Alphabet, esm_class: u8, data_coding: u8, octets: &[u8]) -> Body {
    read(&Raw { esm_class, data_coding, octets, tlvs: Tlvs::EMPTY }, usual(alphabet)).body
}

const fn usual(alphabet: Alphabet) -> Habits {
    Habits { alphabet, drops_nul: true, from_zero: false }
}

fn text_body(text: &str) -> Body {
    Body::Text(text.into())
}

fn octets(encoding: Encoding, header: &[u8], data: &[u8]) -> Body {
    Body::Data { encoding, header: header.into(), data: data.into() }
}

const CONCAT: [u8; 6] = [5, 0, 3, 7, 2, 1];

#[test]
fn texts_are_read_in_the_clients_alphabet() {
    use Alphabet::{Ascii, Gsm7, Gsm7Packed, Latin1, Ucs2, Utf8};
    let cases: &[(Alphabet, u8, &[u8], &str)] = &[
        (Gsm7, 0x00, b"Hello \x00 \x1b\x65", "Hello @ \u{20ac}"),
        (Gsm7, 0x00, b"", ""),
        // No septet has these octets: UTF-8 or Latin-1 sent as the default alphabet.
        (Gsm7, 0x00, "caf\u{e9}".as_bytes(), "caf\u{e9}"),
        (Gsm7, 0x00, b"caf\xe9", "caf\u{e9}"),
        (Gsm7Packed, 0x00, &[0xE8, 0x32, 0x9B, 0xFD, 0x06], "hello"),
        (Latin1, 0x00, b"caf\xe9 @", "caf\u{e9} @"),
        (Utf8, 0x00, "\u{20ac} \u{1f600}".as_bytes(), "\u{20ac} \u{1f600}"),
        (Utf8, 0x00, b"caf\xe9", "caf\u{e9}"),
        (Ascii, 0x00, b"a_b @", "a_b @"),
        (Ucs2, 0x00, b"\x04\x16", "\u{416}"),
        (Gsm7, 0x01, b"plain", "plain"),
        (Gsm7, 0x03, b"caf\xe9", "caf\u{e9}"),
        (Gsm7, 0x08, b"\x04\x16\xd8\x3d\xde\x00", "\u{416}\u{1f600}"),
        (Gsm7, 0x08, b"\xfe\xff\x04\x16", "\u{416}"),
        (Gsm7, 0x08, b"H\0e\0l\0l\0o\0", "Hello"),
        (Gsm7, 0x08, b"\0H\0i\0", "Hi"),
        (Gsm7, 0xF1, b"class 1", "class 1"),
    ];
    for (alphabet, data_coding, given, expected) in cases {
        let body = read_as(*alphabet, 0, *data_coding, given);
        assert_eq!(body, text_body(expected), "{alphabet:?} {data_coding:#04x}");
    }
}

#[test]
fn what_is_no_text_or_has_a_header_stays_as_it_came() {
    let with_header = [&CONCAT[..], b"part"].concat();
    let packed = {
        let mut packed = CONCAT.to_vec();
        septets::pack(b"part", septets::fill_bits(6), &mut packed);
        packed
    };
    let cases: Vec<(Alphabet, u8, u8, &[u8], Body)> = vec![
        (Alphabet::Gsm7, 0, 0x04, b"\x01\x02", octets(Encoding::Octets, &[], b"\x01\x02")),
        (Alphabet::Gsm7, 0, 0xF5, b"\x01\x02", octets(Encoding::Octets, &[], b"\x01\x02")),
        (Alphabet::Gsm7, 0x40, 0x00, &with_header, octets(Encoding::Gsm7, &CONCAT[1..], b"part")),
        (Alphabet::Gsm7, 0x43, 0x08, &with_header, octets(Encoding::Ucs2, &CONCAT[1..], b"part")),
        (Alphabet::Gsm7Packed, 0x40, 0x00, &packed, octets(Encoding::Gsm7, &CONCAT[1..], b"part")),
        (Alphabet::Latin1, 0x40, 0x00, &with_header, octets(Encoding::Gsm7, &CONCAT[1..], b"part")),
        // Without the indicator, what looks like a header is text.
        (Alphabet::Gsm7, 0x00, 0x00, b"\x05\x00\x03", text_body("\u{e9}@\u{a5}")),
        // An element that is longer than the header, lacks its length, or leaves octets over makes no header.
        (Alphabet::Gsm7, 0x40, 0x00, b"\x05\x00\x04ABC.", text_body("\u{e9}@\u{e8}ABC.")),
        (Alphabet::Gsm7, 0x40, 0x00, b"\x01ABC", text_body("\u{a3}ABC")),
        (Alphabet::Gsm7, 0x40, 0x00, b"\x06\x00\x03ABCDE", text_body("\u{f9}@\u{a5}ABCDE")),
        (Alphabet::Gsm7, 0x40, 0x04, b"\x01ABC", octets(Encoding::Octets, &[], b"\x01ABC")),
        (Alphabet::Gsm7, 0x40, 0x08, b"\0L\0o\0r", text_body("Lor")),
        // A header longer than the message is none.
        (Alphabet::Gsm7, 0x40, 0x00, b"Hi", text_body("Hi")),
        (Alphabet::Gsm7, 0x40, 0x00, b"\x00Hi", text_body("Hi")),
        (Alphabet::Gsm7, 0x40, 0x00, b"", text_body("")),
    ];
    for (alphabet, esm_class, data_coding, given, expected) in cases {
        let body = read_as(alphabet, esm_class, data_coding, given);
        assert_eq!(body, expected, "{alphabet:?} {esm_class:#04x} {data_coding:#04x}");
    }
}

#[test]
fn parameters_become_a_header() {
    let sar = |reference: u16, total, number| {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, reference);
        tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
        tlvs
    };
    let mut narrow = TlvBuilder::new();
    narrow
        .push_u8(tag::SAR_MSG_REF_NUM, 7)
        .push_u16(tag::SAR_TOTAL_SEGMENTS, 2)
        .push_u8(tag::SAR_SEGMENT_SEQNUM, 2);
    let mut ports = TlvBuilder::new();
    ports.push_u16(tag::DESTINATION_PORT, 2948).push_u16(tag::SOURCE_PORT, 9200);
    let full = [b'x'; 153];
    let cases: Vec<(TlvBuilder, u8, &[u8], Body)> = vec![
        (sar(7, 2, 1), 0, b"part", octets(Encoding::Gsm7, &[0, 3, 7, 2, 1], b"part")),
        (sar(0x0107, 2, 1), 0, b"part", octets(Encoding::Gsm7, &[8, 4, 1, 7, 2, 1], b"part")),
        // Cut for the narrow reference, so it gets that.
        (sar(0x0107, 2, 1), 0, &full, octets(Encoding::Gsm7, &[0, 3, 7, 2, 1], &full)),
        (sar(7, 1, 1), 0, b"whole", text_body("whole")),
        (sar(7, 2, 3), 0, b"whole", text_body("whole")),
        (sar(7, 0, 0), 0, b"whole", text_body("whole")),
        // Numbers count whatever their width.
        (narrow, 0, b"part", octets(Encoding::Gsm7, &[0, 3, 7, 2, 2], b"part")),
        (ports, 0, b"x", octets(Encoding::Gsm7, &[5, 4, 0x0B, 0x84, 0x23, 0xF0], b"x")),
        // Where both are given, the header of the text counts.
        (sar(7, 3, 3), 0x40, &CONCAT, octets(Encoding::Gsm7, &[0, 3, 7, 2, 1], b"")),
    ];
    for (tlvs, esm_class, given, expected) in cases {
        let given: Vec<u8> = given.to_vec();
        let raw = Raw { esm_class, data_coding: 0, octets: &given, tlvs: tlvs.tlvs() };
        assert_eq!(read(&raw, usual(Alphabet::Gsm7)).body, expected, "{:?}", tlvs.tlvs());
    }
}

#[test]
fn a_zero_that_ends_a_text_is_none_of_its_characters() {
    use Alphabet::{Ascii, Gsm7, Gsm7Packed, Latin1, Ucs2, Utf8};
    let cases: &[(Alphabet, u8, &[u8], &str, &str)] = &[
        (Gsm7, 0, b"Hello\0", "Hello", "Hello@"),
        (Gsm7, 0, b"Hello\0\0", "Hello@", "Hello@@"),
        (Gsm7, 0, b"a\0b", "a@b", "a@b"),
        // A text may be nothing else.
        (Gsm7, 0, b"\0", "@", "@"),
        (Gsm7, 3, b"Hello\0", "Hello", "Hello"),
        (Gsm7, 8, b"\0H\0i\0\0", "Hi", "Hi"),
        (Gsm7, 8, b"\0H\0i\0", "Hi", "Hi"),
        (Gsm7Packed, 0, &[0xE8, 0x32, 0x9B, 0xFD, 0x06], "hello", "hello"),
        (Latin1, 0, b"Hello\0", "Hello", "Hello"),
        (Ascii, 0, b"Hello\0", "Hello", "Hello"),
        (Utf8, 0, b"Hello\0", "Hello", "Hello"),
        (Ucs2, 0, b"\0H\0i\0\0", "Hi", "Hi"),
    ];
    for (alphabet, data_coding, octets, dropped, kept) in cases {
        let raw = Raw { esm_class: 0, data_coding: *data_coding, octets, tlvs: Tlvs::EMPTY };
        for (drops_nul, expected) in [(true, dropped), (false, kept)] {
            let habits = Habits { drops_nul, ..usual(*alphabet) };
            assert_eq!(
                read(&raw, habits).body,
                text_body(expected),
                "{alphabet:?} {}",
                octets.escape_ascii()
            );
        }
    }
}

#[test]
fn the_zero_of_a_part_in_the_middle_may_be_a_character() {
    let part = |number: u8, text: &[u8]| [&[5, 0, 3, 7, 2, number][..], text].concat();
    let full = [b'x'; 153];
    for (number, text, expected) in [
        (1, [&full[..], b"\0"].concat(), &full[..]),
        (1, b"write to me\0".to_vec(), b"write to me\0"),
        (2, b"write to me\0".to_vec(), b"write to me"),
    ] {
        let expected = octets(Encoding::Gsm7, &[0, 3, 7, 2, number], expected);
        assert_eq!(read_as(Alphabet::Gsm7, 0x40, 0, &part(number, &text)), expected, "{number}");
    }
}

#[test]
fn a_header_is_known_without_its_indicator() {
    let part = |head: &[u8]| [head, b"part"].concat();
    type Header<'a> = Option<&'a [u8]>;
    let cases: &[(u8, &[u8], Header<'_>)] = &[
        (0, &[5, 0, 3, 7, 2, 1], Some(&[0, 3, 7, 2, 1])),
        (8, &[5, 0, 3, 7, 2, 2], Some(&[0, 3, 7, 2, 2])),
        (3, &[6, 8, 4, 1, 7, 3, 1], Some(&[8, 4, 1, 7, 3, 1])),
        (0, &[5, 0, 3, 7, 2, 3], None),
        (0, &[5, 0, 3, 7, 2, 0], None),
        (0, &[5, 0, 3, 7, 1, 1], None),
        (0, &[6, 8, 3, 1, 7, 3, 1], None),
    ];
    for (data_coding, head, expected) in cases {
        let body = read_as(Alphabet::Gsm7, 0, *data_coding, &part(head));
        let header = match &body {
            Body::Data { header, .. } => Some(&**header),
            Body::Multimedia(_) | Body::Parts(_) | Body::Redacted | Body::Sealed(_) => panic!("one part"),
            Body::Text(_) => None,
        };
        assert_eq!(header, *expected, "{data_coding} {head:?}");
    }
    // Octets that are no text are what they are.
    let given = part(&CONCAT);
    assert_eq!(read_as(Alphabet::Gsm7, 0, 4, &given), octets(Encoding::Octets, &[], &given));
}

#[test]
fn parts_may_be_counted_from_zero() {
    for (from_zero, number, expected) in
        [(true, 0, Some(1)), (true, 1, Some(2)), (true, 2, None), (false, 1, Some(1)), (false, 0, None)]
    {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, 7);
        tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, 2).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
        let raw = Raw { esm_class: 0, data_coding: 0, octets: b"part", tlvs: tlvs.tlvs() };
        let expected = match expected {
            Some(number) => octets(Encoding::Gsm7, &[0, 3, 7, 2, number], b"part"),
            None => text_body("part"),
        };
        let habits = Habits { from_zero, ..usual(Alphabet::Gsm7) };
        assert_eq!(read(&raw, habits).body, expected, "{from_zero} {number}");
    }
}

#[test]
fn flash_is_told_by_class_or_parameter() {
    let mut subunit = TlvBuilder::new();
    subunit.push_u8(tag::DEST_ADDR_SUBUNIT, 1);
    let none = TlvBuilder::new();
    for (data_coding, tlvs, flash) in [
        (0x00, &none, false),
        (0xF0, &none, true),
        (0x10, &none, true),
        (0x18, &none, true),
        (0x00, &subunit, true),
    ] {
        let raw = Raw { esm_class: 0, data_coding, octets: b"\0A", tlvs: tlvs.tlvs() };
        assert_eq!(read(&raw, usual(Alphabet::Gsm7)).flash, flash, "{data_coding:#04x}");
    }
}

#[test]
fn a_text_that_says_it_has_a_header_and_has_none_is_a_text() {
    let lorem = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.";
    assert_eq!((lorem.len(), &lorem.as_bytes()[..3]), (100, &[0x4C, 0x6F, 0x72][..]));
    let wide: Vec<u8> = lorem.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (data_coding, given) in [(0, lorem.as_bytes()), (3, lorem.as_bytes()), (1, lorem.as_bytes())] {
        assert_eq!(read_as(Alphabet::Gsm7, 0x40, data_coding, given), text_body(lorem), "{data_coding}");
    }
    // Big-endian UCS-2 begins with a zero: an empty header, which would leave half a character.
    assert_eq!(read_as(Alphabet::Gsm7, 0x40, 8, &wide), text_body(lorem));
}

#[test]
fn a_part_says_which_it_is_and_how_it_is_read() {
    use Alphabet::{Gsm7, Gsm7Packed, Latin1, Ucs2, Utf8};
    let cut = |reference, alphabet| Some(Cut { reference, total: 2, number: 1, alphabet });
    let eight = |alphabet| cut(CutReference::Eight(7), alphabet);
    let spanish = [&CONCAT[..], b"\xe1a"].concat();
    let packed = [&CONCAT[..], &[0xC2]].concat();
    let wide = [6, 8, 4, 1, 7, 2, 1, b'a'];
    let with_ports = [9, 0, 3, 7, 2, 1, 4, 2, 8, 9, b'a'];
    let with_shift = [8, 0, 3, 7, 2, 1, 0x24, 1, 1, b'a'];
    let one_of_one = [5, 0, 3, 7, 1, 1, b'a'];
    type Case<'a> = (Alphabet, u8, u8, &'a [u8], &'a [u8], Option<Cut>);
    let cases: Vec<Case<'_>> = vec![
        (Latin1, 0x40, 0, &spanish, b"\xe1a", eight(Some(Latin1))),
        (Gsm7, 0x40, 3, &spanish, b"\xe1a", eight(Some(Latin1))),
        (Gsm7, 0x40, 0, &spanish, b"\xe1a", eight(Some(Gsm7))),
        (Utf8, 0x40, 0, &spanish, b"\xe1a", eight(Some(Utf8))),
        (Gsm7Packed, 0x40, 0, &packed, b"a", eight(Some(Gsm7))),
        (Latin1, 0x40, 8, &spanish, b"\xe1a", eight(Some(Ucs2))),
        // Octets that begin as no text does are a part also where the indicator is missing.
        (Gsm7, 0x00, 0, &wide, b"a", cut(CutReference::Sixteen(0x107), Some(Gsm7))),
        (Gsm7, 0x40, 0, &with_shift, b"a", eight(Some(Gsm7))),
        // No text: octets, ports, compressed text.
        (Gsm7, 0x40, 4, &spanish, b"\xe1a", eight(None)),
        (Gsm7, 0x40, 0, &with_ports, b"a", eight(None)),
        (Gsm7, 0x40, 0x20, &spanish, b"\xe1a", eight(None)),
        (Gsm7, 0x40, 0, &one_of_one, b"", None),
    ];
    for (alphabet, esm_class, data_coding, given, data, cut) in cases {
        let raw = Raw { esm_class, data_coding, octets: given, tlvs: Tlvs::EMPTY };
        let content = read(&raw, usual(alphabet));
        assert_eq!(content.cut, cut, "{alphabet:?} {data_coding:#04x} {given:x?}");
        match content.body {
            Body::Data { data: read, .. } => assert_eq!(&*read, data, "{alphabet:?} {given:x?}"),
            body => assert_eq!((body, cut), (text_body("a"), None)),
        }
    }
    let mut tlvs = TlvBuilder::new();
    tlvs.push_u16(tag::SAR_MSG_REF_NUM, 0x0107);
    tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, 2).push_u8(tag::SAR_SEGMENT_SEQNUM, 1);
    let raw = Raw { esm_class: 0, data_coding: 3, octets: b"\xe1", tlvs: tlvs.tlvs() };
    assert_eq!(read(&raw, usual(Gsm7)).cut, cut(CutReference::Parameter(0x107), Some(Latin1)));
}
