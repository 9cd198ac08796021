//! The head of an answer: status and fields.

use super::{Body, Invalid};
use bytes::{Bytes, BytesMut};
use httparse::{Error, Response, Status};

/// The longest head that is read, in octets.
pub const HEAD_MAX: usize = 64 * 1024;
/// The most fields of a head.
const FIELDS_MAX: usize = 100;

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status, 200 to 999.
    pub status: u16,
    /// Whether the connection may serve another request when the body has been read.
    pub keeps: bool,
    /// The form of the body.
    pub body: Body,
    octets: Bytes,
}

impl Head {
    /// Takes a final head out of what was read, if all of it is there. Interim answers (1xx) before it are skipped.
    ///
    /// # Errors
    /// What was read is no answer, as RFC 9112 has it.
    pub fn take(input: &mut BytesMut) -> Result<Option<Self>, Invalid> {
        while !input.is_empty() {
            let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
            let mut response = Response::new(&mut fields);
            let length = match response.parse(input) {
                Ok(Status::Complete(length)) => length,
                Ok(Status::Partial) if input.len() < HEAD_MAX => return Ok(None),
                Ok(Status::Partial) | Err(Error::TooManyHeaders) => return Err(Invalid::LongHead),
                Err(_) => return Err(Invalid::Head),
            };
            let (status, is_recent) = (response.code.unwrap_or_default(), response.version == Some(1));
            let framing = Framing::read(response.headers)?;
            let octets = input.split_to(length).freeze();
            // 101 would change the protocol, which nobody asks for.
            if status < 200 && status != 101 {
                continue;
            }
            if status < 200 {
                return Err(Invalid::Head);
            }
            let body = framing.body(status);
            let keeps = is_recent && !framing.closes && body != Body::UntilEnd;
            return Ok(Some(Self { status, keeps, body, octets }));
        }
        Ok(None)
    }

    /// Its octets, the blank line included.
    #[must_use]
    pub fn octets(&self) -> Bytes {
        self.octets.clone()
    }

    /// The value of a field, if it is there and text. Its name is compared without regard to case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.octets.split(|octet| *octet == b'\n').skip(1).find_map(|line| {
            let colon = line.iter().position(|octet| *octet == b':')?;
            let (field, value) = line.split_at_checked(colon)?;
            let is_it = field.eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| std::str::from_utf8(value.get(1..)?).ok().map(str::trim))?
        })
    }
}

/// What the fields of a head say of its body and of the connection.
#[derive(Default)]
struct Framing {
    length: Option<u64>,
    is_chunked: bool,
    /// Whether the body is in a transfer coding that is not known here: it ends with the connection.
    is_coded: bool,
    closes: bool,
}

impl Framing {
    fn read(fields: &[httparse::Header<'_>]) -> Result<Self, Invalid> {
        let mut framing = Self::default();
        for field in fields {
            if field.name.eq_ignore_ascii_case("content-length") {
                framing.take_length(field.value)?;
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                framing.is_coded = true;
                framing.is_chunked = items(field.value).last().is_some_and(|coding| is(coding, "chunked"));
            } else if field.name.eq_ignore_ascii_case("connection") {
                framing.closes |= items(field.value).any(|option| is(option, "close"));
            }
        }
        Ok(framing)
    }

    /// Several lengths are allowed if they are the same (RFC 9112, 6.3).
    fn take_length(&mut self, value: &[u8]) -> Result<(), Invalid> {
        for item in items(value) {
            let is_number = !item.is_empty() && item.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(item).ok().filter(|_| is_number);
            let length: u64 = text.and_then(|text| text.parse().ok()).ok_or(Invalid::Length)?;
            if self.length.is_some_and(|other| other != length) {
                return Err(Invalid::Length);
            }
            self.length = Some(length);
        }
        Ok(())
    }

    /// The form of the body. A transfer coding wins over a length (RFC 9112, 6.3).
    fn body(&self, status: u16) -> Body {
        match (self.is_chunked, self.is_coded, self.length) {
            _ if matches!(status, 204 | 304) => Body::Ended,
            (true, _, _) => Body::chunked(),
            (false, true, _) | (false, false, None) => Body::UntilEnd,
            (false, false, Some(length)) => Body::of_length(length),
        }
    }
}

/// The items of a list in a field.
fn items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii)
}

fn is(item: &[u8], word: &str) -> bool {
    item.eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(text: &str) -> Result<Option<Head>, Invalid> {
        Head::take(&mut BytesMut::from(text.as_bytes()))
    }

    #[test]
    fn a_head_says_how_the_body_ends_and_whether_the_connection_goes_on() {
        for (head, status, body, keeps) in [
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, Body::Ended, true),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, Body::Ended, true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, Body::Ended, true),
            ("HTTP/1.1 200\r\nContent-Length: 12\r\n\r\n", 200, Body::of_length(12), true),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\ncontent-length: 3\r\n\r\n",
                200,
                Body::of_length(3),
                true,
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", 200, Body::chunked(), true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 9\r\n\r\n",
                200,
                Body::chunked(),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 9\r\n\r\n",
                200,
                Body::UntilEnd,
                false,
            ),
            ("HTTP/1.1 500 No\r\n\r\n", 500, Body::UntilEnd, false),
            (
                "HTTP/1.1 429 Wait\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n",
                429,
                Body::Ended,
                false,
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n", 200, Body::of_length(4), false),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 Ok\r\n\r\n",
                204,
                Body::Ended,
                true,
            ),
        ] {
            let read = take(head).unwrap().unwrap();
            assert_eq!((read.status, &read.body, read.keeps), (status, &body, keeps), "{head:?}");
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_waited_for() {
        let whole = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(take(&whole[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for (head, invalid) in [
            ("SSH-2.0-OpenSSH\r\n\r\n", Invalid::Head),
            ("HTTP/2.0 200 OK\r\n\r\n", Invalid::Head),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", Invalid::Head),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Invalid::Length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", Invalid::Length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Invalid::Length),
            ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", Invalid::Length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Invalid::Length),
        ] {
            assert_eq!(take(head), Err(invalid), "{head:?}");
        }
        let long = |count: usize, value: &str| {
            format!("HTTP/1.1 200 OK\r\n{}", format!("a: {value}\r\n").repeat(count))
        };
        assert_eq!(take(&long(FIELDS_MAX + 1, "b")), Err(Invalid::LongHead));
        assert_eq!(take(&long(1, &"b".repeat(HEAD_MAX))[..HEAD_MAX]), Err(Invalid::LongHead));
    }

    #[test]
    fn fields_are_found_by_their_names() {
        let head =
            take("HTTP/1.1 429 Wait\r\nX: a:b\r\nretry-AFTER:  7 \r\nEmpty:\r\nContent-Length: 0\r\n\r\n");
        let head = head.unwrap().unwrap();
        let values = ["Retry-After", "x", "empty", "retry", "HTTP/1.1 429 Wait"].map(|name| head.field(name));
        assert_eq!(values, [Some("7"), Some("a:b"), Some(""), None, None]);
    }
}
