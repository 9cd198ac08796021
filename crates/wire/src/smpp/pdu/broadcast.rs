//! Cell broadcast, since SMPP 5.0 (sections 4.4 and 4.6): broadcast_sm, its query and its cancellation.
//! Area, content type and repetition are optional parameters by form, though broadcast_sm requires them.

use super::link::{bodiless, decode_empty};
use super::max;
use super::submit::message_id_and_tlvs;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// A message to everyone in an area (SMPP 5.0 section 4.4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BroadcastSm<'a> {
    /// The service, at most 5 octets when written.
    pub service_type: &'a [u8],
    /// The source address.
    pub source: Address<'a>,
    /// The broadcast to replace, empty for a new one; at most 64 octets when written.
    pub message_id: &'a [u8],
    /// 0 to 4.
    pub priority_flag: u8,
    /// When to begin (section 4.7.23), empty for at once; at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// When to end (section 4.7.23), empty for the server's default; at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// 1 to replace an earlier broadcast.
    pub replace_if_present_flag: u8,
    /// The coding of the text.
    pub data_coding: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// broadcast_area_identifier, broadcast_content_type, broadcast_rep_num, broadcast_frequency_interval,
    /// message_payload and others.
    pub tlvs: Tlvs<'a>,
}

/// The answer to broadcast_sm (SMPP 5.0 section 4.4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BroadcastSmResp<'a> {
    /// The server's identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// broadcast_error_status and failed areas.
    pub tlvs: Tlvs<'a>,
}

/// Asks what became of a broadcast (SMPP 5.0 section 4.6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueryBroadcastSm<'a> {
    /// The server's identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// From whom the broadcast was.
    pub source: Address<'a>,
    /// user_message_reference.
    pub tlvs: Tlvs<'a>,
}

/// The answer to query_broadcast_sm (SMPP 5.0 section 4.6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueryBroadcastSmResp<'a> {
    /// The identifier asked about.
    pub message_id: &'a [u8],
    /// message_state, broadcast_area_identifier, broadcast_area_success and others.
    pub tlvs: Tlvs<'a>,
}

/// Takes back a broadcast (SMPP 5.0 section 4.6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CancelBroadcastSm<'a> {
    /// The service of the broadcasts, when there is no message_id.
    pub service_type: &'a [u8],
    /// The server's identifier, empty to go by source and service; at most 64 octets when written.
    pub message_id: &'a [u8],
    /// From whom the broadcast was.
    pub source: Address<'a>,
    /// broadcast_content_type and user_message_reference.
    pub tlvs: Tlvs<'a>,
}

bodiless! {
    /// The answer to cancel_broadcast_sm, without a body (SMPP 5.0 section 4.6.2.3).
    CancelBroadcastSmResp = CANCEL_BROADCAST_SM_RESP;
}

decode_empty! {
    requests {}
    responses { CancelBroadcastSmResp }
}

impl<'a> BroadcastSm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            service_type: read.string("service_type")?,
            source: read.address("source_addr")?,
            message_id: read.string("message_id")?,
            priority_flag: read.octet("priority_flag")?,
            schedule_delivery_time: read.string("schedule_delivery_time")?,
            validity_period: read.string("validity_period")?,
            replace_if_present_flag: read.octet("replace_if_present_flag")?,
            data_coding: read.octet("data_coding")?,
            sm_default_msg_id: read.octet("sm_default_msg_id")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for BroadcastSm<'_> {
    fn command(&self) -> Command {
        Command::BROADCAST_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.octet(self.priority_flag);
        out.string("schedule_delivery_time", self.schedule_delivery_time, max::TIME)?;
        out.string("validity_period", self.validity_period, max::TIME)?;
        out.octets(&[self.replace_if_present_flag, self.data_coding, self.sm_default_msg_id]);
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> QueryBroadcastSm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            message_id: read.string("message_id")?,
            source: read.address("source_addr")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for QueryBroadcastSm<'_> {
    fn command(&self) -> Command {
        Command::QUERY_BROADCAST_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

impl<'a> CancelBroadcastSm<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            service_type: read.string("service_type")?,
            message_id: read.string("message_id")?,
            source: read.address("source_addr")?,
            tlvs: read.tlvs(),
        })
    }
}

impl Encode for CancelBroadcastSm<'_> {
    fn command(&self) -> Command {
        Command::CANCEL_BROADCAST_SM
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.tlvs(&self.tlvs);
        Ok(())
    }
}

macro_rules! message_id_responses {
    ($($type:ident = $command:ident;)*) => {
        $(impl<'a> $type<'a> {
            pub(super) fn decode(header: &Header, read: Reader<'a>) -> Self {
                let (message_id, tlvs) = message_id_and_tlvs(header, read);
                Self { message_id, tlvs }
            }
        }

        impl Encode for $type<'_> {
            fn command(&self) -> Command {
                Command::$command
            }

            fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
                out.string("message_id", self.message_id, max::MESSAGE_ID)?;
                out.tlvs(&self.tlvs);
                Ok(())
            }
        })*
    };
}

message_id_responses! {
    BroadcastSmResp = BROADCAST_SM_RESP;
    QueryBroadcastSmResp = QUERY_BROADCAST_SM_RESP;
}
