//! Bodies of several parts (RFC 2046, 5.1, RFC 2387).

use super::base64;
use std::fmt;

/// The most parts of a body.
const PARTS_MAX: usize = 64;
/// The most octets of a part's headers.
const HEADERS_MAX: usize = 16 * 1024;

/// A part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Headers with their names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The octets, without their transfer encoding.
    pub(super) octets: Vec<u8>,
}

/// Why a body isn't read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MimeError {
    /// The type has no boundary.
    NoBoundary,
    /// The boundary stands nowhere, or the last one is missing.
    NotEnded,
    /// A part has no end of headers, or too many.
    Headers,
    /// A transfer encoding isn't known, or the octets aren't in it.
    Encoding,
    /// There are too many parts.
    TooManyParts,
}

impl fmt::Display for MimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBoundary => "the type of a body of parts has no boundary",
            Self::NotEnded => "a body of parts isn't ended by its boundary",
            Self::Headers => "a part has no end of its headers, or too many",
            Self::Encoding => "a part's transfer encoding isn't known, or its octets aren't in it",
            Self::TooManyParts => "a body has too many parts",
        })
    }
}

impl std::error::Error for MimeError {}

/// The type before its parameters, in lower case.
pub(super) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a type, quoted or not.
pub(super) fn parameter(content_type: &str, wanted: &str) -> Option<String> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = quoted.split_once('"')?;
                (value, next.split_once(';').map(|(_, next)| next))
            }
            None => match after.split_once(';') {
                Some((value, next)) => (value.trim(), Some(next)),
                None => (after.trim(), None),
            },
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        rest = next?;
    }
}

impl Part {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Its type; a part without one is a text.
    pub(super) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or("text/plain")
    }

    /// Its identifier without brackets.
    pub(super) fn id(&self) -> Option<&str> {
        self.header("content-id").map(|id| id.trim().trim_start_matches('<').trim_end_matches('>'))
    }

    fn read(octets: &[u8]) -> Result<Self, MimeError> {
        let (head, body) = match octets.strip_prefix(b"\r\n") {
            // No headers at all.
            Some(body) => (&b""[..], body),
            None => {
                split(octets, b"\r\n\r\n").or_else(|| split(octets, b"\n\n")).ok_or(MimeError::Headers)?
            }
        };
        if head.len() > HEADERS_MAX {
            return Err(MimeError::Headers);
        }
        let headers = headers(&String::from_utf8_lossy(head));
        let mut part = Self { headers, octets: Vec::new() };
        let encoding =
            part.header("content-transfer-encoding").unwrap_or("binary").trim().to_ascii_lowercase();
        part.octets = match &*encoding {
            "base64" => base64::decode(body).ok_or(MimeError::Encoding)?,
            "binary" | "8bit" | "7bit" => body.to_vec(),
            "quoted-printable" => unquoted(body).ok_or(MimeError::Encoding)?,
            _ => return Err(MimeError::Encoding),
        };
        Ok(part)
    }
}

/// Headers, those that go on in the next line put together.
fn headers(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (line.starts_with([' ', '\t']), line.split_once(':')) {
            (true, _) => {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            (false, Some((name, value))) => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            (false, None) => {}
        }
    }
    headers
}

/// Quoted-printable (RFC 2045, 6.7).
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'=' {
            octets.push(*first);
            continue;
        }
        match after {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => rest = after,
            [high, low, after @ ..] => {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                octets.push(u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?);
                rest = after;
            }
            _ => return None,
        }
    }
    Some(octets)
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}

fn split<'o>(octets: &'o [u8], at: &[u8]) -> Option<(&'o [u8], &'o [u8])> {
    let place = find(octets, at)?;
    Some((octets.get(..place)?, octets.get(place + at.len()..)?))
}

/// The parts of a body of this type.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, MimeError> {
    let boundary = parameter(content_type, "boundary").ok_or(MimeError::NoBoundary)?;
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let inner = [b"\n", &*delimiter].concat();
    let start = if body.starts_with(&delimiter) {
        delimiter.len()
    } else {
        find(body, &inner).ok_or(MimeError::NotEnded)? + inner.len()
    };
    let mut rest = body.get(start..).unwrap_or_default();
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        // Spaces may stand behind a boundary (RFC 2046, 5.1.1).
        let line = find(rest, b"\n").ok_or(MimeError::NotEnded)?;
        let (part, after) =
            split(rest.get(line + 1..).unwrap_or_default(), &inner).ok_or(MimeError::NotEnded)?;
        if parts.len() == PARTS_MAX {
            return Err(MimeError::TooManyParts);
        }
        parts.push(Part::read(part.strip_suffix(b"\r").unwrap_or(part))?);
        rest = after;
    }
    Ok(parts)
}

/// Writes parts, each with headers and octets as they are, between boundaries.
pub(super) fn write(boundary: &str, parts: &[(String, &[u8])]) -> Vec<u8> {
    let mut body =
        Vec::with_capacity(parts.iter().map(|(head, octets)| head.len() + octets.len() + 80).sum());
    for (head, octets) in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n").as_bytes());
        body.extend_from_slice(octets);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_quoted_or_not() {
        let content_type = "Multipart/Related; type=text/xml; Start=\"<a;b>\" ; boundary = b1";
        assert_eq!(essence(content_type), "multipart/related");
        assert_eq!(parameter(content_type, "start").as_deref(), Some("<a;b>"));
        assert_eq!(parameter(content_type, "boundary").as_deref(), Some("b1"));
        assert_eq!(parameter(content_type, "type").as_deref(), Some("text/xml"));
        assert_eq!(parameter(content_type, "charset"), None);
        assert_eq!(parameter("text/xml", "charset"), None);
    }

    #[test]
    fn parts_are_read_in_every_transfer_encoding() {
        let body = b"preamble\r\n--b\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lG\r\nOA==\r\n--b  \r\n\
            content-type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 =\r\nx\r\n\
            --b\r\n\r\nplain\n--c\r\n\r\n--b--\r\nepilogue";
        let parts = parts("multipart/related; boundary=b", body).unwrap();
        let octets: Vec<&[u8]> = parts.iter().map(|part| &*part.octets).collect();
        assert_eq!(octets, [&b"GIF8"[..], "caf\u{e9} x".as_bytes(), b"plain\n--c\r\n"]);
        assert_eq!((parts[0].id(), parts[1].content_type()), (Some("a"), "text/plain; charset=utf-8"));
        assert_eq!(parts[2].content_type(), "text/plain");
    }

    #[test]
    fn what_is_no_body_of_parts_is_refused() {
        let of = |body: &[u8]| parts("multipart/related; boundary=b", body).unwrap_err();
        assert_eq!(parts("multipart/related", b"--b--"), Err(MimeError::NoBoundary));
        for body in [&b""[..], b"--c\r\n", b"--b\r\nx: y\r\n\r\nz", b"--b"] {
            assert_eq!(of(body), MimeError::NotEnded, "{body:?}");
        }
        assert_eq!(of(b"--b\r\nx: y\r\n--b--"), MimeError::Headers);
        let coded = |how: &str, what: &str| {
            of(format!("--b\r\nContent-Transfer-Encoding: {how}\r\n\r\n{what}\r\n--b--").as_bytes())
        };
        assert_eq!(coded("base64", "*"), MimeError::Encoding);
        assert_eq!(coded("quoted-printable", "=4"), MimeError::Encoding);
        assert_eq!(coded("x-uuencode", "a"), MimeError::Encoding);
        assert_eq!(
            of(&[b"--b\r\n\r\nx\r\n".repeat(PARTS_MAX + 1), b"--b--".to_vec()].concat()),
            MimeError::TooManyParts
        );
    }

    #[test]
    fn what_was_written_reads_back() {
        let octets = b"\r\n--b\0\xff";
        let body = write("b9", &[("Content-ID: <x>\r\n".to_owned(), octets), (String::new(), b"")]);
        let parts = parts("multipart/mixed; boundary=\"b9\"", &body).unwrap();
        assert_eq!((&*parts[0].octets, parts[0].id(), &*parts[1].octets), (&octets[..], Some("x"), &b""[..]));
    }
}
