//! replace_sm and its response (SMPP 3.4 section 4.10, 5.0 section 4.5.3).

use super::link::{bodiless, decode_empty};
use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// Replaces the text of a message that wasn't delivered yet (SMPP 3.4 section 4.10.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplaceSm<'a> {
    /// The server's identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// The source address of the message.
    pub source: Address<'a>,
    /// The new time to deliver, empty to keep the old; at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// The new validity, empty to keep the old; at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// Which receipts are wanted from now on.
    pub registered_delivery: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// The new text, at most 254 octets when written; its coding is the old one.
    pub short_message: &'a [u8],
    /// message_payload, since 5.0.
    pub tlvs: Tlvs<'a>,
}

bodiless! {
    /// The answer to replace_sm, without a body (SMPP 3.4 section 4.10.2).
    ReplaceSmResp = REPLACE_SM_RESP;
}

decode_empty! {
    requests {}
    responses { ReplaceSmResp }
}

impl<'a> ReplaceSm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            message_id: read.string("message_id")?,
            source: read.address("source_addr")?,
            schedule_delivery_time: read.string("schedule_delivery_time")?,
            validity_period: read.string("validity_period")?,
            registered_delivery: read.octet("registered_delivery")?,
            sm_default_msg_id: read.octet("sm_default_msg_id")?,
            short_message: read.short_message()?,
            tlvs: read.tlvs(),
        })
    }
}

impl std::fmt::Debug for ReplaceSm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplaceSm")
            .field("message_id", &String::from_utf8_lossy(self.message_id))
            .field("source", &self.source)
            .field("short_message", &super::Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

impl Encode for ReplaceSm<'_> {
    fn command(&self) -> Command {
        Command::REPLACE_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.string("schedule_delivery_time", self.schedule_delivery_time, max::TIME)?;
        out.string("validity_period", self.validity_period, max::TIME)?;
        out.octets(&[self.registered_delivery, self.sm_default_msg_id]);
        out.short_message(self.short_message)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
