//! query_sm and its response (SMPP 3.4 section 4.8, 5.0 section 4.5.2).

use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// Asks what became of a message (SMPP 3.4 section 4.8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuerySm<'a> {
    /// The server's identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// The source address of the message.
    pub source: Address<'a>,
    /// No version defines a parameter here; what is there is kept.
    pub tlvs: Tlvs<'a>,
}

/// The answer to query_sm (SMPP 3.4 section 4.8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuerySmResp<'a> {
    /// The identifier asked about.
    pub message_id: &'a [u8],
    /// When the message became final (section 7.1.1), empty before; at most 16 octets when written.
    pub final_date: &'a [u8],
    /// The state (section 5.2.28); see `receipt::MessageState`.
    pub message_state: u8,
    /// The network's error, 0 for none.
    pub error_code: u8,
    /// The optional parameters, since 5.0.
    pub tlvs: Tlvs<'a>,
}

impl<'a> QuerySm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            message_id: read.string("message_id")?,
            source: read.address("source_addr")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for QuerySm<'_> {
    fn command(&self) -> Command {
        Command::QUERY_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> QuerySmResp<'a> {
    pub(super) fn decode(_: &Header, mut read: Reader<'a>) -> Self {
        Self {
            message_id: read.string_or_empty(),
            final_date: read.string_or_empty(),
            message_state: read.octet_or_zero(),
            error_code: read.octet_or_zero(),
            tlvs: read.tlvs_if_exact(),
        }
    }
}

impl Encode for QuerySmResp<'_> {
    fn command(&self) -> Command {
        Command::QUERY_SM_RESP
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.string("final_date", self.final_date, max::TIME)?;
        out.octets(&[self.message_state, self.error_code]);
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
