//! SMS-DELIVER (3GPP TS 23.040, 9.2.2.1).

use super::reader::Reader;
use super::{Address, Malformed, Stamp, user_data};

const NO_MORE: u8 = 0x04;
const STATUS_REPORT: u8 = 0x20;
const HEADER: u8 = 0x40;
const REPLY_PATH: u8 = 0x80;

/// A message from a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Whether more messages wait (the opposite of TP-MMS).
    pub more: bool,
    /// Whether the sender gets a status report (TP-SRI).
    pub status_report: bool,
    /// Whether the user data begin with a header (TP-UDHI).
    pub has_header: bool,
    /// Whether there is a reply path (TP-RP).
    pub reply_path: bool,
    /// The sender (TP-OA).
    pub from: Address,
    /// TP-PID.
    pub protocol: u8,
    /// TP-DCS.
    pub coding: u8,
    /// When the service centre got it (TP-SCTS); `None` if what it says is no time.
    pub stamp: Option<Stamp>,
    /// The length of the user data (TP-UDL): septets of a text in the 7-bit alphabet, octets of anything else.
    pub length: u8,
    /// The user data (TP-UD), header and all, packed.
    pub data: Box<[u8]>,
}

impl Deliver {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        let first = reader.octet("TP-MTI")?;
        let from = Address::read(&mut reader, "TP-OA")?;
        let protocol = reader.octet("TP-PID")?;
        let coding = reader.octet("TP-DCS")?;
        let stamp = Stamp::read(reader.seven("TP-SCTS")?);
        let (length, data) = user_data(&mut reader, coding)?;
        Ok(Self {
            more: first & NO_MORE == 0,
            status_report: first & STATUS_REPORT != 0,
            has_header: first & HEADER != 0,
            reply_path: first & REPLY_PATH != 0,
            from,
            protocol,
            coding,
            stamp,
            length,
            data,
        })
    }

    /// The octets.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let first = flag(!self.more, NO_MORE)
            | flag(self.status_report, STATUS_REPORT)
            | flag(self.has_header, HEADER)
            | flag(self.reply_path, REPLY_PATH);
        let mut out = vec![first];
        self.from.write(&mut out);
        out.extend_from_slice(&[self.protocol, self.coding]);
        out.extend_from_slice(&self.stamp.map_or([0; 7], |stamp| stamp.write()));
        out.push(self.length);
        out.extend_from_slice(&self.data);
        out
    }
}
