//! Octets of messages that others decode as we do: PyPI's smspdudecoder, Wireshark, and the examples of 3GPP TS 23.040.

use postrider_wire::modem::tpdu::{
    Address, Incoming, Kind, Malformed, Stamp, Status, Submit, Validity, digits, is_septets, read_submit,
    user_data_octets,
};
use postrider_wire::smpp::time::Civil;
use std::time::Duration;

const HELLO: &str = "0001000C91534810325476000005E8329BFD06";

fn submit(pdu: &str, length: usize) -> Submit {
    let read = read_submit(pdu.as_bytes(), Some(length)).unwrap();
    assert_eq!(digits(&read.write(), None), (pdu.to_owned(), length), "{pdu}");
    read
}

#[test]
fn messages_to_send_are_read_and_written() {
    let to = Address::number(Kind::INTERNATIONAL, "358401234567");
    let hello = submit(HELLO, 18);
    assert_eq!(
        hello,
        Submit {
            rejects_duplicates: false,
            wants_report: false,
            has_header: false,
            reply_path: false,
            reference: 0,
            to: to.clone(),
            protocol: 0,
            coding: 0,
            validity: Validity::Unsaid,
            length: 5,
            data: [0xE8, 0x32, 0x9B, 0xFD, 0x06].into(),
        }
    );
    let price = submit("0031000C915348103254760000A71250797A5CD6816A9B3268C37397E91B1F", 30);
    assert!(price.wants_report && price.length == 18);
    assert_eq!(price.validity, Validity::Relative(0xA7));
    let absolute = submit("0019000C9153481032547600086221133295958010041F044004380432043504420020263A", 36);
    let until =
        Stamp { at: Civil { year: 2026, month: 12, day: 31, hour: 23, minute: 59, second: 59 }, quarters: 8 };
    assert_eq!(absolute.validity, Validity::until(&until));
    assert_eq!((absolute.coding, absolute.length), (8, 16));
    let part = submit("0051000C915348103254760000AD0F050003420201A061391DF4769701", 28);
    assert!(part.has_header && part.to == to && part.data.starts_with(&[5, 0, 3, 0x42, 2, 1]));
    let card = submit("0051000C915348103254760004AD1206050423F40000424547494E3A5643415244", 32);
    assert_eq!((card.coding, card.length), (4, 18));
    let flash = submit("0011000A81401032547600108F05417658DE06", 18);
    assert_eq!((flash.to.kind, flash.to.digits()), (Kind::UNKNOWN, Some("0401234567")));
}

#[test]
fn messages_from_handsets_are_read() {
    let read = |pdu: &str, length| match Incoming::read(pdu.as_bytes(), Some(length)).unwrap() {
        Incoming::Deliver(deliver) => deliver,
        other @ Incoming::Report(_) => panic!("{other:?}"),
    };
    let named = read("07919471227200000410D0D0F79C2E4F93CB7200006211928003004009C337B90C8AC96634", 29);
    assert!(named.from.kind.is_name() && !named.more && named.length == 9);
    assert_eq!(named.from.packed().map(|(septets, _)| septets), Some(9));
    assert_eq!(named.stamp.unwrap().unix_ms(), 1_795_937_400_000, "2026-11-29T07:30:00Z");
    let part =
        read("0791947122720000440B912120550521F300006270402100100A1306080400410202F3F2F8ED2683E061391D", 36);
    assert_eq!((part.has_header, part.from.digits()), (true, Some("12025550123")));
    assert_eq!(part.stamp.unwrap().quarters, -20);
    let silent = read("0791947122720000040C9153481032547640006211928003008000", 19);
    assert_eq!((silent.protocol, silent.length), (0x40, 0));
    let waiting = read("0791947122720000040C9153481032547600C862119280030080053190BB7C07", 24);
    assert_eq!((waiting.coding, waiting.data.len()), (0xC8, 5));
    for deliver in [named, part, silent, waiting] {
        let (pdu, length) = digits(&deliver.write(), None);
        assert_eq!(Incoming::read(pdu.as_bytes(), Some(length)), Ok(Incoming::Deliver(deliver)));
    }
}

#[test]
fn status_reports_are_read_though_cut_or_padded() {
    // 9.2.2.3, with the optional fields, without them, and filled up.
    let bare = "06050C91534810325476621192800300406211928003104000";
    for tail in ["", "FFFFFF", "00"] {
        let pdu = format!("00{bare}{tail}");
        let Incoming::Report(report) = Incoming::read(pdu.as_bytes(), None).unwrap() else { panic!() };
        assert_eq!((report.reference, report.status), (5, Status(0)));
        assert_eq!(report.to.digits(), Some("358401234567"));
        let [submitted, done] = [report.submitted, report.done].map(|stamp| stamp.unwrap().unix_ms());
        assert_eq!(done - submitted, 1_000);
        assert_eq!(digits(&report.write(), None).0, format!("00{bare}"));
    }
    // Some modems leave the service centre's address out, length octet and all.
    let read = Incoming::read(bare.as_bytes(), Some(bare.len() / 2));
    assert!(matches!(read, Ok(Incoming::Report(_))), "{read:?}");
}

#[test]
fn what_is_no_message_is_told() {
    for (pdu, wrong) in [
        ("", Malformed::Short("SMSC")),
        ("0", Malformed::Digits),
        ("0x00", Malformed::Digits),
        ("07919471", Malformed::Short("SMSC")),
        ("00", Malformed::Short("TP-MTI")),
        ("0003", Malformed::Type(3)),
        ("000100", Malformed::Type(1)),
        ("0000", Malformed::Short("TP-OA")),
        ("00001591", Malformed::Address),
        ("00000391", Malformed::Short("TP-OA")),
        ("0000039121F30000621192800300", Malformed::Short("TP-SCTS")),
        ("0000039121F3000062119280030040", Malformed::Short("TP-UDL")),
        ("0000039121F300006211928003004005E8", Malformed::Short("TP-UD")),
        ("0000039121F30000621192800300 40A1", Malformed::Digits),
        ("0000039121F3000062119280030040A1", Malformed::UserData),
        ("0000039121F30004621192800300408D", Malformed::UserData),
        ("000605", Malformed::Short("TP-RA")),
    ] {
        assert_eq!(Incoming::read(pdu.as_bytes(), None), Err(wrong), "{pdu}");
    }
    assert_eq!(Incoming::read(&[b'0'; 513], None), Err(Malformed::TooLong));
    assert_eq!(read_submit(b"000400", None), Err(Malformed::Type(0)));
}

#[test]
fn times_that_are_none_are_left_out() {
    assert_eq!(Stamp::read([0; 7]), None);
    assert_eq!(Stamp::read([0x62, 0x11, 0x92, 0x80, 0x03, 0x00, 0xFF]), None);
    let Incoming::Deliver(deliver) = Incoming::read(b"0000039121F300000000000000000000", None).unwrap()
    else {
        panic!()
    };
    assert_eq!(deliver.stamp, None);
    for quarters in [-79, -20, 0, 4, 56, 79] {
        let stamp = Stamp::of(1_795_937_400_000, quarters);
        assert_eq!((Stamp::read(stamp.write()), stamp.unix_ms()), (Some(stamp), 1_795_937_400_000));
    }
}

#[test]
fn a_validity_lasts_as_long_as_asked() {
    const MINUTES: u64 = 60;
    const DAYS: u64 = 86_400;
    // The check points of 9.2.3.12.1.
    for (value, seconds) in [
        (0, 5 * MINUTES),
        (11, 60 * MINUTES),
        (143, 720 * MINUTES),
        (167, DAYS),
        (168, 2 * DAYS),
        (173, 7 * DAYS),
        (196, 30 * DAYS),
        (197, 35 * DAYS),
        (255, 441 * DAYS),
    ] {
        let span = Duration::from_secs(seconds);
        assert_eq!(Validity::span(value), span);
        assert_eq!(Validity::lasting(span), Validity::Relative(value));
        assert_eq!(Validity::lasting(span - Duration::from_secs(1)), Validity::Relative(value));
    }
    assert_eq!(Validity::lasting(Duration::ZERO), Validity::Relative(0));
    assert_eq!(Validity::lasting(Duration::from_secs(500 * DAYS)), Validity::Relative(255));
}

#[test]
fn the_length_counts_septets_or_octets() {
    for (coding, septets) in [
        (0x00, true),
        (0x04, false),
        (0x08, false),
        (0x0C, true),
        (0x10, true),
        (0x18, false),
        (0x20, false),
        (0x44, false),
        (0x80, true),
        (0xC8, true),
        (0xD0, true),
        (0xE0, false),
        (0xF1, true),
        (0xF5, false),
    ] {
        assert_eq!(is_septets(coding), septets, "{coding:02X}");
    }
    assert_eq!((user_data_octets(0, 160), user_data_octets(8, 140), user_data_octets(0, 1)), (140, 140, 1));
}
