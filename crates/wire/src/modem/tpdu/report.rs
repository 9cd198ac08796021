//! SMS-STATUS-REPORT (3GPP TS 23.040, 9.2.2.3).

use super::reader::Reader;
use super::{Address, Malformed, Stamp, Status};

const TYPE: u8 = 0x02;
const NO_MORE: u8 = 0x04;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// The reference that the modem gave the message (TP-MR).
    pub reference: u8,
    /// The recipient (TP-RA).
    pub to: Address,
    /// When the service centre got the message (TP-SCTS); `None` if what it says is no time.
    pub submitted: Option<Stamp>,
    /// When it came to this (TP-DT); `None` if what it says is no time.
    pub done: Option<Stamp>,
    /// What it came to (TP-ST).
    pub status: Status,
}

impl StatusReport {
    /// Reads a report. What may follow the status is ignored: modems cut it off or pad it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        reader.octet("TP-MTI")?;
        Ok(Self {
            reference: reader.octet("TP-MR")?,
            to: Address::read(&mut reader, "TP-RA")?,
            submitted: Stamp::read(reader.seven("TP-SCTS")?),
            done: Stamp::read(reader.seven("TP-DT")?),
            status: Status(reader.octet("TP-ST")?),
        })
    }

    /// The octets.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = vec![TYPE | NO_MORE, self.reference];
        self.to.write(&mut out);
        for stamp in [self.submitted, self.done] {
            out.extend_from_slice(&stamp.map_or([0; 7], |stamp| stamp.write()));
        }
        out.push(self.status.0);
        out
    }
}
