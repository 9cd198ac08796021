//! The body of an answer, piece by piece.

use super::Invalid;
use bytes::{Buf, Bytes, BytesMut};
use httparse::Status;

/// The longest line between chunks, and the longest trailer section, in octets.
const LINE_MAX: usize = 16 * 1024;

/// How a body goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// It has ended.
    Ended,
    /// So many octets are to come, one or more.
    Length(u64),
    /// Chunks are to come (RFC 9112, 7.1).
    Chunks(Place),
    /// It ends with the connection.
    UntilEnd,
}

/// The place in a body of chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the size of a chunk.
    Size,
    /// In a chunk of which so many octets are to come, one or more.
    Data(u64),
    /// Before the line end after a chunk.
    DataEnd,
    /// After the last chunk, where so many octets of trailer fields were read.
    Trailers(usize),
}

/// The next piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Octets of the body, one or more.
    Data(Bytes),
    /// More has to be read.
    Wanting,
    /// The body has ended.
    End,
}

impl Body {
    /// A body of chunks.
    #[must_use]
    pub const fn chunked() -> Self {
        Self::Chunks(Place::Size)
    }

    /// A body of so many octets.
    #[must_use]
    pub const fn of_length(length: u64) -> Self {
        if length == 0 { Self::Ended } else { Self::Length(length) }
    }

    /// Takes the next piece out of what was read.
    ///
    /// # Errors
    /// The body is not in chunks as the head said.
    pub fn take(&mut self, input: &mut BytesMut) -> Result<Piece, Invalid> {
        loop {
            match self {
                Self::Ended => return Ok(Piece::End),
                _ if input.is_empty() => return Ok(Piece::Wanting),
                Self::UntilEnd => return Ok(Piece::Data(input.split().freeze())),
                Self::Length(left) => {
                    let data = take_up_to(input, left);
                    *self = Self::of_length(*left);
                    return Ok(Piece::Data(data));
                }
                Self::Chunks(Place::Data(left)) => {
                    let data = take_up_to(input, left);
                    if *left == 0 {
                        *self = Self::Chunks(Place::DataEnd);
                    }
                    return Ok(Piece::Data(data));
                }
                Self::Chunks(place) => match between(place, input)? {
                    Some(next) => *self = next,
                    None => return Ok(Piece::Wanting),
                },
            }
        }
    }

    /// Whether the body is whole if the connection ends here.
    #[must_use]
    pub const fn may_end(&self) -> bool {
        matches!(self, Self::Ended | Self::UntilEnd)
    }
}

/// Takes what there is, but not more than is left.
fn take_up_to(input: &mut BytesMut, left: &mut u64) -> Bytes {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left -= count as u64;
    input.split_to(count).freeze()
}

/// Takes what is between chunks. Returns how the body goes on, or `None` if more has to be read.
fn between(place: &Place, input: &mut BytesMut) -> Result<Option<Body>, Invalid> {
    match place {
        // The library takes an absent size for 0.
        Place::Size if !input.first().is_some_and(u8::is_ascii_hexdigit) => Err(Invalid::Chunk),
        Place::Size => match httparse::parse_chunk_size(input).map_err(|_| Invalid::Chunk)? {
            Status::Complete((line, 0)) => {
                input.advance(line);
                Ok(Some(Body::Chunks(Place::Trailers(0))))
            }
            Status::Complete((line, size)) => {
                input.advance(line);
                Ok(Some(Body::Chunks(Place::Data(size))))
            }
            Status::Partial if input.len() > LINE_MAX => Err(Invalid::Chunk),
            Status::Partial => Ok(None),
        },
        Place::Data(_) | Place::DataEnd => match line(input)? {
            Some(0) => Ok(Some(Body::chunked())),
            Some(_) => Err(Invalid::Chunk),
            None => Ok(None),
        },
        Place::Trailers(before) => match line(input)? {
            Some(0) => Ok(Some(Body::Ended)),
            Some(length) if before + length > LINE_MAX => Err(Invalid::Chunk),
            Some(length) => Ok(Some(Body::Chunks(Place::Trailers(before + length)))),
            None => Ok(None),
        },
    }
}

/// Takes a line. Returns its length without its end.
fn line(input: &mut BytesMut) -> Result<Option<usize>, Invalid> {
    match input.windows(2).position(|two| two == b"\r\n") {
        Some(length) => {
            input.advance(length + 2);
            Ok(Some(length))
        }
        None if input.len() > LINE_MAX => Err(Invalid::Chunk),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body that comes in pieces of so many octets. Returns it, and what is left in the input.
    fn read(mut body: Body, octets: &[u8], piece: usize) -> Result<(Vec<u8>, Body, Vec<u8>), Invalid> {
        let (mut input, mut read) = (BytesMut::new(), Vec::new());
        for part in octets.chunks(piece) {
            input.extend_from_slice(part);
            while let Piece::Data(data) = body.take(&mut input)? {
                assert!(!data.is_empty());
                read.extend_from_slice(&data);
            }
        }
        Ok((read, body, input.to_vec()))
    }

    #[test]
    fn bodies_are_read_however_they_are_cut() {
        let chunks = &b"4\r\nWiki\r\nA;name=\"x\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest"[..];
        for piece in 1..chunks.len() {
            let read = |body, octets| read(body, octets, piece).unwrap();
            let rest = |octets: &[u8]| octets.to_vec();
            assert_eq!(read(Body::chunked(), chunks), (rest(b"Wiki0123456789"), Body::Ended, rest(b"rest")));
            assert_eq!(read(Body::of_length(5), b"12345rest"), (rest(b"12345"), Body::Ended, rest(b"rest")));
            assert_eq!(read(Body::UntilEnd, b"123"), (rest(b"123"), Body::UntilEnd, rest(b"")));
            assert_eq!(read(Body::Ended, b"rest"), (rest(b""), Body::Ended, rest(b"rest")));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_not_whole() {
        for (body, octets) in
            [(Body::of_length(5), "1234"), (Body::chunked(), "4\r\nWiki\r\n"), (Body::chunked(), "0\r\n")]
        {
            assert!(!read(body, octets.as_bytes(), 100).unwrap().1.may_end(), "{octets:?}");
        }
        assert!(Body::UntilEnd.may_end() && Body::of_length(0).may_end());
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        let endless = format!("0\r\n{}", "a: b\r\n".repeat(LINE_MAX));
        let long = format!("1;{}", "x".repeat(LINE_MAX));
        for octets in ["x\r\n", "4\r\nWikix\r\n", "\r\n", "fffffffffffffffff\r\n", &endless, &long] {
            let refused = read(Body::chunked(), octets.as_bytes(), usize::MAX);
            assert_eq!(refused, Err(Invalid::Chunk), "{octets:.20}");
        }
    }
}
