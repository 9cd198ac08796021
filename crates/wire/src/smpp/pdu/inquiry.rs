//! What only SMPP 3.3 has: param_retrieve, query_last_msgs and query_msg_details (3.3 chapter 6).
//! Kept so that an old peer is answered in its own terms; 3.4 dropped all three.

use super::max;
use super::submit_multi::Destinations;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Tlvs, Writer};

/// Asks for the value of one of the server's parameters (SMPP 3.3, param_retrieve).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ParamRetrieve<'a> {
    /// The parameter's name, at most 31 octets when written.
    pub param_name: &'a [u8],
}

/// The answer to param_retrieve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ParamRetrieveResp<'a> {
    /// The parameter's value, at most 100 octets when written.
    pub param_value: &'a [u8],
}

/// Asks for the identifiers of the last messages of a source (SMPP 3.3, query_last_msgs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueryLastMsgs<'a> {
    /// From whom the messages were.
    pub source: Address<'a>,
    /// How many at most, 1 to 100.
    pub num_of_messages: u8,
}

/// The answer to query_last_msgs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueryLastMsgsResp<'a> {
    /// The identifiers.
    pub message_ids: MessageIds<'a>,
}

/// A counted list of identifiers, borrowed.
#[derive(Clone, Copy, Default)]
pub struct MessageIds<'a> {
    count: u8,
    block: &'a [u8],
}

/// Asks for everything about a message (SMPP 3.3, query_msg_details).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueryMsgDetails<'a> {
    /// The server's identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// The source address of the message.
    pub source: Address<'a>,
    /// How many octets of the text to return, at most 160.
    pub sm_length: u8,
}

/// The answer to query_msg_details.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct QueryMsgDetailsResp<'a> {
    /// The service, at most 5 octets when written.
    pub service_type: &'a [u8],
    /// The source address of the message.
    pub source: Address<'a>,
    /// To whom it was.
    pub destinations: Destinations<'a>,
    /// The GSM protocol identifier.
    pub protocol_id: u8,
    /// The priority.
    pub priority_flag: u8,
    /// When it was to be delivered; at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// How long it was to be tried; at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// Which receipts were wanted.
    pub registered_delivery: u8,
    /// The coding of the text.
    pub data_coding: u8,
    /// The text, or as much of it as was asked for.
    pub short_message: &'a [u8],
    /// The identifier, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// When it became final; at most 16 octets when written.
    pub final_date: &'a [u8],
    /// The state.
    pub message_status: u8,
    /// The network's error, 0 for none.
    pub error_code: u8,
    /// No version defines a parameter here; what is there is kept.
    pub tlvs: Tlvs<'a>,
}

impl<'a> ParamRetrieve<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self { param_name: read.string("param_name")? })
    }
}

impl Encode for ParamRetrieve<'_> {
    fn command(&self) -> Command {
        Command::PARAM_RETRIEVE
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("param_name", self.param_name, max::PARAM_NAME)
    }
}

impl<'a> ParamRetrieveResp<'a> {
    pub(super) fn decode(_: &Header, mut read: Reader<'a>) -> Self {
        Self { param_value: read.string_or_empty() }
    }
}

impl Encode for ParamRetrieveResp<'_> {
    fn command(&self) -> Command {
        Command::PARAM_RETRIEVE_RESP
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("param_value", self.param_value, max::PARAM_VALUE)
    }
}

impl<'a> QueryLastMsgs<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self { source: read.address("source_addr")?, num_of_messages: read.octet("num_of_messages")? })
    }
}

impl Encode for QueryLastMsgs<'_> {
    fn command(&self) -> Command {
        Command::QUERY_LAST_MSGS
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.octet(self.num_of_messages);
        Ok(())
    }
}

impl<'a> MessageIds<'a> {
    /// A list from a block of identifiers that each end with a NUL, of which the first 255 count.
    pub fn new(block: &'a [u8]) -> Self {
        Self::read(u8::MAX, &mut Reader::new(block))
    }

    fn read(announced: u8, read: &mut Reader<'a>) -> Self {
        let before = *read;
        let mut count = 0;
        while count < announced && !read.rest().is_empty() {
            read.string_or_empty();
            count += 1;
        }
        Self { count, block: read.since(&before) }
    }

    /// The count.
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut read = Reader::new(self.block);
        (0..self.count).map(move |_| read.string_or_empty())
    }
}

impl PartialEq for MessageIds<'_> {
    /// Whether both hold the same identifiers, with or without the last one's NUL.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for MessageIds<'_> {}

impl std::fmt::Debug for MessageIds<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}

impl<'a> QueryLastMsgsResp<'a> {
    pub(super) fn decode(_: &Header, mut read: Reader<'a>) -> Self {
        let announced = read.octet_or_zero();
        Self { message_ids: MessageIds::read(announced, &mut read) }
    }
}

impl Encode for QueryLastMsgsResp<'_> {
    fn command(&self) -> Command {
        Command::QUERY_LAST_MSGS_RESP
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.octet(self.message_ids.count);
        self.message_ids.iter().try_for_each(|id| out.string("message_id", id, max::MESSAGE_ID))
    }
}

impl<'a> QueryMsgDetails<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            message_id: read.string("original_message_id")?,
            source: read.address("source_addr")?,
            sm_length: read.octet("sm_length")?,
        })
    }
}

impl Encode for QueryMsgDetails<'_> {
    fn command(&self) -> Command {
        Command::QUERY_MSG_DETAILS
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        out.octet(self.sm_length);
        Ok(())
    }
}

impl<'a> QueryMsgDetailsResp<'a> {
    /// Reads all fields or none: if one is missing in the middle, the others can't be told apart.
    pub(super) fn decode(_: &Header, read: Reader<'a>) -> Self {
        Self::read(read).unwrap_or_default()
    }

    fn read(mut read: Reader<'a>) -> Decoded<Self> {
        Ok(Self {
            service_type: read.string("service_type")?,
            source: read.address("source_addr")?,
            destinations: Destinations::decode(&mut read)?,
            protocol_id: read.octet("protocol_id")?,
            priority_flag: read.octet("priority_flag")?,
            schedule_delivery_time: read.string("schedule_delivery_time")?,
            validity_period: read.string("validity_period")?,
            registered_delivery: read.octet("registered_delivery")?,
            data_coding: read.octet("data_coding")?,
            short_message: read.short_message()?,
            message_id: read.string_or_empty(),
            final_date: read.string_or_empty(),
            message_status: read.octet_or_zero(),
            error_code: read.octet_or_zero(),
            tlvs: read.tlvs_if_exact(),
        })
    }
}

impl std::fmt::Debug for QueryMsgDetailsResp<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryMsgDetailsResp")
            .field("message_id", &String::from_utf8_lossy(self.message_id))
            .field("message_status", &self.message_status)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}

impl Encode for QueryMsgDetailsResp<'_> {
    fn command(&self) -> Command {
        Command::QUERY_MSG_DETAILS_RESP
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        self.destinations.write(out)?;
        out.octets(&[self.protocol_id, self.priority_flag]);
        out.string("schedule_delivery_time", self.schedule_delivery_time, max::TIME)?;
        out.string("validity_period", self.validity_period, max::TIME)?;
        out.octets(&[self.registered_delivery, self.data_coding]);
        out.short_message(self.short_message)?;
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.string("final_date", self.final_date, max::TIME)?;
        out.octets(&[self.message_status, self.error_code]);
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
