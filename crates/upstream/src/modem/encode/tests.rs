//! Messages as others decode them: golden octets of 3GPP TS 23.040, by PyPI's smspdudecoder.

use super::*;
use crate::modem::testing::settings;
use crate::testing::message;
use postrider_core::message::Body;
use postrider_core::number::Number;
use postrider_wire::modem::tpdu::digits;

/// The digits of the parts of a text to +358401234567 that is worth sending for so many hours.
fn written(text: &str, hours: i64, change: impl FnOnce(&mut Message)) -> Vec<(String, usize)> {
    let mut message = message(Body::Text(text.into()));
    message.to = Number::parse_recipient("+358401234567").unwrap();
    message.expires = Time(hours * 3_600_000);
    change(&mut message);
    let settings = settings(|settings| settings.status_reports = false);
    let encoded = encode(&message, 64).unwrap();
    let part = |part: &Part| digits(&submit(&message, &encoded, part, &settings, Time(0)).write(), None);
    encoded.parts.iter().map(part).collect()
}

#[test]
fn texts_are_what_other_software_decodes() {
    assert_eq!(
        written("Price: 5\u{20ac} [net]", 24, |_| ()),
        [("0011000C915348103254760000A71250797A5CD6816A9B3268C37397E91B1F".to_owned(), 30)]
    );
    assert_eq!(
        written("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{263a}", 24, |_| ()),
        [("0011000C915348103254760008A710041F044004380432043504420020263A".to_owned(), 30)]
    );
}

#[test]
fn a_flash_message_to_a_short_code_has_class_and_type() {
    let flash = written("Alarm", 12, |message| {
        message.flash = true;
        message.to = Number::parse_recipient("60006").unwrap();
    });
    assert_eq!(flash, [("00110005810600F600F08F05417658DE06".to_owned(), 16)]);
}

#[test]
fn long_texts_have_headers_and_fill_bits() {
    let parts = written(&"Part one ".repeat(20), 24 * 7, |_| ());
    assert_eq!(parts.len(), 2);
    for (number, (pdu, length)) in (1..).zip(&parts) {
        assert!(pdu.starts_with("0051000C915348103254760000AD"), "{pdu}");
        assert_eq!(*length, pdu.len() / 2 - 1);
        let header = pdu.get(30..42).unwrap();
        assert!(header.starts_with("050003") && header.ends_with(&format!("020{number}")), "{header}");
    }
    // 153 septets, and 7 of header and fill bit.
    assert_eq!(parts[0].0.get(28..30), Some("A0"));
    assert_eq!(parts[0].1, 14 + 140);
}

#[test]
fn the_service_centre_tries_no_longer_than_the_settings_say() {
    let mut message = message(Body::Text("Hello".into()));
    message.expires = Time(3_600_000 * 24 * 90);
    let encoded = encode(&message, 1).unwrap();
    let validity = |span: &str| {
        let settings = settings(|settings| settings.validity_max = span.into());
        submit(&message, &encoded, &encoded.parts[0], &settings, Time(0)).validity
    };
    assert_eq!((validity("1h"), validity("63d")), (Validity::Relative(11), Validity::Relative(201)));
}
