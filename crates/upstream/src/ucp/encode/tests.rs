use super::*;
use crate::testing::message;
use postrider_core::message::{Body, Parameter};
use postrider_declare::field;

fn parts(body: Body, alphabet: TextAlphabet) -> Vec<(bool, String, String)> {
    let text = |digits: &BytesMut| String::from_utf8(digits.to_vec()).unwrap();
    let encoded = encode(&message(body), alphabet, 64).unwrap();
    let part = |part: &Part| (part.is_transparent, text(&part.message), text(&part.services));
    encoded.parts.iter().map(part).collect()
}

fn one(body: Body) -> (bool, String, String) {
    let mut parts = parts(body, TextAlphabet::Gsm7);
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

fn fields(is_transparent: bool, message: &str, services: &str) -> (bool, String, String) {
    (is_transparent, message.to_owned(), services.to_owned())
}

#[test]
fn texts_are_octets_of_the_default_alphabet() {
    assert_eq!(one(Body::Text("hello".into())), fields(false, "68656C6C6F", ""));
    assert_eq!(one(Body::Text("5\u{20ac} ok".into())), fields(false, "351B65206F6B", ""));
    assert_eq!(one(Body::Text("@$_\u{e4}".into())), fields(false, "0002117B", ""));
    let cyrillic = Body::Text("\u{416}\u{434}\u{443}".into());
    assert_eq!(one(cyrillic), fields(true, "041604340443", "020108"));
}

#[test]
fn octets_and_their_headers() {
    let data = |encoding, header: &[u8], data: &[u8]| Body::Data {
        encoding,
        header: header.into(),
        data: data.into(),
    };
    assert_eq!(one(data(Encoding::Octets, b"", b"\xBE\xEF")), fields(true, "BEEF", "020104"));
    let ports = [0x05, 0x04, 0x23, 0xF4, 0x00, 0x00];
    assert_eq!(
        one(data(Encoding::Octets, &ports, b"B")),
        fields(true, "42", "0107060504 23F40000020104".replace(' ', "").as_str())
    );
    assert_eq!(one(data(Encoding::Latin1, b"", b"\xE9t\xE9")), fields(false, "057405", ""));
}

#[test]
fn long_texts_have_headers_in_extra_services() {
    let long = parts(Body::Text("x".repeat(200).into()), TextAlphabet::Gsm7);
    assert_eq!(long.len(), 2);
    for (number, (is_transparent, message, services)) in (1..).zip(&long) {
        assert!(!is_transparent && services.starts_with("0106050003"), "{services}");
        assert!(services.ends_with(&format!("020{number}020100")), "{services}");
        assert_eq!(message.len(), if number == 1 { 306 } else { 94 });
    }
    let wide = parts(Body::Text("\u{416}".repeat(100).into()), TextAlphabet::Gsm7);
    assert!(wide.iter().all(|(transparent, _, services)| *transparent && services.ends_with("020108")));
    let fault = encode(&message(Body::Text("x".repeat(200).into())), TextAlphabet::Gsm7, 1).unwrap_err();
    assert!(fault.cause.to_string().contains("more than the 1 parts"), "{}", fault.cause);
}

#[test]
fn german_letters_have_the_places_of_marks() {
    let german = |text: &str| parts(Body::Text(text.into()), TextAlphabet::German).remove(0);
    let letters = "\u{c4}\u{d6}\u{dc}\u{e4}\u{f6}\u{fc}\u{df}\u{a7}$_";
    assert_eq!(german(letters), fields(false, "5B5C5D7B7C7D7E40245F", ""));
    assert_eq!(german("a@b"), fields(true, "006100400062", "020108"));
    assert_eq!(german("5\u{20ac}"), fields(true, "003520AC", "020108"));
}

#[test]
fn classes_and_own_codings_go_along() {
    let with = |tag, value: u8| {
        let mut message = message(Body::Text("hi".into()));
        message.parameters = [Parameter { tag, value: [value].into() }].into();
        encode(&message, TextAlphabet::Gsm7, 64).unwrap()
    };
    assert_eq!(with(field::MESSAGE_CLASS, 2).class, Some(2));
    assert_eq!(with(field::PROTOCOL_ID, 0x41).protocol, Some(0x41));
    assert_eq!(with(field::DATA_CODING, 0xC8).parts[0].services, b"0201C8"[..]);
    let mut flash = message(Body::Text("hi".into()));
    flash.flash = true;
    assert_eq!(encode(&flash, TextAlphabet::Gsm7, 64).unwrap().class, Some(0));
}
