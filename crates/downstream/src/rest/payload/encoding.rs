//! Bodies that are not JSON in UTF-8, recognized by their octets, so that the answer can name what was sent.

use crate::rest::problem::Problem;
use axum::http::StatusCode;

/// The octets with which compressed bodies begin.
const COMPRESSED: [(&[u8], &str); 2] = [(b"\x1F\x8B", "gzip"), (b"\x28\xB5\x2F\xFD", "zstd")];
/// The byte order marks, the longer ones first: that of UTF-32LE begins with that of UTF-16LE.
const MARKS: [(&[u8], &str); 5] = [
    (b"\xFF\xFE\0\0", "UTF-32"),
    (b"\0\0\xFE\xFF", "UTF-32"),
    (b"\xFF\xFE", "UTF-16"),
    (b"\xFE\xFF", "UTF-16"),
    (b"\xEF\xBB\xBF", "UTF-8 with a byte order mark"),
];

/// The problem with a body that isn't plain UTF-8; `None` if it is.
pub(super) fn problem(body: &[u8]) -> Option<Problem> {
    let begins = |(start, _): &&(&[u8], &str)| body.starts_with(start);
    if let Some((_, name)) = COMPRESSED.iter().find(begins) {
        return Some(compressed(name));
    }
    if let Some((_, name)) = MARKS.iter().find(begins) {
        let detail = format!("the body is {name}: send UTF-8 without a byte order mark");
        return Some(invalid(&detail));
    }
    match body {
        // The first character of JSON is ASCII: a zero beside it is the other half of a wider unit.
        [0, ..] | [_, 0, ..] => Some(invalid("the body is UTF-16 or UTF-32: send UTF-8")),
        _ => not_utf8(body),
    }
}

/// The problem that a body is compressed (RFC 9110, section 15.5.16).
pub(super) fn compressed(coding: &str) -> Problem {
    let detail = format!("the body is compressed ({coding}), which is not supported: send it uncompressed");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", detail)
}

fn not_utf8(body: &[u8]) -> Option<Problem> {
    let valid = std::str::from_utf8(body).err()?.valid_up_to();
    let (line, column) = position(body, valid);
    let octet = body.get(valid).copied().unwrap_or_default();
    // Each octet of Latin-1 is the character of this number.
    let meant = match char::from(octet) {
        letter if letter.is_alphanumeric() => format!(" (in Latin-1 it is '{letter}')"),
        _ => String::new(),
    };
    let detail = format!(
        "line {line}, column {column}: the octet 0x{octet:02X} is not UTF-8{meant}: send the body in UTF-8"
    );
    Some(invalid(&detail))
}

fn invalid(detail: &str) -> Problem {
    Problem::bad("invalid_encoding", detail)
}

/// Line and column of an octet, both from 1. Columns count octets, as in all errors of JSON.
pub(super) fn position(body: &[u8], index: usize) -> (usize, usize) {
    let before = body.get(..index).unwrap_or(body);
    let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|octet| **octet != b'\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_utf8_is_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let cases: [(Vec<u8>, u16, &str); 10] = [
            (b"\x1F\x8B\x08\0\0".to_vec(), 415, "the body is compressed (gzip)"),
            (b"\x28\xB5\x2F\xFD\0".to_vec(), 415, "the body is compressed (zstd)"),
            (b"\xEF\xBB\xBF{}".to_vec(), 400, "UTF-8 with a byte order mark"),
            (b"\xFF\xFE{\0}\0".to_vec(), 400, "the body is UTF-16:"),
            (b"\xFE\xFF\0{\0}".to_vec(), 400, "the body is UTF-16:"),
            (b"\xFF\xFE\0\0{\0\0\0".to_vec(), 400, "the body is UTF-32:"),
            (utf16("{}"), 400, "the body is UTF-16 or UTF-32"),
            (b"\0{\0}".to_vec(), 400, "the body is UTF-16 or UTF-32"),
            (
                b"{\n\"text\":\"caf\xE9\"}".to_vec(),
                400,
                "line 2, column 12: the octet 0xE9 is not UTF-8 (in Latin-1 it is '\u{e9}')",
            ),
            (b"{\"text\":\"\x80\"}".to_vec(), 400, "line 1, column 10: the octet 0x80 is not UTF-8: send"),
        ];
        for (body, status, words) in cases {
            let problem = problem(&body).unwrap();
            assert_eq!(problem.status, status);
            assert!(problem.detail.contains(words), "{} should say {words}", problem.detail);
        }
        for fine in ["", "{}", "{\"text\":\"\u{e9}\u{10348}\"}", "x"] {
            assert!(problem(fine.as_bytes()).is_none(), "{fine}");
        }
    }
}
