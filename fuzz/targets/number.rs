//! Telephone numbers and senders as people write them: what is read reads back the same, and logs show no whole number.

use postrider_core::number::Number;
use postrider_core::sender::Sender;

/// One text, read as a recipient and as a sender.
pub(crate) fn text(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    match Number::parse(&text) {
        Ok(number) => valid(number),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match Number::parse_recipient(&text) {
        Ok(number) if number.is_short_code() => short_code(number),
        Ok(number) => assert_eq!(Number::parse(&text), Ok(number)),
        Err(error) => assert_eq!(Number::parse(&text), Err(error)),
    }
    match Sender::parse(&text) {
        Ok(sender) => assert_eq!(Sender::parse(&sender.to_string()), Ok(sender)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// ITU-T E.164: 7 to 15 digits, the first not zero.
fn valid(number: Number) {
    let written = number.to_string();
    let digits = written.strip_prefix('+').expect("a number is written with +");
    assert!((7..=15).contains(&digits.len()) && !digits.starts_with('0'), "{written}");
    assert_eq!(Number::parse(&written), Ok(number));
    assert_eq!(Number::from_digits(number.digits()), Some(number));
    assert!(!format!("{number:?}").contains(digits));
}

/// 3 to 6 digits, the first not zero.
fn short_code(code: Number) {
    let written = code.to_string();
    assert!((3..=6).contains(&written.len()) && !written.starts_with('0'), "{written}");
    assert!(written.bytes().all(|octet| octet.is_ascii_digit()), "{written}");
    assert_eq!(Number::parse_recipient(&written), Ok(code));
    assert_eq!(Number::from_digits(code.digits()), Some(code));
}
