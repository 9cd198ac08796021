//! cancel_sm and its response (SMPP 3.4 section 4.9, 5.0 section 4.5.1).

use super::link::{bodiless, decode_empty};
use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// Takes back a message, or all from one source to one destination (SMPP 3.4 section 4.9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CancelSm<'a> {
    /// The service of the messages, when there is no message_id.
    pub service_type: &'a [u8],
    /// The server's identifier, empty to go by the addresses; at most 64 octets when written.
    pub message_id: &'a [u8],
    /// The source address of the message.
    pub source: Address<'a>,
    /// The destination address of the message.
    pub destination: Address<'a>,
    /// No version defines a parameter here; what is there is kept.
    pub tlvs: Tlvs<'a>,
}

bodiless! {
    /// The answer to cancel_sm, without a body (SMPP 3.4 section 4.9.2).
    CancelSmResp = CANCEL_SM_RESP;
}

decode_empty! {
    requests {}
    responses { CancelSmResp }
}

impl<'a> CancelSm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            service_type: read.string("service_type")?,
            message_id: read.string("message_id")?,
            source: read.address("source_addr")?,
            destination: read.address("destination_addr")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for CancelSm<'_> {
    fn command(&self) -> Command {
        Command::CANCEL_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.address("destination_addr", &self.destination, max::ADDRESS)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
