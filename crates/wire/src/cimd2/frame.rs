//! Frames (section 3.1): operation and packet number, parameters, each behind a tab, and perhaps a checksum, between STX and
//! ETX.

use super::parameter::Parameters;
use crate::exchange::{ETX, STX};
use crate::hex;
use bytes::BytesMut;
use std::fmt;

/// The most octets between STX and ETX that are read as a frame.
pub const MAX_FRAME: usize = 4_096;
/// The octet behind the header and each parameter.
pub(super) const TAB: u8 = b'\t';

/// An operation code: of a request below 50, of its response 50 more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Op(pub u8);

impl Op {
    /// Login.
    pub const LOGIN: Self = Self(1);
    /// Logout.
    pub const LOGOUT: Self = Self(2);
    /// Submit message.
    pub const SUBMIT: Self = Self(3);
    /// Enquire message status.
    pub const ENQUIRE: Self = Self(4);
    /// Delivery request.
    pub const REQUEST: Self = Self(5);
    /// Cancel message.
    pub const CANCEL: Self = Self(6);
    /// Set.
    pub const SET: Self = Self(8);
    /// Get.
    pub const GET: Self = Self(9);
    /// Deliver message.
    pub const DELIVER: Self = Self(20);
    /// Deliver status report.
    pub const REPORT: Self = Self(23);
    /// Alive.
    pub const ALIVE: Self = Self(40);
    /// General error response.
    pub const ERROR: Self = Self(98);
    /// Nack.
    pub const NACK: Self = Self(99);

    /// Whether it answers a request.
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 >= 50
    }

    /// The response to it.
    #[must_use]
    pub const fn response(self) -> Self {
        Self(self.0 % 50 + 50)
    }

    /// The request that it answers.
    #[must_use]
    pub const fn request(self) -> Self {
        Self(self.0 % 50)
    }

    /// Its name, if it has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "login",
            2 => "logout",
            3 => "submit message",
            4 => "enquire message status",
            5 => "delivery request",
            6 => "cancel message",
            8 => "set",
            9 => "get",
            20 => "deliver message",
            23 => "deliver status report",
            40 => "alive",
            51 => "login response",
            52 => "logout response",
            53 => "submit message response",
            54 => "enquire message status response",
            55 => "delivery request response",
            56 => "cancel message response",
            58 => "set response",
            59 => "get response",
            70 => "deliver message response",
            73 => "deliver status report response",
            90 => "alive response",
            98 => "general error response",
            99 => "nack",
            _ => return None,
        })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02} {name}", self.0),
            None => write!(f, "{:02}", self.0),
        }
    }
}

/// The start of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The operation.
    pub op: Op,
    /// The packet number, 0 to 255.
    pub number: u8,
}

/// A frame's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// Its parameters.
    pub parameters: Parameters<'a>,
}

/// Why the content between STX and ETX is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The header is not an operation of two digits, `:`, a packet number of three digits and a tab.
    Header,
    /// Its checksum is another.
    Checksum {
        /// The checksum that it should have.
        right: u8,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => {
                f.write_str("the frame doesn't begin with an operation, ':', a packet number and a tab")
            }
            Self::Checksum { right } => write!(f, "the checksum is wrong; {right:02X} is right"),
        }
    }
}

impl std::error::Error for FrameError {}

/// The header of what is between STX and ETX, whatever else is wrong with it.
#[must_use]
pub fn header(content: &[u8]) -> Option<Header> {
    let end = content.iter().position(|octet| *octet == TAB)?;
    let (op, number) = std::str::from_utf8(content.get(..end)?).ok()?.split_once(':')?;
    let is_number = |digits: &str, most| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !is_number(op, 2) || !is_number(number, 3) {
        return None;
    }
    Some(Header { op: Op(op.parse().ok()?), number: number.parse().ok()? })
}

impl<'a> Frame<'a> {
    /// Reads what is between STX and ETX, with or without a checksum.
    ///
    /// # Errors
    /// When the header or the checksum is wrong.
    pub fn read(content: &'a [u8]) -> Result<Self, FrameError> {
        let header = header(content).ok_or(FrameError::Header)?;
        let end = content.iter().rposition(|octet| *octet == TAB).map_or(0, |end| end + 1);
        let (summed, checksum) = content.split_at(end);
        if !checksum.is_empty() {
            let right = sum(summed);
            if checksum.try_into().ok().and_then(hex::octet) != Some(right) {
                return Err(FrameError::Checksum { right });
            }
        }
        let start = summed.iter().position(|octet| *octet == TAB).map_or(0, |start| start + 1);
        Ok(Self { header, parameters: Parameters::new(summed.get(start..).unwrap_or_default()) })
    }
}

/// Appends a frame. Octets that a value can't hold are left out.
pub fn write(header: Header, parameters: &[(u16, &[u8])], with_checksum: bool, out: &mut BytesMut) {
    let start = out.len() + 1;
    out.extend_from_slice(&[STX]);
    out.extend_from_slice(format!("{:02}:{:03}\t", header.op.0 % 100, header.number).as_bytes());
    for (code, value) in parameters {
        out.extend_from_slice(format!("{:03}:", code % 1_000).as_bytes());
        let is_allowed = |octet: &u8| !matches!(octet, 0 | &STX | &ETX | &TAB);
        out.extend(value.iter().copied().filter(is_allowed));
        out.extend_from_slice(&[TAB]);
    }
    if with_checksum {
        let checksum = hex::pair(sum(out.get(start..).unwrap_or_default()));
        out.extend_from_slice(&checksum);
    }
    out.extend_from_slice(&[ETX]);
}

/// The sum of STX and these octets, of which the lowest eight bits count.
fn sum(octets: &[u8]) -> u8 {
    octets.iter().fold(STX, |sum, octet| sum.wrapping_add(*octet))
}
