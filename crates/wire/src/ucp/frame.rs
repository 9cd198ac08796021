//! Frames (section 2.2): header, data fields that end in `/`, and a checksum, between STX and ETX.

use crate::exchange::{ETX, STX};
use crate::hex;
use bytes::BytesMut;
use std::fmt;
use std::ops::Range;

/// The most octets between STX and ETX that are read as a frame.
pub const MAX_FRAME: usize = 10_000;
/// `TRN/LEN/O/OT/`.
const HEADER_LEN: usize = 14;
/// The two digits of the checksum.
const CHECKSUM_LEN: usize = 2;

/// Whether a frame asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `O`, an operation.
    Operation,
    /// `R`, a result.
    Result,
}

/// The start of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The transaction number, 0 to 99.
    pub trn: u8,
    /// Operation or result.
    pub kind: Kind,
    /// The operation type, 0 to 99.
    pub ot: u8,
}

/// A frame's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// The data fields, each with the `/` behind it.
    pub data: &'a [u8],
}

/// Why the content between STX and ETX is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The header is not `TRN/LEN/O/OT/`.
    Header,
    /// It says another length than it has.
    Length {
        /// The length that it says.
        said: usize,
        /// Its length.
        is: usize,
    },
    /// Its checksum is another.
    Checksum {
        /// The checksum that it should have.
        right: u8,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the frame doesn't begin with TRN/LEN/O/OT/ or TRN/LEN/R/OT/"),
            Self::Length { said, is } => write!(f, "the frame has {is} octets and says that it has {said}"),
            Self::Checksum { right } => write!(f, "the checksum is wrong; {right:02X} is right"),
        }
    }
}

impl std::error::Error for FrameError {}

/// The header of what is between STX and ETX, whatever else is wrong with it.
#[must_use]
pub fn header(content: &[u8]) -> Option<Header> {
    let head = content.first_chunk::<HEADER_LEN>()?;
    let [_, _, b'/', .., b'/', kind, b'/', _, _, b'/'] = head else { return None };
    let kind = match kind {
        b'O' => Kind::Operation,
        b'R' => Kind::Result,
        _ => return None,
    };
    Some(Header { trn: two([head[0], head[1]])?, kind, ot: two([head[11], head[12]])? })
}

impl<'a> Frame<'a> {
    /// Reads what is between STX and ETX.
    ///
    /// # Errors
    /// When the header, the length or the checksum is wrong.
    pub fn read(content: &'a [u8]) -> Result<Self, FrameError> {
        let header = header(content)
            .filter(|_| content.len() >= HEADER_LEN + CHECKSUM_LEN)
            .ok_or(FrameError::Header)?;
        let said = content.get(3..8).and_then(number).ok_or(FrameError::Header)?;
        if said != content.len() {
            return Err(FrameError::Length { said, is: content.len() });
        }
        let (summed, checksum) = content.split_at(content.len() - CHECKSUM_LEN);
        let right = sum(summed);
        if checksum.try_into().ok().and_then(hex::octet) != Some(right) {
            return Err(FrameError::Checksum { right });
        }
        Ok(Self { header, data: summed.get(HEADER_LEN..).unwrap_or_default() })
    }
}

/// The place of the data fields in a frame that was read, from the place of its content.
pub(super) fn data(content: Range<usize>) -> Range<usize> {
    let start = content.start + HEADER_LEN;
    start..content.end.saturating_sub(CHECKSUM_LEN).max(start)
}

/// Appends a frame, whose data fields `fields` appends, each with the `/` behind it.
pub fn write(header: Header, out: &mut BytesMut, fields: impl FnOnce(&mut BytesMut)) {
    let start = out.len() + 1;
    let [trn, ot] = [header.trn, header.ot].map(digits);
    let kind = if header.kind == Kind::Operation { b'O' } else { b'R' };
    out.extend_from_slice(&[STX, trn[0], trn[1], b'/', b'0', b'0', b'0', b'0', b'0', b'/', kind, b'/']);
    out.extend_from_slice(&[ot[0], ot[1], b'/']);
    fields(out);
    let length = out.len() - start + CHECKSUM_LEN;
    let mut rest = length;
    for place in out.iter_mut().skip(start + 3).take(5).rev() {
        // A remainder of ten is one digit.
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let checksum = hex::pair(sum(out.get(start..).unwrap_or_default()));
    out.extend_from_slice(&[checksum[0], checksum[1], ETX]);
}

/// The sum of octets, of which the lowest eight bits count.
fn sum(octets: &[u8]) -> u8 {
    octets.iter().fold(0, |sum: u8, octet| sum.wrapping_add(*octet))
}

fn digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

fn two(digits: [u8; 2]) -> Option<u8> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| (digits[0] - b'0') * 10 + (digits[1] - b'0'))
}

fn number(digits: &[u8]) -> Option<usize> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + usize::from(digit - b'0')))
}
