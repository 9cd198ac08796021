use super::*;
use postrider_wire::smpp::TlvBuilder;

fn read_as(alphabet: Alphabet, esm_class: u8, data_coding: u8, octets: &[u8]) -> Body {
    read(&Raw { esm_class, data_coding, octets, tlvs: Tlvs::EMPTY }, alphabet).0
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
        (Alphabet::Gsm7, 0x00, 0x00, b"\x05\x00", text_body("\u{e9}@")),
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
        (ports, 0, b"x", octets(Encoding::Gsm7, &[5, 4, 0x0B, 0x84, 0x23, 0xF0], b"x")),
        // Where both are given, the header of the text counts.
        (sar(7, 3, 3), 0x40, &CONCAT, octets(Encoding::Gsm7, &[0, 3, 7, 2, 1], b"")),
    ];
    for (tlvs, esm_class, given, expected) in cases {
        let given: Vec<u8> = given.to_vec();
        let raw = Raw { esm_class, data_coding: 0, octets: &given, tlvs: tlvs.tlvs() };
        assert_eq!(read(&raw, Alphabet::Gsm7).0, expected, "{:?}", tlvs.tlvs());
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
        assert_eq!(read(&raw, Alphabet::Gsm7).1, flash, "{data_coding:#04x}");
    }
}
