//! submit_multi and its response (SMPP 3.4 section 4.5, 5.0 section 4.2.3): one text, many destinations.
//! Both lists are walked in place; nothing is collected.

use super::max;
use crate::smpp::read::{Decoded, Reader};
use crate::smpp::write::Problem;
use crate::smpp::{Address, Command, Encode, EncodeError, Header, Status, Tlvs, Writer};

/// A message to several destinations (SMPP 3.4 section 4.5.1).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SubmitMulti<'a> {
    /// The service, at most 5 octets when written.
    pub service_type: &'a [u8],
    /// The source address.
    pub source: Address<'a>,
    /// The destination address.
    pub destinations: Destinations<'a>,
    /// Mode, type and features such as a user data header (section 5.2.12).
    pub esm_class: u8,
    /// The GSM protocol identifier (section 5.2.13).
    pub protocol_id: u8,
    /// 0 to 3, in 5.0 to 4.
    pub priority_flag: u8,
    /// When to deliver (section 7.1.1), empty for at once; at most 16 octets when written.
    pub schedule_delivery_time: &'a [u8],
    /// How long to try (section 7.1.1); at most 16 octets when written.
    pub validity_period: &'a [u8],
    /// Which receipts are wanted (section 5.2.17).
    pub registered_delivery: u8,
    /// Must be 0 in 3.4.
    pub replace_if_present_flag: u8,
    /// The coding of the text (section 5.2.19).
    pub data_coding: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// The text in octets, at most 254 when written.
    pub short_message: &'a [u8],
    /// The optional parameters.
    pub tlvs: Tlvs<'a>,
}

/// The answer to submit_multi (SMPP 3.4 section 4.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SubmitMultiResp<'a> {
    /// The server's identifier of the message, at most 64 octets when written.
    pub message_id: &'a [u8],
    /// The refused destinations.
    pub failures: Failures<'a>,
    /// The optional parameters, since 5.0.
    pub tlvs: Tlvs<'a>,
}

/// dest_address(es), borrowed (SMPP 3.4 section 4.5.1.1).
#[derive(Clone, Copy, Default)]
pub struct Destinations<'a> {
    count: u8,
    block: &'a [u8],
}

/// One destination of a submit_multi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// dest_flag 1: an address.
    Address(Address<'a>),
    /// dest_flag 2: a distribution list known to the server, at most 20 octets when written.
    List(&'a [u8]),
}

/// unsuccess_sme(s), borrowed (SMPP 3.4 section 4.5.2.1).
#[derive(Clone, Copy, Default)]
pub struct Failures<'a> {
    count: u8,
    block: &'a [u8],
}

/// A refused destination, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The destination address.
    pub destination: Address<'a>,
    /// error_status_code.
    pub status: Status,
}

/// Destinations to be written, at most 254 of them in 3.4 and 255 in 5.0.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DestinationList {
    count: u8,
    block: bytes::BytesMut,
}

/// Failures to be written, at most 255 of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FailureList {
    count: u8,
    block: bytes::BytesMut,
}

const SME_ADDRESS: u8 = 1;
const DISTRIBUTION_LIST: u8 = 2;

fn read_destination<'a>(read: &mut Reader<'a>) -> Decoded<Destination<'a>> {
    let before = *read;
    match read.octet("dest_flag")? {
        SME_ADDRESS => Ok(Destination::Address(read.address("destination_addr")?)),
        DISTRIBUTION_LIST => Ok(Destination::List(read.string("dl_name")?)),
        _ => Err(before.error("dest_flag", Status::RINVDESTFLAG)),
    }
}

fn read_failure<'a>(read: &mut Reader<'a>) -> Failure<'a> {
    Failure { destination: read.address_or_empty(), status: Status(read.number_or_zero()) }
}

impl<'a> Destinations<'a> {
    pub(super) fn decode(read: &mut Reader<'a>) -> Decoded<Self> {
        let count = read.octet("number_of_dests")?;
        let before = *read;
        for _ in 0..count {
            read_destination(read)?;
        }
        Ok(Self { count, block: read.since(&before) })
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
    pub fn iter(&self) -> impl Iterator<Item = Destination<'a>> + use<'a> {
        let mut read = Reader::new(self.block);
        (0..self.count).map_while(move |_| read_destination(&mut read).ok())
    }

    /// Writes the count and each destination, since a list that was read may be longer than the specification allows.
    pub(super) fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.octet(self.count);
        self.iter().try_for_each(|destination| write_destination(out, &destination))
    }
}

fn write_destination(out: &mut Writer<'_>, destination: &Destination<'_>) -> Result<(), EncodeError> {
    match destination {
        Destination::Address(address) => {
            out.octet(SME_ADDRESS);
            out.address("destination_addr", address, max::ADDRESS)
        }
        Destination::List(name) => {
            out.octet(DISTRIBUTION_LIST);
            out.string("dl_name", name, max::DL_NAME)
        }
    }
}

/// The count plus one, or an error if the list is full.
fn one_more(count: u8, field: &'static str) -> Result<u8, EncodeError> {
    count.checked_add(1).ok_or(EncodeError { field, problem: Problem::TooLong { max: usize::from(u8::MAX) } })
}

impl DestinationList {
    /// Appends a destination.
    ///
    /// # Errors
    /// When the address or name is too long or has a NUL inside, or the list is full.
    pub fn push(&mut self, destination: &Destination<'_>) -> Result<(), EncodeError> {
        let count = one_more(self.count, "number_of_dests")?;
        let before = self.block.len();
        let written = write_destination(&mut Writer::new(&mut self.block), destination);
        match written {
            Ok(()) => self.count = count,
            Err(_) => self.block.truncate(before),
        }
        written
    }

    /// The list, to be put into a PDU.
    pub fn destinations(&self) -> Destinations<'_> {
        Destinations { count: self.count, block: &self.block }
    }
}

impl<'a> Failures<'a> {
    fn decode(read: &mut Reader<'a>) -> Self {
        let announced = read.octet_or_zero();
        let before = *read;
        let mut count = 0;
        while count < announced && !read.rest().is_empty() {
            read_failure(read);
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
    pub fn iter(&self) -> impl Iterator<Item = Failure<'a>> + use<'a> {
        let mut read = Reader::new(self.block);
        (0..self.count).map(move |_| read_failure(&mut read))
    }
}

impl FailureList {
    /// Appends a failure.
    ///
    /// # Errors
    /// When the address is too long or has a NUL inside, or the list is full.
    pub fn push(&mut self, failure: &Failure<'_>) -> Result<(), EncodeError> {
        let count = one_more(self.count, "no_unsuccess")?;
        let before = self.block.len();
        let mut out = Writer::new(&mut self.block);
        if let Err(error) = out.address("destination_addr", &failure.destination, max::ADDRESS) {
            self.block.truncate(before);
            return Err(error);
        }
        out.octets(&failure.status.0.to_be_bytes());
        self.count = count;
        Ok(())
    }

    /// The list, to be put into a PDU.
    pub fn failures(&self) -> Failures<'_> {
        Failures { count: self.count, block: &self.block }
    }
}

impl PartialEq for Destinations<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Destinations<'_> {}

impl PartialEq for Failures<'_> {
    /// Whether both hold the same failures. A last one that is cut short doesn't count.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Failures<'_> {}

impl std::fmt::Debug for Destinations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl std::fmt::Debug for Failures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl std::fmt::Debug for DestinationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.destinations().fmt(f)
    }
}

impl std::fmt::Debug for FailureList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.failures().fmt(f)
    }
}

impl<'a> SubmitMulti<'a> {
    pub(super) fn decode(_: Command, mut read: Reader<'a>) -> Decoded<Self> {
        let mut pdu = Self {
            service_type: read.string("service_type")?,
            source: read.address("source_addr")?,
            destinations: Destinations::decode(&mut read)?,
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

impl std::fmt::Debug for SubmitMulti<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitMulti")
            .field("source", &self.source)
            .field("destinations", &self.destinations)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &super::Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

impl Encode for SubmitMulti<'_> {
    fn command(&self) -> Command {
        Command::SUBMIT_MULTI
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("service_type", self.service_type, max::SERVICE_TYPE)?;
        out.address("source_addr", &self.source, max::ADDRESS)?;
        self.destinations.write(out)?;
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

impl<'a> SubmitMultiResp<'a> {
    pub(super) fn decode(_: &Header, mut read: Reader<'a>) -> Self {
        Self {
            message_id: read.string_or_empty(),
            failures: Failures::decode(&mut read),
            tlvs: read.tlvs_if_exact(),
        }
    }
}

impl Encode for SubmitMultiResp<'_> {
    fn command(&self) -> Command {
        Command::SUBMIT_MULTI_RESP
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string("message_id", self.message_id, max::MESSAGE_ID)?;
        out.octet(self.failures.count);
        for failure in self.failures.iter() {
            out.address("destination_addr", &failure.destination, max::ADDRESS)?;
            out.octets(&failure.status.0.to_be_bytes());
        }
        out.tlvs(&self.tlvs);
        Ok(())
    }
}
