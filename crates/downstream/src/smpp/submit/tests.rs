use super::*;
use postrider_core::message::Body;
use postrider_declare::field;
use postrider_text::Alphabet;
use postrider_wire::smpp::{Npi, TlvBuilder, Ton};

/// 2026-11-21 22:50:32 UTC.
const NOW: Time = Time(1_795_301_432_000);
const READING: Reading = Reading {
    alphabets: Alphabets { text: Alphabet::Gsm7, name: NameAlphabet::Latin1 },
    drops_nul: true,
    from_zero: false,
    now: NOW,
};

fn hello() -> SubmitSm<'static> {
    SubmitSm {
        destination: Address::international(b"447700900123"),
        short_message: b"Hello",
        ..SubmitSm::default()
    }
}

#[test]
fn a_submit_sm_is_what_it_says() {
    let mut tlvs = TlvBuilder::new();
    tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, 4711);
    let pdu = SubmitSm {
        source: Address::alphanumeric(b"Caf\xe9"),
        registered_delivery: 0x11,
        tlvs: tlvs.tlvs(),
        ..hello()
    };
    let read = READING.submit(&pdu).unwrap();
    assert_eq!((&*read.to, read.from.as_deref()), ("447700900123", Some("Caf\u{e9}")));
    assert_eq!(read.body, Some(Body::Text("Hello".into())));
    assert_eq!(read.reference.as_deref(), Some("4711"));
    assert_eq!((read.receipts, read.via), (Receipts::All, Some(Via::Session)));
    let plain = READING.submit(&hello()).unwrap();
    assert_eq!((plain.from, plain.reference, plain.receipts), (None, None, Receipts::None));
}

#[test]
fn the_text_may_stand_in_the_payload() {
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(tag::MESSAGE_PAYLOAD, b"Hello"));
    let data = DataSm {
        destination: Address::new(Ton::UNKNOWN, Npi::UNKNOWN, b"+447700900123"),
        registered_delivery: 2,
        tlvs: tlvs.tlvs(),
        ..DataSm::default()
    };
    let read = READING.data(&data);
    assert_eq!(
        (&*read.to, read.body, read.receipts),
        ("+447700900123", Some(Body::Text("Hello".into())), Receipts::Failures)
    );
    let submit = SubmitSm { short_message: b"", tlvs: tlvs.tlvs(), ..hello() };
    assert_eq!(READING.submit(&submit).unwrap().body, Some(Body::Text("Hello".into())));
}

#[test]
fn times_are_read_from_now() {
    let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
    type Read = Result<(Option<Time>, Option<Duration>), Status>;
    let cases: &[(&[u8], &[u8], Read)] = &[
        (b"", b"", Ok((None, None))),
        (b"0", b"000000000000000R", Ok((None, None))),
        (b"", b"000000010000000R", Ok((None, Some(hour)))),
        (b"", b"000002000000000R", Ok((None, Some(2 * day)))),
        // Longer than anything is kept.
        (b"", b"010000000000000R", Ok((None, Some(VALIDITY_MAX)))),
        (b"", b"261121235032000+", Ok((None, Some(hour)))),
        (b"000000010000000R", b"", Ok((Some(NOW + hour), None))),
        (b"000000010000000R", b"000000020000000R", Ok((Some(NOW + hour), Some(hour)))),
        // What should have gone out before goes out now.
        (b"261121215032000+", b"", Ok((None, None))),
        (b"", b"261121215032000+", Err(Status::RINVEXPIRY)),
        (b"000000020000000R", b"000000010000000R", Err(Status::RINVEXPIRY)),
        (b"tomorrow", b"", Err(Status::RINVSCHED)),
        (b"", b"261321215032000+", Err(Status::RINVEXPIRY)),
    ];
    for (schedule, validity, expected) in cases {
        let pdu = SubmitSm { schedule_delivery_time: schedule, validity_period: validity, ..hello() };
        let read = READING.submit(&pdu).map(|read| (read.send_at, read.valid_for));
        assert_eq!(&read, expected, "{} {}", schedule.escape_ascii(), validity.escape_ascii());
    }
}

#[test]
fn a_clients_names_are_in_its_own_alphabet() {
    for (name, octets) in [
        (NameAlphabet::Latin1, &b"Caf\xe9"[..]),
        (NameAlphabet::Gsm7, b"Caf\x05"),
        (NameAlphabet::Utf8, b"Caf\xc3\xa9"),
    ] {
        let reading = Reading { alphabets: Alphabets { text: Alphabet::Gsm7, name }, ..READING };
        let pdu = SubmitSm { source: Address::alphanumeric(octets), ..hello() };
        assert_eq!(reading.submit(&pdu).unwrap().from.as_deref(), Some("Caf\u{e9}"), "{name:?}");
    }
}

#[test]
fn what_is_for_the_carrier_is_passed_on() {
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(0x1400, b"17") && tlvs.push(0x1400, b"18") && tlvs.push(0x3FFF, b""));
    tlvs.push_u8(tag::USSD_SERVICE_OP, 2).push_u16(tag::USER_MESSAGE_REFERENCE, 1);
    assert!(tlvs.push(0x4000, b"reserved") && tlvs.push(tag::MESSAGE_PAYLOAD, b"Hello"));
    let pdu = SubmitSm { tlvs: tlvs.tlvs(), ..hello() };
    let parameter = |tag, value: &[u8]| Parameter { tag, value: value.into() };
    let expected = [parameter(0x1400, b"17"), parameter(0x3FFF, b""), parameter(0x0501, &[2])];
    assert_eq!(READING.submit(&pdu).unwrap().parameters, expected);
}

/// The fields that go on beside the body, by their names.
fn fields(pdu: &SubmitSm<'_>) -> Vec<(&'static str, u8)> {
    let read = READING.submit(pdu).unwrap();
    let named = |Parameter { tag, value }: &Parameter| {
        let name = match *tag {
            field::DATA_CODING => "data_coding",
            field::MESSAGE_CLASS => "class",
            field::PROTOCOL_ID => "protocol_id",
            other => panic!("{other:#x}"),
        };
        (name, value[0])
    };
    let fields = read.parameters.iter().map(named);
    fields.chain(read.flash.then_some(("class", 0))).collect()
}

#[test]
fn what_the_handset_or_the_network_is_told_goes_on() {
    // 3GPP TS 23.040, 9.2.3.9: 0x7F is SIM data download, 0x41 to 0x47 replace a message, 0x40 is silent.
    for protocol_id in [0x00, 0x3F, 0x40, 0x41, 0x47, 0x5E, 0x7D, 0x7F, 0xC0] {
        let expected = if protocol_id == 0 { vec![] } else { vec![("protocol_id", protocol_id)] };
        assert_eq!(fields(&SubmitSm { protocol_id, ..hello() }), expected, "{protocol_id:#x}");
    }
    // 3GPP TS 23.038, 4: classes, then message waiting, automatic deletion, compression, and what is reserved.
    for (data_coding, expected) in [
        (0x00, None),
        (0x03, None),
        (0x04, None),
        (0x08, None),
        (0xF0, Some(("class", 0))),
        (0x10, Some(("class", 0))),
        (0x18, Some(("class", 0))),
        (0xF1, Some(("class", 1))),
        (0xF2, Some(("class", 2))),
        (0xF3, Some(("class", 3))),
        (0xF6, Some(("class", 2))),
        (0x11, Some(("class", 1))),
        (0x1A, Some(("class", 2))),
        (0xC8, Some(("data_coding", 0xC8))),
        (0xD0, Some(("data_coding", 0xD0))),
        (0xE8, Some(("data_coding", 0xE8))),
        (0x20, Some(("data_coding", 0x20))),
        (0x31, Some(("data_coding", 0x31))),
        (0x40, Some(("data_coding", 0x40))),
        (0x80, Some(("data_coding", 0x80))),
        (0xBF, Some(("data_coding", 0xBF))),
        (0xF8, Some(("data_coding", 0xF8))),
        (0x05, Some(("data_coding", 0x05))),
        (0x06, Some(("data_coding", 0x06))),
        (0x0E, Some(("data_coding", 0x0E))),
    ] {
        let pdu = SubmitSm { data_coding, short_message: b"\0H\0i", ..hello() };
        assert_eq!(fields(&pdu), Vec::from_iter(expected), "{data_coding:#x}");
        if let Some(("data_coding", _)) = expected {
            let Some(Body::Data { header, data, .. }) = READING.submit(&pdu).unwrap().body else {
                panic!("{data_coding:#x} is no text")
            };
            assert_eq!((&*header, &*data), (&b""[..], &b"\0H\0i"[..]), "{data_coding:#x}");
        }
    }
    for (subunit, expected) in [(0, None), (1, Some(0)), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, None)]
    {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::DEST_ADDR_SUBUNIT, subunit);
        let expected = expected.map(|class| ("class", class));
        assert_eq!(fields(&SubmitSm { tlvs: tlvs.tlvs(), ..hello() }), Vec::from_iter(expected), "{subunit}");
    }
}
