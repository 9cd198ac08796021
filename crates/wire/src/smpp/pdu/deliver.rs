//! deliver_sm and its response (SMPP 3.4 section 4.6, 5.0 section 4.3.1): inbound messages and receipts.

use super::max;
use super::submit::message_id_and_tlvs;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// A message or a receipt from the server to the client (SMPP 3.4 section 4.6.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliverSm<'a> {
    /// The service, at most 5 octets when written.
    pub service_type: &'a [u8],
    /// From whom; the handset, in a receipt too.
    pub source: Address<'a>,
    /// The destination address.
    pub destination: Address<'a>,
    /// Whether this is a message or a receipt, and whether it has a user data header (section 5.2.12).
    pub esm_class: u8,
    /// The GSM protocol identifier (section 5.2.13).
    pub protocol_id: u8,
    /// The priority the message was sent with.
    pub priority_flag: u8,
    /// Unused here and to be empty; at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// Unused here and to be empty; at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// Whether an acknowledgement by the client's user is wanted (section 5.2.17).
    pub registered_delivery: u8,
    /// Unused here and to be 0.
    pub replace_if_present_flag: u8,
    /// The coding of the text (section 5.2.19).
    pub data_coding: u8,
    /// Unused here and to be 0.
    pub sm_default_msg_id: u8,
    /// The text in octets, at most 254 when written.
    pub short_message: &'a [u8],
    /// The optional parameters.
    pub tlvs: Tlvs<'a>,
}

/// The answer to deliver_sm (SMPP 3.4 section 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DeliverSmResp<'a> {
    /// Unused and to be empty; at most 64 octets when written, since some servers want an identifier back.
    pub message_id: &'a [u8],
    /// The optional parameters, since 5.0.
    pub tlvs: Tlvs<'a>,
}

impl<'a> DeliverSm<'a> {
    /// The text wherever it is: short_message, or message_payload when that is empty.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        super::data::text(self.short_message, &self.tlvs)
    }

    #[inline]
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        let mut pdu = Self {
            service_type: read.string("service_type")?,
            source: read.address("source_addr")?,
            destination: read.address("destination_addr")?,
            esm_class: read.octet("esm_class")?,
            protocol_id: read.octet("protocol_id")?,
            priority_flag: read.octet("priority_flag")?,
            schedule_delivery_time: read.string("schedule_delivery_time")?,
            validity_period: read.string("validity_period")?,
            registered_delivery: read.octet("registered_delivery")?,
            replace_if_present_flag: read.octet("replace_if_present_flag")?,
            data_coding: read.octet("data_coding")?,
            sm_default_msg_id: read.octet("sm_default_msg_id")?,
            short_message: &[],
            tlvs: Tlvs::EMPTY,
        };
        (pdu.short_message, pdu.tlvs) = read.short_message_and_tlvs()?;
        Ok(pdu)
    }
}

impl std::fmt::Debug for DeliverSm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliverSm")
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &super::Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

impl Encode for DeliverSm<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::DELIVER_SM
    }

    #[inline]
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.address("destination_addr", &self.destination, max::ADDRESS)?;
        out.octets(&[self.esm_class, self.protocol_id, self.priority_flag]);
        out.string("schedule_delivery_time", self.schedule_delivery_time, max::TIME)?;
        out.string("validity_period", self.validity_period, max::TIME)?;
        out.octets(&[
            self.registered_delivery,
            self.replace_if_present_flag,
            self.data_coding,
            self.sm_default_msg_id,
        ]);
        out.short_message(self.short_message)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> DeliverSmResp<'a> {
    #[inline]
    pub(super) fn decode(header: &Header, read: Reader<'a>) -> Self {
        let (message_id, tlvs) = message_id_and_tlvs(header, read);
        Self { message_id, tlvs }
    }
}

impl Encode for DeliverSmResp<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::DELIVER_SM_RESP
    }

    #[inline]
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
