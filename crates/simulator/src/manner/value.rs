//! The values of manners, read from text. What is wrong with one is said in words.

use postrider_wire::smpp::Status;
use std::time::Duration;

/// A number, decimal or hexadecimal after `0x`.
pub(super) fn number<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let number = number.ok().and_then(|number| N::try_from(number).ok());
    number.ok_or_else(|| format!("`{text}` is no number that fits; `8` and `0x08` are"))
}

/// A command_status other than ESME_ROK.
pub(super) fn status(text: &str) -> Result<Status, String> {
    match number(text)? {
        0 => Err("0 is no error".to_owned()),
        status => Ok(Status(status)),
    }
}

/// A time in ms or s.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let read = |digits: &str| digits.parse::<u64>().ok();
    let time = match text.strip_suffix("ms") {
        Some(digits) => read(digits).map(Duration::from_millis),
        None => text.strip_suffix('s').and_then(read).map(Duration::from_secs),
    };
    time.ok_or_else(|| format!("`{text}` is no time; `200ms` and `2s` are"))
}

/// One of several words.
pub(super) fn choice<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("`{text}` is none of {}", words.join(", "))
    })
}

/// A C-octet string: the text with its NUL.
pub(super) fn string(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_values() {
        assert_eq!((number("0x10"), number("10")), (Ok(16_u8), Ok(10_u64)));
        assert!(number::<u8>("256").is_err() && number::<u8>("x").is_err());
        assert!(status("0").is_err() && status("0x58") == Ok(Status::RTHROTTLED));
        assert_eq!((time("2s"), time("20ms")), (Ok(Duration::from_secs(2)), Ok(Duration::from_millis(20))));
        assert!(time("2").is_err());
        assert_eq!(choice("b", &[("a", 1), ("b", 2)]), Ok(2));
        assert_eq!(choice("c", &[("a", 1), ("b", 2)]), Err("`c` is none of a, b".to_owned()));
    }
}
