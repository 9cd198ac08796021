//! data_sm and its response (SMPP 3.4 section 4.7, 5.0 section 4.2.2): either way, its text in message_payload.

use super::max;
use super::submit::message_id_and_tlvs;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::tlv::tag;
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// A message in either direction, without the fields that interactive applications don't need (SMPP 3.4 section 4.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DataSm<'a> {
    /// The service, at most 5 octets when written.
    pub service_type: &'a [u8],
    /// From whom; up to 64 octets when written.
    pub source: Address<'a>,
    /// To whom; up to 64 octets when written.
    pub destination: Address<'a>,
    /// Mode, type and features such as a user data header (section 5.2.12).
    pub esm_class: u8,
    /// Which receipts are wanted (section 5.2.17).
    pub registered_delivery: u8,
    /// The coding of the text (section 5.2.19).
    pub data_coding: u8,
    /// The optional parameters, message_payload among them.
    pub tlvs: Tlvs<'a>,
}

/// The answer to data_sm (SMPP 3.4 section 4.7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DataSmResp<'a> {
    /// The identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// delivery_failure_reason and the like.
    pub tlvs: Tlvs<'a>,
}

/// The text of a message that may have it in either place: short_message first, as carriers fill both.
#[inline]
pub(super) fn text<'a>(short_message: &'a [u8], tlvs: &Tlvs<'a>) -> &'a [u8] {
    if short_message.is_empty() { tlvs.get(tag::MESSAGE_PAYLOAD).unwrap_or_default() } else { short_message }
}

impl<'a> DataSm<'a> {
    /// The text: message_payload, empty when there is none.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        text(&[], &self.tlvs)
    }

    #[inline]
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            service_type: read.string("service_type")?,
            source: read.address("source_addr")?,
            destination: read.address("destination_addr")?,
            esm_class: read.octet("esm_class")?,
            registered_delivery: read.octet("registered_delivery")?,
            data_coding: read.octet("data_coding")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for DataSm<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::DATA_SM
    }

    #[inline]
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.address("source_addr", &self.source, max::LONG_ADDRESS)?;
        out.address("destination_addr", &self.destination, max::LONG_ADDRESS)?;
        out.octets(&[self.esm_class, self.registered_delivery, self.data_coding]);
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> DataSmResp<'a> {
    #[inline]
    pub(super) fn decode(header: &Header, read: Reader<'a>) -> Self {
        let (message_id, tlvs) = message_id_and_tlvs(header, read);
        Self { message_id, tlvs }
    }
}

impl Encode for DataSmResp<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::DATA_SM_RESP
    }

    #[inline]
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
