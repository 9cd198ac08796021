//! Parts that a carrier received, kept to be looked at. They borrow nothing and decide nothing.

use super::Alphabet;
use postrider_link::wall;
use postrider_text::header::{self, Concat, Reference};
use postrider_text::{Encoding, coding, segment};
use postrider_wire::smpp::pdu::{DataSm, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Status, Tlvs};
use std::sync::Arc;
use std::time::SystemTime;

/// Features in esm_class: the text begins with a user data header (SMPP 3.4 section 5.2.12).
pub(crate) const UDHI: u8 = 0x40;

/// A submit_sm or data_sm that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// When it came.
    pub at: SystemTime,
    /// On which connection, numbered from 1 in the order they were made.
    pub bind: u64,
    /// The sender's user name.
    pub system_id: Arc<str>,
    /// Its service_type.
    pub service_type: String,
    /// The sender: digits, or a name when `source_ton` is 5.
    pub source: String,
    /// The sender's type of number.
    pub source_ton: u8,
    /// The sender's numbering plan.
    pub source_npi: u8,
    /// The recipient's digits.
    pub destination: String,
    /// The recipient's type of number.
    pub destination_ton: u8,
    /// The recipient's numbering plan.
    pub destination_npi: u8,
    /// esm_class.
    pub esm_class: u8,
    /// protocol_id.
    pub protocol_id: u8,
    /// priority_flag.
    pub priority_flag: u8,
    /// schedule_delivery_time as it came.
    pub schedule_delivery_time: String,
    /// validity_period as it came.
    pub validity_period: String,
    /// registered_delivery.
    pub registered_delivery: u8,
    /// data_coding.
    pub data_coding: u8,
    /// The carrier's alphabet of data_coding 0.
    pub alphabet: Alphabet,
    /// The user data header without its length octet; empty when there is none.
    pub header: Vec<u8>,
    /// The text's octets after the header, from short_message or message_payload.
    pub octets: Vec<u8>,
    /// The optional parameters in their order.
    pub tlvs: Vec<(u16, Vec<u8>)>,
    /// How it was answered.
    pub answered: Answered,
}

/// How a part was answered, or will be when its time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// With this message_id.
    Accepted(String),
    /// With this error.
    Refused(Status),
    /// Not at all, or by closing the connection.
    Never,
}

/// The common part of submit_sm and data_sm, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Submission<'a> {
    pub(crate) service_type: &'a [u8],
    pub(crate) source: Address<'a>,
    pub(crate) destination: Address<'a>,
    pub(crate) esm_class: u8,
    pub(crate) protocol_id: u8,
    pub(crate) priority_flag: u8,
    pub(crate) replace_if_present: u8,
    pub(crate) schedule_delivery_time: &'a [u8],
    pub(crate) validity_period: &'a [u8],
    pub(crate) registered_delivery: u8,
    pub(crate) data_coding: u8,
    /// The text with its header.
    pub(crate) user_data: &'a [u8],
    pub(crate) tlvs: Tlvs<'a>,
}

impl Part {
    /// The text, read as `data_coding` and the carrier's alphabet say.
    pub fn text(&self) -> String {
        let (encoding, octets) = self.plain();
        segment::decode(encoding, &self.header, &octets)
    }

    /// The text's octets in an encoding that handsets know.
    pub(crate) fn plain(&self) -> (Encoding, Vec<u8>) {
        match coding::of_data_coding(self.data_coding).encoding {
            Encoding::Gsm7 => self.alphabet.read(self.header.len(), &self.octets),
            encoding => (encoding, self.octets.clone()),
        }
    }

    /// Which part of which message it is, by its header or by its sar_* parameters.
    pub fn concat(&self) -> Option<Concat> {
        header::concat(&self.header).or_else(|| self.sar())
    }

    /// The value of the first parameter with this tag.
    pub fn tlv(&self, tag: u16) -> Option<&[u8]> {
        self.tlvs.iter().find(|(found, _)| *found == tag).map(|(_, value)| value.as_slice())
    }

    /// The message_id it was accepted with.
    pub fn message_id(&self) -> Option<&str> {
        match &self.answered {
            Answered::Accepted(id) => Some(id),
            Answered::Refused(_) | Answered::Never => None,
        }
    }

    fn sar(&self) -> Option<Concat> {
        let number = |tag| self.tlv(tag).and_then(|value| value.last().copied());
        let reference = self.tlv(tag::SAR_MSG_REF_NUM)?;
        let reference = reference.iter().fold(0_u16, |all, octet| all << 8 | u16::from(*octet));
        let total = number(tag::SAR_TOTAL_SEGMENTS)?;
        let number = number(tag::SAR_SEGMENT_SEQNUM)?;
        let sane = (1..=total).contains(&number);
        sane.then_some(Concat { reference: Reference::Sixteen(reference), total, number })
    }
}

impl<'a> Submission<'a> {
    /// The header without its length octet, and the text after it.
    pub(crate) fn split(&self) -> (&'a [u8], &'a [u8]) {
        let header = if self.esm_class & UDHI == 0 { None } else { header::split_off(self.user_data) };
        header.unwrap_or((&[], self.user_data))
    }

    /// A copy to keep.
    pub(crate) fn part(
        &self,
        bind: u64,
        system_id: &Arc<str>,
        alphabet: Alphabet,
        answered: Answered,
    ) -> Part {
        let string = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let (header, octets) = self.split();
        Part {
            at: wall(),
            bind,
            system_id: Arc::clone(system_id),
            service_type: string(self.service_type),
            source: string(self.source.digits),
            source_ton: self.source.ton.0,
            source_npi: self.source.npi.0,
            destination: string(self.destination.digits),
            destination_ton: self.destination.ton.0,
            destination_npi: self.destination.npi.0,
            esm_class: self.esm_class,
            protocol_id: self.protocol_id,
            priority_flag: self.priority_flag,
            schedule_delivery_time: string(self.schedule_delivery_time),
            validity_period: string(self.validity_period),
            registered_delivery: self.registered_delivery,
            data_coding: self.data_coding,
            alphabet,
            header: header.to_vec(),
            octets: octets.to_vec(),
            tlvs: self.tlvs.iter().map(|(tag, value)| (tag, value.to_vec())).collect(),
            answered,
        }
    }
}

impl<'a> From<&SubmitSm<'a>> for Submission<'a> {
    fn from(pdu: &SubmitSm<'a>) -> Self {
        Self {
            service_type: pdu.service_type,
            source: pdu.source,
            destination: pdu.destination,
            esm_class: pdu.esm_class,
            protocol_id: pdu.protocol_id,
            priority_flag: pdu.priority_flag,
            replace_if_present: pdu.replace_if_present_flag,
            schedule_delivery_time: pdu.schedule_delivery_time,
            validity_period: pdu.validity_period,
            registered_delivery: pdu.registered_delivery,
            data_coding: pdu.data_coding,
            user_data: match pdu.short_message {
                [] => pdu.tlvs.get(tag::MESSAGE_PAYLOAD).unwrap_or_default(),
                text => text,
            },
            tlvs: pdu.tlvs,
        }
    }
}

impl<'a> From<&DataSm<'a>> for Submission<'a> {
    fn from(pdu: &DataSm<'a>) -> Self {
        Self {
            service_type: pdu.service_type,
            source: pdu.source,
            destination: pdu.destination,
            esm_class: pdu.esm_class,
            protocol_id: 0,
            priority_flag: 0,
            replace_if_present: 0,
            schedule_delivery_time: &[],
            validity_period: &[],
            registered_delivery: pdu.registered_delivery,
            data_coding: pdu.data_coding,
            user_data: pdu.text(),
            tlvs: pdu.tlvs,
        }
    }
}
