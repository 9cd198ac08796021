use super::*;
use crate::smpp::testing::message;
use postrider_core::message::{Octets, Parameter};
use postrider_declare::upstream::smpp::Binary;

/// What a text becomes: coding, and of each part whether it has a header or goes as payload, its octets, and sar.
type Expected = (u8, Vec<(bool, bool, usize, Option<(u8, u8)>)>);

fn encoded(text: &str, settings: &Text) -> Encoded {
    encode(&message(Body::Text(text.into())), settings).unwrap()
}

fn seen(encoded: &Encoded) -> Expected {
    let part = |part: &Part| {
        (part.header, part.payload, part.octets.len(), part.sar.map(|(_, total, n)| (total, n)))
    };
    (encoded.parts[0].data_coding, encoded.parts.iter().map(part).collect())
}

#[test]
fn a_text_takes_the_form_that_the_carrier_wants() {
    let usual = Text::default();
    let with = |alphabet, long| Text { alphabet, long, ..usual.clone() };
    let (plain, long, cyrillic) = ("Hello", "x".repeat(161), "\u{416}".repeat(71));
    let (longer, hundred) = ("x".repeat(300), "x".repeat(100));
    let whole = |octets| vec![(false, false, octets, None)];
    let cases: Vec<(&str, Text, Expected)> = vec![
        (plain, usual.clone(), (0, whole(5))),
        (plain, with(Alphabet::Gsm7Packed, Long::Udh8), (0, whole(5))),
        (plain, with(Alphabet::Latin1, Long::Udh8), (0, whole(5))),
        (plain, with(Alphabet::Ucs2, Long::Udh8), (8, whole(10))),
        ("\u{e9}t\u{e9}", with(Alphabet::Utf8, Long::Udh8), (0, whole(5))),
        ("\u{416}", with(Alphabet::Utf8, Long::Udh8), (8, whole(2))),
        ("\u{20ac}", usual.clone(), (0, whole(2))),
        ("\u{20ac}", with(Alphabet::Latin1, Long::Udh8), (8, whole(2))),
        ("\u{e9}t\u{e9}", with(Alphabet::Latin1, Long::Udh8), (0, whole(3))),
        (plain, with(Alphabet::Ascii, Long::Udh8), (0, whole(5))),
        ("{a}", with(Alphabet::Ascii, Long::Udh8), (0, whole(3))),
        ("\u{e9}t\u{e9}", with(Alphabet::Ascii, Long::Udh8), (8, whole(6))),
        ("\u{1f600}", usual.clone(), (8, whole(4))),
        (&long, usual.clone(), (0, vec![(true, false, 6 + 153, None), (true, false, 6 + 8, None)])),
        (
            &long,
            with(Alphabet::Gsm7, Long::Udh16),
            (0, vec![(true, false, 7 + 152, None), (true, false, 7 + 9, None)]),
        ),
        (
            &long,
            with(Alphabet::Gsm7Packed, Long::Udh8),
            (0, vec![(true, false, 140, None), (true, false, 6 + 8, None)]),
        ),
        (
            &long,
            with(Alphabet::Gsm7, Long::Sar),
            (0, vec![(false, false, 153, Some((2, 1))), (false, false, 8, Some((2, 2)))]),
        ),
        (&long, with(Alphabet::Gsm7, Long::Payload), (0, whole(161))),
        (&longer, with(Alphabet::Gsm7, Long::Payload), (0, vec![(false, true, 300, None)])),
        (&cyrillic, usual.clone(), (8, vec![(true, false, 6 + 134, None), (true, false, 6 + 8, None)])),
        (
            &cyrillic,
            with(Alphabet::Ucs2, Long::Udh8),
            (8, vec![(true, false, 6 + 134, None), (true, false, 6 + 8, None)]),
        ),
        // It fits one part in septets, and not in UCS-2.
        (
            &hundred,
            with(Alphabet::Ucs2, Long::Udh8),
            (8, vec![(true, false, 6 + 134, None), (true, false, 6 + 66, None)]),
        ),
        (&cyrillic, with(Alphabet::Ucs2, Long::Payload), (8, vec![(false, false, 142, None)])),
    ];
    for (text, settings, expected) in cases {
        assert_eq!(
            seen(&encoded(text, &settings)),
            expected,
            "{} characters, {settings:?}",
            text.chars().count()
        );
    }
}

#[test]
fn the_parts_of_a_text_put_together_are_the_text() {
    let text = "Fl\u{fc}gel & T\u{fc}ren ".repeat(20);
    let emoji = "\u{1f600}x".repeat(60);
    for (text, alphabet, encoding) in [
        (&text, Alphabet::Gsm7, Encoding::Gsm7),
        (&text, Alphabet::Latin1, Encoding::Latin1),
        (&text, Alphabet::Ucs2, Encoding::Ucs2),
        (&emoji, Alphabet::Ucs2, Encoding::Ucs2),
    ] {
        for long in [Long::Udh8, Long::Udh16] {
            let encoded = encoded(text, &Text { alphabet, long, ..Text::default() });
            let read = |(index, part): (usize, &Part)| {
                let (header, data) = header::split_off(&part.octets).unwrap();
                let concat = header::concat(header).unwrap();
                assert_eq!(
                    (usize::from(concat.total), usize::from(concat.number)),
                    (encoded.parts.len(), index + 1)
                );
                segment::decode(encoding, header, data)
            };
            let whole: String = encoded.parts.iter().enumerate().map(read).collect();
            assert_eq!(&whole, text, "{alphabet:?} {long:?}");
        }
    }
}

#[test]
fn data_goes_out_as_it_came() {
    let header: Box<[u8]> = [5, 4, 0x0B, 0x84, 0x23, 0xF0].into();
    for (encoding, alphabet, coding, octets) in [
        (Encoding::Octets, Alphabet::Gsm7, 4, 7 + 3),
        (Encoding::Ucs2, Alphabet::Gsm7, 8, 7 + 3),
        (Encoding::Latin1, Alphabet::Gsm7, 3, 7 + 3),
        (Encoding::Gsm7, Alphabet::Gsm7, 0, 7 + 3),
        // Three septets after the seven octets of the header: no fill bits.
        (Encoding::Gsm7, Alphabet::Gsm7Packed, 0, 7 + 3),
        (Encoding::Gsm7, Alphabet::Ucs2, 8, 7 + 6),
        (Encoding::Latin1, Alphabet::Latin1, 0, 7 + 3),
        (Encoding::Latin1, Alphabet::Utf8, 3, 7 + 3),
    ] {
        let body = Body::Data { encoding, header: header.clone(), data: b"abc".as_slice().into() };
        let encoded = encode(&message(body), &Text { alphabet, ..Text::default() }).unwrap();
        assert_eq!(seen(&encoded), (coding, vec![(true, false, octets, None)]), "{encoding:?} {alphabet:?}");
    }
}

#[test]
fn a_flash_text_is_marked_as_the_carrier_wants() {
    for (flash, text, coding, subunit) in [
        (Flash::Class, "hi", 0xF0, None),
        (Flash::Class, "\u{416}", 0x18, None),
        (Flash::GeneralClass, "hi", 0x10, None),
        (Flash::GeneralClass, "\u{416}", 0x18, None),
        (Flash::Subunit, "hi", 0, Some(1)),
    ] {
        let message = Message { flash: true, ..message(Body::Text(text.into())) };
        let encoded = encode(&message, &Text { flash, ..Text::default() }).unwrap();
        assert_eq!((encoded.parts[0].data_coding, encoded.subunit), (coding, subunit), "{flash:?} {text}");
    }
}

#[test]
fn too_many_parts_are_refused_for_good() {
    let few = Text { parts_max: 2, ..Text::default() };
    assert_eq!(encoded(&"x".repeat(306), &few).parts.len(), 2);
    let fault = encode(&message(Body::Text("x".repeat(307).into())), &few).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
}

#[test]
fn a_carrier_of_ascii_gets_what_ascii_lacks_as_ucs2() {
    let ascii = Text { alphabet: Alphabet::Ascii, ..Text::default() };
    for (text, coding, octets) in
        [("a@b", 0, &b"a@b"[..]), ("\u{e9}", 8, &[0, 0xE9]), ("\u{20ac}", 8, &[0x20, 0xAC])]
    {
        let encoded = encoded(text, &ascii);
        assert_eq!((encoded.parts[0].data_coding, &encoded.parts[0].octets[..]), (coding, octets), "{text}");
    }
}

#[test]
fn a_text_has_the_octets_that_the_carriers_alphabet_has_for_it() {
    for (alphabet, coding, octets) in [
        (Alphabet::Gsm7, 0, &b"h\x05llo \x00"[..]),
        (Alphabet::Gsm7Packed, 0, &[0xE8, 0x02, 0x9B, 0xFD, 0x06, 0x01, 0x1A]),
        (Alphabet::Latin1, 0, b"h\xe9llo @"),
        (Alphabet::Ascii, 8, b"\0h\0\xe9\0l\0l\0o\0 \0@"),
        (Alphabet::Utf8, 0, b"h\xc3\xa9llo @"),
        (Alphabet::Ucs2, 8, b"\0h\0\xe9\0l\0l\0o\0 \0@"),
    ] {
        let encoded = encoded("h\u{e9}llo @", &Text { alphabet, ..Text::default() });
        assert_eq!(
            (encoded.parts[0].data_coding, &encoded.parts[0].octets[..]),
            (coding, octets),
            "{alphabet:?}"
        );
    }
}

#[test]
fn ports_stand_in_the_header_or_in_parameters() {
    let ports = Some(Ports { destination: 2948, source: 9200 });
    let wide = [5, 4, 0x0B, 0x84, 0x23, 0xF0];
    let with_concat = [&[0, 3, 7, 2, 1][..], &wide].concat();
    for (form, header, expected_ports, expected) in [
        (PortForm::Header, &wide[..], None, [&[6][..], &wide, &[1]].concat()),
        (PortForm::Parameters, &wide, ports, vec![1]),
        (PortForm::Parameters, &[4, 2, 8, 9], Some(Ports { destination: 8, source: 9 }), vec![1]),
        (PortForm::Parameters, &with_concat, ports, vec![5, 0, 3, 7, 2, 1, 1]),
        (PortForm::Parameters, &[0, 3, 7, 2, 1], None, vec![5, 0, 3, 7, 2, 1, 1]),
    ] {
        let body = Body::Data { encoding: Encoding::Octets, header: header.into(), data: [1].into() };
        let settings = Text { ports: form, binary: Binary::DcsF5, ..Text::default() };
        let encoded = encode(&message(body), &settings).unwrap();
        assert_eq!(encoded.parts[0].ports, expected_ports, "{form:?} {header:?}");
        assert_eq!(
            (encoded.parts[0].data_coding, &encoded.parts[0].octets),
            (0xF5, &expected),
            "{form:?} {header:?}"
        );
        assert_eq!(encoded.parts[0].header, expected.len() > 1);
    }
}

/// What a part becomes: coding, header and data behind it, and sar.
type ExpectedPart = (u8, Vec<u8>, usize, Option<(u16, u8, u8)>);

#[test]
fn parts_that_a_client_cut_go_as_the_carrier_takes_parts() {
    let (eight, sixteen) = ([0, 3, 7, 3, 2], [8, 4, 1, 2, 3, 2]);
    let with_ports = [&eight[..], &[4, 2, 8, 9]].concat();
    let (gsm, ucs2, octets) = (Encoding::Gsm7, Encoding::Ucs2, Encoding::Octets);
    let with = |alphabet, long| Text { alphabet, long, ..Text::default() };
    let bare = |octets| (8, vec![], octets, None);
    type Case<'a> = (Encoding, &'a [u8], usize, Text, Vec<ExpectedPart>);
    let cases: Vec<Case<'_>> = vec![
        (gsm, &eight, 153, with(Alphabet::Gsm7, Long::Udh8), vec![(0, eight.to_vec(), 153, None)]),
        (gsm, &eight, 153, with(Alphabet::Gsm7, Long::Udh16), vec![(0, eight.to_vec(), 153, None)]),
        (gsm, &eight, 153, with(Alphabet::Gsm7, Long::Sar), vec![(0, vec![], 153, Some((7, 3, 2)))]),
        (ucs2, &sixteen, 132, with(Alphabet::Gsm7, Long::Sar), vec![(8, vec![], 132, Some((0x102, 3, 2)))]),
        (
            octets,
            &with_ports,
            9,
            with(Alphabet::Gsm7, Long::Payload),
            vec![(4, vec![4, 2, 8, 9], 9, Some((7, 3, 2)))],
        ),
        // It doesn't fit behind its header as UCS-2.
        (gsm, &eight, 153, with(Alphabet::Ucs2, Long::Udh8), vec![bare(134), bare(134), bare(38)]),
        (gsm, &eight, 67, with(Alphabet::Ucs2, Long::Udh8), vec![(8, eight.to_vec(), 134, None)]),
    ];
    for (encoding, header, length, settings, expected) in cases {
        let data = vec![b'x'; length].into();
        let part = Octets { encoding, header: header.into(), data };
        let encoded = encode(&message(Body::Parts([part].into())), &settings).unwrap();
        let seen = |part: &Part| {
            let header = if part.header { header::split_off(&part.octets).unwrap().0 } else { &[] };
            let before = if part.header { header.len() + 1 } else { 0 };
            (part.data_coding, header.to_vec(), part.octets.len() - before, part.sar)
        };
        let found: Vec<ExpectedPart> = encoded.parts.iter().map(seen).collect();
        assert_eq!(found, expected, "{encoding:?} {length} {settings:?}");
    }
}

/// A message with a field of its own.
fn with_field(tag: u16, value: u8, body: Body) -> Message {
    Message { parameters: [Parameter { tag, value: [value].into() }].into(), ..message(body) }
}

#[test]
fn a_message_class_goes_in_the_form_of_flash_texts() {
    for (flash, text, class, coding, subunit) in [
        (Flash::Class, "hi", 1, 0xF1, None),
        (Flash::Class, "hi", 2, 0xF2, None),
        (Flash::Class, "hi", 3, 0xF3, None),
        (Flash::Class, "\u{416}", 2, 0x1A, None),
        (Flash::GeneralClass, "hi", 1, 0x11, None),
        (Flash::GeneralClass, "\u{416}", 3, 0x1B, None),
        (Flash::Subunit, "hi", 1, 0, Some(2)),
        (Flash::Subunit, "\u{416}", 3, 8, Some(4)),
    ] {
        let message = with_field(field::MESSAGE_CLASS, class, Body::Text(text.into()));
        let encoded = encode(&message, &Text { flash, ..Text::default() }).unwrap();
        assert_eq!(
            (encoded.parts[0].data_coding, encoded.subunit),
            (coding, subunit),
            "{flash:?} {text} {class}"
        );
    }
    // 3GPP TS 23.038, 4: octets of class 2, for the SIM.
    let octets = Body::Data { encoding: Encoding::Octets, header: [].into(), data: [1, 2].into() };
    let sim = with_field(field::MESSAGE_CLASS, 2, octets);
    assert_eq!(encode(&sim, &Text::default()).unwrap().parts[0].data_coding, 0xF6);
}

#[test]
fn octets_with_a_coding_of_their_own_go_on_unchanged_whatever_the_alphabet() {
    let header: [u8; 5] = [0, 3, 7, 1, 1];
    for alphabet in [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ucs2] {
        for (encoding, coding) in [
            (Encoding::Gsm7, 0xC8),
            (Encoding::Ucs2, 0xE8),
            (Encoding::Octets, 0x05),
            (Encoding::Octets, 0x20),
        ] {
            for header in [&header[..], &[]] {
                let body =
                    Body::Data { encoding, header: header.into(), data: b"\x00\x05ab".as_slice().into() };
                let message = with_field(field::DATA_CODING, coding, body);
                let encoded = encode(&message, &Text { alphabet, ..Text::default() }).unwrap();
                let expected = join(header, b"\x00\x05ab".to_vec());
                assert_eq!(
                    (encoded.parts[0].data_coding, &encoded.parts[0].octets),
                    (coding, &expected),
                    "{alphabet:?}"
                );
            }
        }
    }
}

#[test]
fn no_alphabet_lets_a_grapheme_be_cut() {
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}";
    let text = format!("{}{family}{}", "\u{416}".repeat(60), "\u{416}".repeat(20));
    let accented = format!("{}e\u{301}{}", "x".repeat(66), "x".repeat(20));
    for alphabet in [
        Alphabet::Gsm7,
        Alphabet::Gsm7Packed,
        Alphabet::Latin1,
        Alphabet::Ascii,
        Alphabet::Utf8,
        Alphabet::Ucs2,
    ] {
        for long in [Long::Udh8, Long::Udh16, Long::Sar] {
            let settings = Text { alphabet, long, ..Text::default() };
            for (text, first) in [(&text, 60), (&accented, 66)] {
                let encoded = encoded(text, &settings);
                let part = &encoded.parts[0];
                let header = match (part.header, part.octets.first()) {
                    (true, Some(length)) => usize::from(*length) + 1,
                    _ => 0,
                };
                assert_eq!(
                    part.octets.len() - header,
                    first * 2,
                    "{alphabet:?} {long:?} {}",
                    encoded.parts.len()
                );
            }
        }
    }
}
