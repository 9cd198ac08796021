//! Messages as they go over the radio (3GPP TS 23.040, 9.2), and as modems write them: hexadecimal digits, with the address
//! of the service centre in front.

mod address;
mod deliver;
mod reader;
mod report;
mod stamp;
mod status;
mod submit;
mod validity;

pub use address::{Address, Kind, Value};
pub use deliver::Deliver;
pub use report::StatusReport;
pub use stamp::Stamp;
pub use status::Status;
pub use submit::Submit;
pub use validity::Validity;

use crate::hex;
use bytes::BytesMut;
use reader::Reader;
use std::fmt;

/// The most octets of user data (9.2.3.24).
pub const USER_DATA_MAX: usize = 140;
/// The most octets of a message with the address of a service centre in front.
const OCTETS_MAX: usize = 256;

/// Why octets are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The digits are not pairs of hexadecimal digits.
    Digits,
    /// There are more octets than a message has.
    TooLong,
    /// The octets end before the field with this name.
    Short(&'static str),
    /// An address has more digits than fit.
    Address,
    /// The user data have more octets than fit.
    UserData,
    /// The message is of another type.
    Type(u8),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits => f.write_str("the digits of the message are not hexadecimal"),
            Self::TooLong => write!(f, "the message has more than {OCTETS_MAX} octets"),
            Self::Short(field) => write!(f, "the message ends before its field {field}"),
            Self::Address => f.write_str("an address of the message has more than 20 digits"),
            Self::UserData => write!(f, "the message has more than {USER_DATA_MAX} octets of user data"),
            Self::Type(kind) => write!(f, "a message of type {kind} is not expected here"),
        }
    }
}

/// A message from the service centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// SMS-DELIVER.
    Deliver(Deliver),
    /// SMS-STATUS-REPORT.
    Report(StatusReport),
}

impl Incoming {
    /// Reads a message as a modem shows it. `length` is the count of octets that the modem names, without the service
    /// centre's address; some modems leave the address out.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(digits: &[u8], length: Option<usize>) -> Result<Self, Malformed> {
        let octets = octets(digits)?;
        let message = behind_centre(&octets, length)?;
        match message.first().map(|first| first & 0x03) {
            Some(0x00) => Deliver::read(message).map(Self::Deliver),
            Some(0x02) => StatusReport::read(message).map(Self::Report),
            Some(other) => Err(Malformed::Type(other)),
            None => Err(Malformed::Short("TP-MTI")),
        }
    }
}

/// Reads what a terminal hands in for sending: an SMS-SUBMIT behind the service centre's address.
///
/// # Errors
/// [`Malformed`].
pub fn read_submit(digits: &[u8], length: Option<usize>) -> Result<Submit, Malformed> {
    let octets = octets(digits)?;
    Submit::read(behind_centre(&octets, length)?)
}

/// Writes a message as modems take it and show it. `centre` is the service centre's number, or `None` for the one that the
/// modem has stored. Returns the digits, and the count of octets without the centre's address.
#[must_use]
pub fn digits(message: &[u8], centre: Option<&Address>) -> (String, usize) {
    let mut octets = Vec::new();
    match centre {
        None => octets.push(0),
        Some(address) => address.write_centre(&mut octets),
    }
    octets.extend_from_slice(message);
    let mut digits = BytesMut::new();
    hex::write(&octets, &mut digits);
    (String::from_utf8_lossy(&digits).into_owned(), message.len())
}

fn octets(digits: &[u8]) -> Result<Vec<u8>, Malformed> {
    let digits = digits.trim_ascii();
    if digits.len() > 2 * OCTETS_MAX {
        return Err(Malformed::TooLong);
    }
    hex::read(digits).ok_or(Malformed::Digits)
}

/// The message without the address of the service centre.
fn behind_centre(octets: &[u8], length: Option<usize>) -> Result<&[u8], Malformed> {
    if length == Some(octets.len()) {
        return Ok(octets);
    }
    let mut reader = Reader::new(octets);
    let centre = reader.octet("SMSC")?;
    reader.octets(centre.into(), "SMSC")?;
    Ok(reader.rest())
}

/// The octets that user data of this coding and length take: TP-UDL counts septets of a text in the 7-bit alphabet, header
/// and fill bits included (9.2.3.16).
#[must_use]
pub fn user_data_octets(coding: u8, length: u8) -> usize {
    let length = usize::from(length);
    if is_septets(coding) { (length * 7).div_ceil(8) } else { length }
}

/// Whether user data of this TP-DCS are septets (3GPP TS 23.038, 4).
#[must_use]
pub fn is_septets(coding: u8) -> bool {
    match coding >> 4 {
        // A compressed text is octets.
        0x0..=0x7 => coding & 0x20 == 0 && matches!(coding & 0x0C, 0x00 | 0x0C),
        0xE => false,
        0xF => coding & 0x04 == 0,
        _ => true,
    }
}

/// Reads the user data of a coding. Octets behind them are ignored: some modems pad.
fn user_data(reader: &mut Reader<'_>, coding: u8) -> Result<(u8, Box<[u8]>), Malformed> {
    let length = reader.octet("TP-UDL")?;
    let octets = user_data_octets(coding, length);
    if octets > USER_DATA_MAX {
        return Err(Malformed::UserData);
    }
    Ok((length, reader.octets(octets, "TP-UD")?.into()))
}
