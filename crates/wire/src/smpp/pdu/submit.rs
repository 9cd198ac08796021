//! submit_sm and its response (SMPP 3.4 section 4.4, 5.0 section 4.2.1).

use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// A message from the client to the server (SMPP 3.4 section 4.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SubmitSm<'a> {
    /// The service, at most 5 octets when written; empty for the default.
    pub service_type: &'a [u8],
    /// The source address.
    pub source: Address<'a>,
    /// The destination address.
    pub destination: Address<'a>,
    /// Mode, type and features such as a user data header (section 5.2.12).
    pub esm_class: u8,
    /// The GSM protocol identifier (section 5.2.13).
    pub protocol_id: u8,
    /// 0 to 3, in 5.0 to 4.
    pub priority_flag: u8,
    /// When to deliver (section 7.1.1), empty for at once, at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// How long to try (section 7.1.1), empty for the server's default, at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// Which receipts are wanted (section 5.2.17).
    pub registered_delivery: u8,
    /// 1 to replace an earlier message of the same source, destination and service.
    pub replace_if_present_flag: u8,
    /// The coding of the text (section 5.2.19).
    pub data_coding: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// The text in octets, at most 254 when written; a longer one goes into message_payload.
    pub short_message: &'a [u8],
    /// The optional parameters.
    pub tlvs: Tlvs<'a>,
}

/// The answer to submit_sm (SMPP 3.4 section 4.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SubmitSmResp<'a> {
    /// The server's identifier, at most 64 octets when written; mostly empty with an error.
    pub message_id: &'a [u8],
    /// The optional parameters, since 5.0.
    pub tlvs: Tlvs<'a>,
}

impl<'a> SubmitSm<'a> {
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

impl std::fmt::Debug for SubmitSm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitSm")
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &super::Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

impl Encode for SubmitSm<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::SUBMIT_SM
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

impl<'a> SubmitSmResp<'a> {
    #[inline]
    pub(super) fn decode(header: &Header, read: Reader<'a>) -> Self {
        let (message_id, tlvs) = message_id_and_tlvs(header, read);
        Self { message_id, tlvs }
    }
}

impl Encode for SubmitSmResp<'_> {
    #[inline]
    fn command(&self) -> Command {
        Command::SUBMIT_SM_RESP
    }

    #[inline]
    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

/// The body of a response that carries a message_id. With an error it may be missing, one NUL, the usual, or
/// parameters alone; the last is believed only if they fill the body exactly and the usual reading doesn't.
#[inline]
pub(super) fn message_id_and_tlvs<'a>(header: &Header, read: Reader<'a>) -> (&'a [u8], Tlvs<'a>) {
    let whole = read.rest();
    let mut usual = read;
    let message_id = usual.string_or_empty();
    match Tlvs::exact(usual.rest()) {
        Some(tlvs) => (message_id, tlvs),
        None if header.status.is_ok() => (message_id, Tlvs::EMPTY),
        None => match Tlvs::exact(whole) {
            Some(tlvs) => (&[], tlvs),
            None => (message_id, Tlvs::EMPTY),
        },
    }
}
