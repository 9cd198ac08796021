//! Headers, data codings and packed septets, octet by octet.

use postrider_text::Encoding::{self, Gsm7, Latin1, Octets, Ucs2};
use postrider_text::coding::{self, Waiting, WaitingKind};
use postrider_text::header::{self, BuildError, Concat, Element, Ports, Reference};
use postrider_text::national::{Language, Shifts};
use postrider_text::septets::{fill_bits, pack, packed_length, unpack};

#[test]
fn builds_and_reads_every_element() {
    let elements = [
        Element::Concat(Concat { reference: Reference::Eight(7), total: 3, number: 1 }),
        Element::Concat(Concat { reference: Reference::Sixteen(0x0102), total: 255, number: 255 }),
        Element::Ports8(240, 241),
        Element::Ports16(Ports { destination: 2948, source: 9200 }),
        Element::SingleShift(Language::Spanish),
        Element::LockingShift(Language::Urdu),
        Element::Other { id: 0x70, data: &[1, 2, 3] },
    ];
    let built = header::build(&elements).unwrap();
    let octets = [
        &[0x00, 3, 7, 3, 1][..],
        &[0x08, 4, 1, 2, 255, 255],
        &[0x04, 2, 240, 241],
        &[0x05, 4, 0x0B, 0x84, 0x23, 0xF0],
        &[0x24, 1, 2],
        &[0x25, 1, 13],
        &[0x70, 3, 1, 2, 3],
    ];
    assert_eq!(built, octets.concat());
    assert_eq!(header::parse(&built).collect::<Vec<_>>(), elements);
    let shifts = Shifts { locking: Some(Language::Urdu), single: Some(Language::Spanish) };
    assert_eq!(header::shifts(&built), shifts);
}

#[test]
fn refuses_to_build_what_a_handset_would_ignore() {
    let concat = |total, number| Element::Concat(Concat { reference: Reference::Eight(1), total, number });
    assert_eq!(header::build(&[concat(2, 0)]), Err(BuildError::PartNumber));
    assert_eq!(header::build(&[concat(2, 3)]), Err(BuildError::PartNumber));
    let spanish = Element::LockingShift(Language::Spanish);
    assert_eq!(header::build(&[spanish]), Err(BuildError::NoLockingTable(Language::Spanish)));
    let longest = Element::Other { id: 0x70, data: &[0; 137] };
    assert_eq!(header::build(&[longest]).map(|header| header.len()), Ok(header::MAX_LENGTH));
    assert_eq!(header::build(&[longest, longest]), Err(BuildError::TooLong));
    assert_eq!(header::prefixed(&[0; 140], b""), Err(BuildError::TooLong));
}

#[test]
fn reads_sloppy_headers() {
    // Part 3 of 2, and a length that is not the element's: neither is a concatenation.
    assert_eq!(header::concat(&[0x00, 3, 7, 2, 3]), None);
    assert_eq!(header::concat(&[0x00, 4, 7, 2, 1, 0]), None);
    // The last of two counts; a truncated element ends the header.
    let last = Concat { reference: Reference::Eight(9), total: 2, number: 2 };
    assert_eq!(header::concat(&[0x00, 3, 7, 2, 1, 0x00, 3, 9, 2, 2, 0x05, 4, 1]), Some(last));
    assert_eq!(header::split_off(&[]), None);
    assert_eq!(header::split_off(&[2, 1, 0, b'x']), Some((&[1, 0][..], &b"x"[..])));
    assert_eq!(header::split_off(&[200, 1, 2]), Some((&[1, 2][..], &[][..])));
    let whole = header::prefixed(&[0x24, 1, 1], b"abc").unwrap();
    assert_eq!(header::split_off(&whole), Some((&[0x24, 1, 1][..], &b"abc"[..])));
}

#[test]
fn packs_as_everyone_does() {
    let mut packed = Vec::new();
    pack(b"hellohello", 0, &mut packed);
    assert_eq!(packed, [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]);
    assert_eq!(unpack(&packed, 10, 0), b"hellohello");
    // After the six octets of a concatenation, one fill bit: 'h' is shifted left by one.
    assert_eq!([0, 1, 4, 6, 7, 8].map(fill_bits), [0, 6, 3, 1, 0, 6]);
    let mut filled = Vec::new();
    pack(b"h", fill_bits(6), &mut filled);
    assert_eq!(filled, [0xD0]);
    assert_eq!(unpack(&filled, 1, 1), b"h");
    // Eight septets fill seven octets, of which seven septets leave a spare one unread.
    assert_eq!((packed_length(160, 0), packed_length(153, 1), packed_length(7, 0)), (140, 134, 7));
    assert_eq!(unpack(&[0; 7], 7, 0).len(), 7);
    assert_eq!(unpack(&[0; 7], 100, 0).len(), 8);
}

fn encoding_and_class(data_coding: u8) -> (Encoding, Option<u8>) {
    let coding = coding::of_data_coding(data_coding);
    (coding.encoding, coding.class)
}

#[test]
fn reads_smpps_data_codings() {
    let named = [Gsm7, Latin1, Octets, Latin1, Octets, Octets, Octets, Octets, Ucs2, Octets, Octets];
    for (octet, encoding) in (0..).zip(named) {
        assert_eq!(encoding_and_class(octet), (encoding, None), "{octet:#04x}");
    }
    assert_eq!(encoding_and_class(0x0D), (Octets, None));
    assert_eq!(encoding_and_class(0x0E), (Octets, None));
    assert_eq!(encoding_and_class(0x0F), (Gsm7, None));
    assert_eq!(encoding_and_class(0x10), (Gsm7, Some(0)));
    assert_eq!(encoding_and_class(0x15), (Octets, Some(1)));
    assert_eq!(encoding_and_class(0x18), (Ucs2, Some(0)));
    assert_eq!(encoding_and_class(0xF0), (Gsm7, Some(0)));
    assert_eq!(encoding_and_class(0xF5), (Octets, Some(1)));
    assert_eq!(encoding_and_class(0x90), (Gsm7, None));
    assert!(coding::of_data_coding(0x18).is_flash() && !coding::of_data_coding(0x11).is_flash());
}

#[test]
fn reads_the_groups_of_the_dcs() {
    // In a TP-DCS, 0x04 is 8-bit data and 0x01 is nothing special.
    assert_eq!(coding::of_dcs(0x04).encoding, Octets);
    assert_eq!(coding::of_dcs(0x01).encoding, Gsm7);
    assert!(coding::of_dcs(0x20).compressed && !coding::of_dcs(0x10).compressed);
    let deleted = coding::of_dcs(0x58);
    assert!(deleted.delete_after_reading && deleted.encoding == Ucs2 && deleted.class == Some(0));
    let waiting = |dcs| (coding::of_dcs(dcs).encoding, coding::of_dcs(dcs).waiting);
    let of = |kind, active, store| Some(Waiting { kind, active, store });
    assert_eq!(waiting(0xC8), (Gsm7, of(WaitingKind::Voicemail, true, false)));
    assert_eq!(waiting(0xC1), (Gsm7, of(WaitingKind::Fax, false, false)));
    assert_eq!(waiting(0xDA), (Gsm7, of(WaitingKind::Email, true, true)));
    assert_eq!(waiting(0xEB), (Ucs2, of(WaitingKind::Other, true, true)));
}

#[test]
fn what_is_written_is_what_is_read() {
    for encoding in [Gsm7, Latin1, Ucs2, Octets] {
        for class in [None, Some(0), Some(1), Some(2), Some(3)] {
            let class_kept = if encoding == Latin1 { None } else { class };
            let octet = coding::data_coding(encoding, class);
            assert_eq!(encoding_and_class(octet), (encoding, class_kept));
            let dcs = coding::dcs(encoding, class).map(coding::of_dcs);
            assert_eq!(dcs.map(|c| (c.encoding, c.class)), (encoding != Latin1).then_some((encoding, class)));
        }
    }
    assert_eq!(coding::data_coding(Gsm7, Some(0)), 0xF0);
    assert_eq!(coding::data_coding(Ucs2, Some(0)), 0x18);
}

#[test]
fn only_elements_that_fill_it_make_a_header() {
    // 3GPP TS 23.040, 9.2.3.24: UDHL, then identifiers, lengths and data.
    let valid: &[(&[u8], &[u8], &[u8])] = &[
        (&[5, 0, 3, 7, 2, 1, b'x'], &[0, 3, 7, 2, 1], b"x"),
        (&[5, 0, 3, 7, 2, 1], &[0, 3, 7, 2, 1], b""),
        (&[0, b'x'], &[], b"x"),
        (&[2, 0x70, 0, b'x'], &[0x70, 0], b"x"),
        (
            &[11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 3, 1, 1],
            &[5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 3, 1, 1],
            b"",
        ),
    ];
    for (user_data, header, rest) in valid {
        assert_eq!(header::split_valid(user_data), Some((*header, *rest)), "{user_data:x?}");
    }
    let lorem = [b"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt"
        .as_slice(); 2];
    let invalid: &[&[u8]] = &[
        &[],
        // The header is longer than the message.
        &[6, 0, 3, 7, 2, 1],
        b"Hi",
        // An element is longer than the header.
        &[5, 0, 4, 7, 2, 1, b'x'],
        // An element lacks its length.
        &[1, 0, b'x'],
        // An octet is left over.
        &[6, 0, 3, 7, 2, 1, 9, b'x'],
        &lorem.concat(),
    ];
    for user_data in invalid {
        assert_eq!(header::split_valid(user_data), None, "{user_data:x?}");
    }
}
