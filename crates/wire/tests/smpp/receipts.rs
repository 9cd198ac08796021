//! Receipts as they were seen in the field. Each sample stands in a public thread, which is named beside it.

use postrider_wire::smpp::pdu::Pdu;
use postrider_wire::smpp::receipt::{MessageState, Report};
use postrider_wire::smpp::{Command, Header, Status, Tlvs};

/// Where it stands, its text, and the identifier, state and error that are read from it.
type Sample = (&'static str, &'static str, Option<&'static str>, Option<MessageState>, Option<&'static str>);

const DELIVERED: Option<MessageState> = Some(MessageState::Delivered);
const UNDELIVERABLE: Option<MessageState> = Some(MessageState::Undeliverable);

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    ("farhadi/node-smpp#199", "id:0000029095 sub:001 dlvrd:001 submit date:211125034959 done date:211125035001 stat:DELIVRD err:000 text:",
     Some("0000029095"), DELIVERED, Some("000")),
    ("onlinecity/php-smpp#70", "id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 stat:DELIVRD err:0000 text:Hllo world",
     Some("117062714244798261"), DELIVERED, Some("0000")),
    ("onlinecity/php-smpp#29", "id:1 sub:001 dlvrd:001 submit date:1404170000 done date:1404170000 stat:DELIVRD err: 0 text:",
     Some("1"), DELIVERED, Some("0")),
    ("opentelecoms-org/jsmpp#62", "id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hellow",
     Some("1526758174"), DELIVERED, Some("000")),
    ("uudashr/jsmpp#67", "id:0654354026 submit date:2302101454 done date:2302101454 stat:DELIVRD err:000",
     Some("0654354026"), DELIVERED, Some("000")),
    ("kneodev/ksmppd#108", "id:ce5bc5a9-4f7d-4282-9244-2e1022a9335c sub:000 dlvrd:000 submit date:180903120815 done date:180903120816 DELIVRD err:000 Text:",
     Some("ce5bc5a9-4f7d-4282-9244-2e1022a9335c"), DELIVERED, Some("000")),
    ("jookies/jasmin#70", "id:a29f6845555647139e5c8f3b817f2c9a sub:001 dlvrd:001 submit date:141023215253 done date:141023215259 stat:DELIVRD err:000 text:",
     Some("a29f6845555647139e5c8f3b817f2c9a"), DELIVERED, Some("000")),
    ("jookies/jasmin#195", "id:c87c2273-7edb-4bc7-8d3a-7f57f21b625e submit date:201506201641 done date:201506201641 stat:DELIVRD err:000",
     Some("c87c2273-7edb-4bc7-8d3a-7f57f21b625e"), DELIVERED, Some("000")),
    ("jookies/jasmin#447", "id:1216080510463401720 sub:001 dlvrd:001 submit date:1608051046 done date:0000000000 stat:FAILED err:002 Text:",
     Some("1216080510463401720"), UNDELIVERABLE, Some("002")),
    ("jookies/jasmin#760", "id:fa9542be-3c16-44bb-9a8c-d277ea1851ef submit date:1911211739 done date:1911211741 stat:DELIVRD err:002",
     Some("fa9542be-3c16-44bb-9a8c-d277ea1851ef"), DELIVERED, Some("002")),
    ("jookies/jasmin#1050", "id:1602718841 submit date:2204152009 done date:2204152009 stat:DELIVRD err:000",
     Some("1602718841"), DELIVERED, Some("000")),
    ("farhadi/node-smpp#140", "message text:77 sub:001 dlvrd:0 submit date:2007281200 done date: stat:ACCEPTD err:000",
     None, None, None),
];

#[test]
fn receipts_from_the_field_are_read() {
    for (place, text, id, state, error) in SAMPLES {
        let report = Report::read(0x04, &Tlvs::EMPTY, text.as_bytes()).unwrap();
        assert_eq!(report.id(), id.map(str::as_bytes), "{place}");
        assert_eq!(report.state, *state, "{place}");
        assert_eq!(report.text.err, error.map(str::as_bytes), "{place}");
        if text.contains("done date:2") || text.contains("done date:1") {
            assert!(report.text.done().is_some(), "{place}: {:?}", report.text);
        }
    }
}

/// A whole deliver_sm from onlinecity/php-smpp#70: network_error_code says that it has three octets and has two, so
/// that every parameter behind it is read at the wrong place.
#[test]
fn a_receipt_whose_parameters_are_out_of_step_is_read_by_its_text() {
    let body = "000101393137303133313033303330300005004\
                14d41525654000400000000000000007b69643a313137303632373134323434373938323631207375623a30303120646c7672643a303031\
                207375626d697420646174653a3137303632373136323420646f6e6520646174653a3137303632373136323420737461743a44454c49565244\
                206572723a3030303020746578743a481b656c6c6f20776f726c640423000303000014540004000000011418000400000000";
    let digits: Vec<u8> = body.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let body: Vec<u8> = digits.chunks(2).map(octet).collect();
    let length = 16 + u32::try_from(body.len()).unwrap();
    let header = Header { length, command: Command::DELIVER_SM, status: Status::ROK, sequence: 1 };
    let Ok(Pdu::DeliverSm(deliver)) = Pdu::decode(&header, &body) else { panic!("it isn't read") };
    let report = Report::read(deliver.esm_class, &deliver.tlvs, deliver.text()).unwrap();
    assert_eq!(report.id(), Some(&b"117062714244798261"[..]));
    assert_eq!(report.state, DELIVERED);
    assert_eq!(deliver.source.digits, b"9170131030300");
}
