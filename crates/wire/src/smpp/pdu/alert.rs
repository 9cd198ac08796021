//! alert_notification and outbind (SMPP 3.4 sections 4.12 and 4.1.7): from the server, and without an answer.

use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Tlvs, Writer};

/// Says that a subscriber can be reached again (SMPP 3.4 section 4.12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AlertNotification<'a> {
    /// The subscriber; up to 64 octets when written.
    pub source: Address<'a>,
    /// The client that asked for the alert; up to 64 octets when written.
    pub esme: Address<'a>,
    /// ms_availability_status.
    pub tlvs: Tlvs<'a>,
}

/// Asks the client to bind as a receiver (SMPP 3.4 section 4.1.7.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Outbind<'a> {
    /// The server's system_id, at most 15 octets when written.
    pub system_id: &'a [u8],
    /// The password, at most 8 octets when written.
    pub password: &'a [u8],
    /// No version defines a parameter here; what is there is kept.
    pub tlvs: Tlvs<'a>,
}

impl<'a> AlertNotification<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self { source: read.address("source_addr")?, esme: read.address("esme_addr")?, tlvs: read.tlvs() })
    }
}

impl Encode for AlertNotification<'_> {
    fn command(&self) -> Command {
        Command::ALERT_NOTIFICATION
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.address("source_addr", &self.source, max::LONG_ADDRESS)?;
        out.address("esme_addr", &self.esme, max::LONG_ADDRESS)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> Outbind<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self { system_id: read.string("system_id")?, password: read.string_or_empty(), tlvs: read.tlvs() })
    }
}

impl std::fmt::Debug for Outbind<'_> {
    /// All fields except the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let system_id = String::from_utf8_lossy(self.system_id);
        f.debug_struct("Outbind").field("system_id", &system_id).finish_non_exhaustive()
    }
}

impl Encode for Outbind<'_> {
    fn command(&self) -> Command {
        Command::OUTBIND
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("system_id", self.system_id, max::SYSTEM_ID)?;
        out.string("password", self.password, max::PASSWORD)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
