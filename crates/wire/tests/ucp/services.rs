//! Alphanumeric senders, extra services and times.

use bytes::BytesMut;
use postrider_wire::smpp::time::Civil;
use postrider_wire::ucp::{name, time, xser};

#[test]
fn names_are_counted_in_half_octets() {
    // Packed by the rules of 3GPP TS 23.038; the last is an example of the specification (section 5.1.1).
    for (septets, packed, field) in [
        (4, &[0xC2, 0xB0, 0x7B, 0x0D][..], "07C2B07B0D"),
        (9, &[0xD0, 0xF7, 0x9C, 0x2E, 0x4F, 0x93, 0xCB, 0x72], "10D0F79C2E4F93CB72"),
        (9, &[0x41, 0x26, 0x14, 0x19, 0x04, 0x38, 0xAB, 0x4D], "10412614190438AB4D"),
    ] {
        let mut out = BytesMut::new();
        name::write(septets, packed, &mut out);
        assert_eq!(out, field.as_bytes());
        assert_eq!(name::read(field.as_bytes()), Some((septets, packed.to_vec())));
    }
    for wrong in ["", "1", "zz", "16AB"] {
        assert_eq!(name::read(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn services_stand_in_a_row() {
    let mut out = BytesMut::new();
    xser::write(xser::kind::UDH, &[5, 0, 3, 1, 2, 1], &mut out);
    xser::write(xser::kind::DCS, &[8], &mut out);
    assert_eq!(out, b"0106050003010201020108"[..]);
    let services = vec![(xser::kind::UDH, vec![5, 0, 3, 1, 2, 1]), (xser::kind::DCS, vec![8])];
    assert_eq!(xser::read(&out), services);
    for (field, count) in
        [("", 0), ("02", 0), ("0201", 0), ("020108FF", 1), ("0201080", 1), ("FF0002010", 1), ("xx", 0)]
    {
        assert_eq!(xser::read(field.as_bytes()).len(), count, "{field}");
    }
}

#[test]
fn times_have_years_of_two_digits() {
    let at = Civil { year: 2026, month: 11, day: 29, hour: 8, minute: 30, second: 7 };
    assert_eq!((&time::stamp(at), &time::minute(at)), (b"291126083007", b"2911260830"));
    assert_eq!(time::read(b"291126083007"), Some(at));
    assert_eq!(time::read(b"2911260830"), Some(Civil { second: 0, ..at }));
    assert_eq!(time::read(b"090196161057").map(|at| at.year), Some(1996));
    for wrong in [&b""[..], b"29112608300", b"321126083007", b"29112608300x", b"299926083007"] {
        assert_eq!(time::read(wrong), None, "{}", wrong.escape_ascii());
    }
}
