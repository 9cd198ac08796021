use super::*;
use crate::testing::message;
use crate::ucp::encode::encode;
use crate::ucp::testing::settings;
use postrider_core::message::Body;
use postrider_core::number::Number;

/// What is between STX and ETX of the first part, with transaction number 0.
fn written(message: &Message, settings: &Settings) -> Result<String, String> {
    let encoded = encode(message, settings.text_alphabet, 64).unwrap();
    let mut out = BytesMut::new();
    let mut submit = Submit::default();
    let clock = Time(1_795_000_000_000);
    submit.write(message, (&encoded, &encoded.parts[0]), settings, clock, |operation| {
        operation.write(1, &mut out);
    })?;
    Ok(String::from_utf8_lossy(&out[1..out.len() - 1]).into_owned())
}

fn from(sender: Option<&str>, text: &str) -> Message {
    let mut message = message(Body::Text(text.into()));
    message.to = Number::from_digits(358_401_234_567).unwrap();
    message.from = sender.map(|sender| Sender::parse(sender).unwrap());
    message.expires = Time(1_795_000_000_000 + 3_600_000);
    message
}

/// The frames of protocol descriptions, with the notifications that we ask for.
#[test]
fn golden_frames() {
    let plain = settings(|settings| {
        settings.notifications = 0;
        settings.login = "1234".to_owned();
    });
    assert_eq!(
        written(&from(None, "hello"), &plain).unwrap(),
        "01/00076/O/51/358401234567/1234/////////////////3//68656C6C6F/////////////92"
    );
    let asking = settings(|_| ());
    assert_eq!(
        written(&from(Some("Postrider"), "hello"), &asking).unwrap(),
        "01/00096/O/51/358401234567/10D0F79C2E4F93CB72//1//3/////////////3//68656C6C6F////////5039/////18"
    );
    assert_eq!(
        written(&from(Some("1234"), "\u{416}\u{434}\u{443}"), &asking).unwrap(),
        "01/00088/O/51/358401234567/1234//1//3/////////////4/48/041604340443//////////020108///AB"
    );
}

/// The field at a place, from 1.
fn field(frame: &str, place: usize) -> &str {
    frame.split('/').nth(3 + place).unwrap()
}

#[test]
fn senders_have_their_types() {
    let settings = settings(|settings| settings.sender = "4711".to_owned());
    for (sender, digits, kind) in [
        (None, "4711", ""),
        (Some("60006"), "60006", ""),
        (Some("+447700900123"), "447700900123", "1139"),
        (Some("ALPHA@NUM"), "10412614190438AB4D", "5039"),
    ] {
        let frame = written(&from(sender, "hi"), &settings).unwrap();
        assert_eq!((field(&frame, 2), field(&frame, 29)), (digits, kind), "{sender:?}");
    }
    let error = written(&from(Some("[12345678]"), "hi"), &settings).unwrap_err();
    assert_eq!(error, "the sender's name takes 12 septets; 11 are allowed");
}

#[test]
fn settings_fill_fields() {
    let settings = settings(|settings| {
        settings.code = "4242".into();
        settings.notifications = 7;
        settings.notification_address = "1920870340125000".to_owned();
        settings.recipient_prefix = "00".to_owned();
        settings.billing = "B1".to_owned();
        settings.utc_offset = Some(postrider_declare::Written::read("+01:00").unwrap());
    });
    let frame = written(&from(None, "hi"), &settings).unwrap();
    for (place, expected) in [
        (1, "00358401234567"),
        (3, "4242"),
        (4, "1"),
        (5, "1920870340125000"),
        (6, "7"),
        (7, "0539"),
        // 2026-11-18 12:06:40 UTC, by the carrier's clock.
        (13, "1811261307"),
        (31, "0C024231"),
    ] {
        assert_eq!(field(&frame, place), expected, "field {place}");
    }
    let mut later = from(None, "hi");
    later.expires = Time(i64::MAX);
    assert_eq!(field(&written(&later, &settings).unwrap(), 13), "", "the carrier's default is longer");
}

#[test]
fn the_login_has_the_password_in_hexadecimal() {
    let settings = settings(|_| ());
    let mut out = BytesMut::new();
    login(&settings, |operation| operation.write(3, &mut out));
    assert_eq!(out, b"\x0203/00051/O/60/1234/6/5/1/736563726574//0100//////A2\x03"[..]);
}
