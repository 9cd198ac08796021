//! Messages of HTTP, as providers and MM7 exchange them: what is hidden and masked of them, and their parts by name. Everything not
//! known to be harmless is masked.

mod mask;

use crate::describe::{Described, Value};
use std::ops::Range;

const STAR: u8 = b'*';
/// The end of a head.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// Fields of heads that are no secrets.
const HARMLESS: [&str; 16] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "mime-version",
    "retry-after",
    "server",
    "soapaction",
    "transfer-encoding",
    "user-agent",
    "x-amz-date",
    "x-amz-target",
];

/// Whether recorded octets are a message of HTTP: a method and a path, or an answer. PDUs begin with a zero, frames with STX.
pub(crate) fn is_message(octets: &[u8]) -> bool {
    let method = octets.iter().take_while(|octet| octet.is_ascii_uppercase()).count();
    is_answer(octets) || method > 0 && octets[method..].starts_with(b" /")
}

/// Whether a message is an answer.
pub(crate) fn is_answer(octets: &[u8]) -> bool {
    octets.starts_with(b"HTTP/")
}

/// Hides the fields of the head that may be secrets, and each of these secrets wherever it stands.
pub(crate) fn hide_secrets(octets: &mut [u8], secrets: &[Box<str>]) {
    for field in fields(octets) {
        if !is_harmless(&octets[field.name.clone()]) {
            octets[field.value].fill(STAR);
        }
    }
    for secret in secrets.iter().map(|secret| secret.as_bytes()).filter(|secret| !secret.is_empty()) {
        let mut from = 0;
        while let Some(at) = find(&octets[from..], secret) {
            octets[from + at..from + at + secret.len()].fill(STAR);
            from += at + secret.len();
        }
    }
}

/// Masks texts and numbers.
pub(crate) fn mask(octets: &mut [u8]) {
    let body = body_of(octets);
    let line = first_line(octets);
    if !is_answer(octets) {
        mask::target(&mut octets[line]);
    }
    mask::body(&mut octets[body]);
}

/// Whether a message names a number.
pub(crate) fn is_about(octets: &[u8], number: &str) -> bool {
    !number.is_empty() && find(octets, number.as_bytes()).is_some()
}

/// Describes a message by its first line, the fields of its head that are no secrets, and its body.
pub(crate) fn describe(octets: &[u8]) -> Described {
    let text = |range: Range<usize>| String::from_utf8_lossy(&octets[range]).into_owned();
    let line = text(first_line(octets));
    let command = match line.split_once(' ') {
        Some((_, status)) if is_answer(octets) => format!("HTTP {status}"),
        _ => line.strip_suffix(" HTTP/1.1").unwrap_or(&line).to_owned(),
    };
    let mut described = Described {
        command,
        sequence: None,
        status: None,
        fields: Vec::new(),
        parameters: Vec::new(),
        mistake: None,
    };
    for field in fields(octets) {
        let name = String::from_utf8_lossy(&octets[field.name]).to_ascii_lowercase();
        let shown = match &*name {
            "content-type" => "content_type",
            "retry-after" => "retry_after",
            "host" => "host",
            _ => continue,
        };
        described.fields.push((shown, Value::Word(text(field.value))));
    }
    described.fields.push(("body", Value::Word(text(body_of(octets)))));
    described
}

/// A field of the head, by the places of its name and its value.
struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

fn first_line(octets: &[u8]) -> Range<usize> {
    0..octets.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(octets.len())
}

fn body_of(octets: &[u8]) -> Range<usize> {
    let start = find(octets, HEAD_END).map_or(octets.len(), |end| end + HEAD_END.len());
    start..octets.len()
}

/// The fields of the head, also of one that is cut.
fn fields(octets: &[u8]) -> Vec<Field> {
    let head = find(octets, HEAD_END).unwrap_or(octets.len());
    let mut fields = Vec::new();
    let mut start = 0;
    for line in octets[..head].split_inclusive(|octet| *octet == b'\n') {
        let (from, length) = (start, line.len());
        start += length;
        if let Some(colon) = line.iter().position(|octet| *octet == b':').filter(|_| from > 0) {
            let blanks = line[colon + 1..].iter().take_while(|octet| **octet == b' ').count();
            let end = line.trim_ascii_end().len().max(colon + 1 + blanks);
            fields.push(Field { name: from..from + colon, value: from + colon + 1 + blanks..from + end });
        }
    }
    fields
}

fn is_harmless(name: &[u8]) -> bool {
    HARMLESS.iter().any(|harmless| name.eq_ignore_ascii_case(harmless.as_bytes()))
}

/// The place of a row of octets in others.
fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let last = octets.len().checked_sub(wanted.len())?;
    (0..=last).find(|at| octets[*at] == first && octets[*at..].starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "POST /2010/Messages.json?api_key=s3cret&to=447700900123 HTTP/1.1\r\nHost: api.example.org\r\n\
        Authorization: Basic QUM6MTIz\r\nX-Api-Key: abc\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n\
        To=%2B447700900123&Body=Your+code+is+1234&Password=s3cret";

    fn hidden(text: &str, secrets: &[&str]) -> String {
        let mut octets = text.as_bytes().to_vec();
        let secrets: Vec<Box<str>> = secrets.iter().map(|secret| (*secret).into()).collect();
        hide_secrets(&mut octets, &secrets);
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let shown = hidden(REQUEST, &["s3cret", ""]);
        assert!(!shown.contains("s3cret") && !shown.contains("QUM6") && !shown.contains("abc"), "{shown}");
        assert!(
            shown.contains("Host: api.example.org\r\nAuthorization: **************\r\nX-Api-Key: ***\r\n"),
            "{shown}"
        );
        assert!(shown.ends_with("&Body=Your+code+is+1234&Password=******"), "{shown}");
        // A head that is cut hides what it has.
        assert_eq!(hidden("GET / HTTP/1.1\r\nCookie: abc", &[]), "GET / HTTP/1.1\r\nCookie: ***");
    }

    #[test]
    fn a_message_is_described_by_its_parts() {
        let described = describe(REQUEST.as_bytes());
        assert_eq!(described.command, "POST /2010/Messages.json?api_key=s3cret&to=447700900123");
        let names: Vec<_> = described.fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["host", "content_type", "body"]);
        let answer = describe(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n{}");
        assert_eq!(answer.command, "HTTP 429 Too Many Requests");
        assert_eq!(answer.fields[0], ("retry_after", Value::Word("7".to_owned())));
        // The target of a request may be longer than what is kept of it.
        assert!(
            is_message(b"GET /send?text=Hello") && is_message(b"HTTP/1.1 200 OK") && !is_message(b"AT+CSQ")
        );
        assert_eq!((is_answer(b"HTTP/1.1 200 OK"), is_answer(b"POST / HTTP/1.1")), (true, false));
    }

    #[test]
    fn octets_of_any_kind_are_no_danger() {
        for octets in [
            &b""[..],
            b"P",
            b"POST",
            b"HTTP/",
            b"A:\n",
            b"A\n:\n:",
            b"A\r\n\r\n",
            b"A\n:    ",
            &[b'A'; 9],
            &[0xFF; 20],
        ] {
            let mut all = octets.to_vec();
            hide_secrets(&mut all, &["x".into()]);
            mask(&mut all);
            describe(&all);
            assert_eq!(all.len(), octets.len());
        }
    }
}
