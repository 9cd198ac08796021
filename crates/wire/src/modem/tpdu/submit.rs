//! SMS-SUBMIT (3GPP TS 23.040, 9.2.2.2).

use super::reader::Reader;
use super::{Address, Malformed, Validity, user_data};

const TYPE: u8 = 0x01;
const REJECT_DUPLICATES: u8 = 0x04;
const STATUS_REPORT: u8 = 0x20;
const HEADER: u8 = 0x40;
const REPLY_PATH: u8 = 0x80;

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// Whether the service centre is to refuse what it has already (TP-RD).
    pub rejects_duplicates: bool,
    /// Whether a status report is asked for (TP-SRR).
    pub wants_report: bool,
    /// Whether the user data begin with a header (TP-UDHI).
    pub has_header: bool,
    /// Whether a reply path is asked for (TP-RP).
    pub reply_path: bool,
    /// The reference (TP-MR). Modems put their own in its place.
    pub reference: u8,
    /// The recipient (TP-DA).
    pub to: Address,
    /// TP-PID.
    pub protocol: u8,
    /// TP-DCS.
    pub coding: u8,
    /// TP-VP.
    pub validity: Validity,
    /// The length of the user data (TP-UDL): septets of a text in the 7-bit alphabet, octets of anything else.
    pub length: u8,
    /// The user data (TP-UD), header and all, packed.
    pub data: Box<[u8]>,
}

impl Submit {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        let first = reader.octet("TP-MTI")?;
        if first & 0x03 != TYPE {
            return Err(Malformed::Type(first & 0x03));
        }
        let reference = reader.octet("TP-MR")?;
        let to = Address::read(&mut reader, "TP-DA")?;
        let protocol = reader.octet("TP-PID")?;
        let coding = reader.octet("TP-DCS")?;
        let validity = Validity::read(&mut reader, first)?;
        let (length, data) = user_data(&mut reader, coding)?;
        Ok(Self {
            rejects_duplicates: first & REJECT_DUPLICATES != 0,
            wants_report: first & STATUS_REPORT != 0,
            has_header: first & HEADER != 0,
            reply_path: first & REPLY_PATH != 0,
            reference,
            to,
            protocol,
            coding,
            validity,
            length,
            data,
        })
    }

    /// The octets.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let first = TYPE
            | self.validity.format()
            | flag(self.rejects_duplicates, REJECT_DUPLICATES)
            | flag(self.wants_report, STATUS_REPORT)
            | flag(self.has_header, HEADER)
            | flag(self.reply_path, REPLY_PATH);
        let mut out = vec![first, self.reference];
        self.to.write(&mut out);
        out.extend_from_slice(&[self.protocol, self.coding]);
        self.validity.write(&mut out);
        out.push(self.length);
        out.extend_from_slice(&self.data);
        out
    }
}
