use super::*;
use crate::stamped::testing::{READING, THEN};
use postrider_core::client_part::CutReference;
use postrider_core::message::{Body, Encoding, Parameter};
use postrider_declare::field;
use postrider_wire::cimd2::Frame;

fn read_all(parameters: &str) -> Result<Vec<Submission>, ErrorCode> {
    let content = format!("03:003\t{parameters}");
    read(&Frame::read(content.as_bytes()).unwrap().parameters, READING)
}

fn submitted(parameters: &str) -> Result<Submission, ErrorCode> {
    Ok(read_all(&format!("021:447700900123\t{parameters}"))?.remove(0))
}

fn text_body(text: &str) -> Option<Body> {
    Some(Body::Text(text.into()))
}

#[test]
fn a_submission_is_what_it_says() {
    let plain = submitted("033:Hello\t").unwrap();
    assert_eq!((&*plain.to, &plain.from, &plain.body), ("447700900123", &None, &text_body("Hello")));
    assert_eq!((plain.receipts, plain.via, plain.flash), (Receipts::All, Some(Via::Session), false));
    for (sender, expected) in [
        ("023:60006\t", "60006"),
        ("023:+447700900001\t", "+447700900001"),
        ("027:Caf_e' Bar\t", "Caf\u{e9} Bar"),
    ] {
        assert_eq!(submitted(&format!("{sender}033:Hi\t")).unwrap().from.as_deref(), Some(expected));
    }
    for (flags, expected) in [
        ("14", Receipts::All),
        ("63", Receipts::All),
        ("8", Receipts::Successes),
        ("6", Receipts::Failures),
        ("1", Receipts::None),
        ("0", Receipts::None),
    ] {
        assert_eq!(submitted(&format!("056:{flags}\t033:Hi\t")).unwrap().receipts, expected, "{flags}");
    }
    let several = read_all("021:1111111\t021:2222222\t033:Hi\t").unwrap();
    assert_eq!(several.iter().map(|one| &*one.to).collect::<Vec<_>>(), ["1111111", "2222222"]);
}

#[test]
fn texts_and_octets_are_read_by_their_coding() {
    let body = |parameters| submitted(parameters).unwrap().body;
    assert_eq!(body("033:_a\" 5_XXe _gd @\t"), text_body("\u{e4} 5\u{20ac} \u{394} @"));
    assert_eq!(body("030:8\t034:041604340443\t"), text_body("\u{416}\u{434}\u{443}"));
    let vcard = Body::Data {
        encoding: Encoding::Octets,
        header: (*b"\x05\x04\x23\xF4\x00\x00").into(),
        data: (*b"BEGIN").into(),
    };
    assert_eq!(body("030:245\t032:06050423F40000\t034:424547494E\t"), Some(vcard));
    let part = submitted("032:050003070201\t033:part\t").unwrap().cut.unwrap();
    assert_eq!((part.reference, part.total, part.number), (CutReference::Eight(7), 2, 1));
    for (parameters, error) in [
        ("033:a\t034:61\t", 303),
        ("034:6\t", 302),
        ("032:0\t033:a\t", 303),
        ("030:x\t033:a\t", 304),
        ("052:x\t033:a\t", 307),
        ("056:x\t033:a\t", 310),
        ("050:x\t033:a\t", 305),
        ("054:tomorrow\t033:a\t", 308),
    ] {
        assert_eq!(submitted(parameters).map(|_| ()), Err(ErrorCode(error)), "{parameters}");
    }
    assert_eq!(read_all("033:a\t").map(|_| ()), Err(ErrorCode(300)));
}

#[test]
fn coding_and_protocol_go_on() {
    for (parameters, flash, expected) in [
        ("030:16\t", true, &[][..]),
        ("030:241\t", false, &[(field::MESSAGE_CLASS, 1)]),
        ("030:200\t052:64\t", false, &[(field::DATA_CODING, 200), (field::PROTOCOL_ID, 64)]),
    ] {
        let read = submitted(&format!("{parameters}033:Hi\t")).unwrap();
        let parameters: Vec<Parameter> =
            expected.iter().map(|(tag, value)| Parameter { tag: *tag, value: [*value].into() }).collect();
        assert_eq!((read.flash, read.parameters), (flash, parameters));
    }
}

#[test]
fn times_are_relative_or_those_of_the_clients_clock() {
    let hour = Duration::from_hours(1);
    let at = |parameters: &str| {
        let read = submitted(&format!("{parameters}033:Hi\t"))?;
        Ok((read.send_at.map(|at| at.since(THEN)), read.valid_for))
    };
    assert_eq!(at("050:11\t"), Ok((None, Some(hour))));
    assert_eq!(at("050:-1\t"), Ok((None, None)));
    assert_eq!(at("051:261129093007\t"), Ok((None, Some(hour))));
    assert_eq!(at("053:11\t050:11\t"), Ok((Some(hour), Some(hour))));
    assert_eq!(at("053:0\t"), Ok((None, None)));
    assert_eq!(at("054:261129093007\t"), Ok((Some(hour), None)));
    assert_eq!(at("051:261129073007\t"), Err(ErrorCode(305)));
}
