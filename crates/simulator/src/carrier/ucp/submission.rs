//! Operations that submit a message, read as the world reads submissions.

use crate::carrier::part::{Submission, UDHI};
use postrider_text::{Encoding, coding, gsm, septets};
use postrider_wire::hex;
use postrider_wire::smpp::{Address, Npi, Tlvs, Ton};
use postrider_wire::ucp::operation::{CallInput, Message, Transfer};
use postrider_wire::ucp::{ErrorCode, Operation, Ot, name, xser};

/// A submission with what it is read from.
pub(super) struct Submitted<'a> {
    recipient: &'a [u8],
    sender: Vec<u8>,
    sender_type: (Ton, Npi),
    has_header: bool,
    wants_receipt: bool,
    protocol_id: u8,
    data_coding: u8,
    validity: &'a [u8],
    user_data: Vec<u8>,
}

impl<'a> Submitted<'a> {
    /// Reads an operation; `login` is the sender of what names none.
    ///
    /// # Errors
    /// The error code for one that submits nothing, or that can't be read.
    pub(super) fn read(operation: &Operation<'a>, login: &str) -> Result<Self, ErrorCode> {
        let plain = Message { mt: b"3", ..Message::default() };
        let read = match *operation {
            Operation::Message(Ot::SUBMIT, ref message) => Self::of(message),
            Operation::Transfer(Transfer { adc, oadc, nrq, vp, amsg, .. }) => {
                Self::of(&Message { adc, oadc, nrq, vp, msg: amsg, ..plain })
            }
            Operation::CallInput(CallInput { adc, oadc, content, .. }) => {
                Self::of(&Message { adc, oadc, mt: content.mt, nb: content.nb, msg: content.msg, ..plain })
            }
            _ => return Err(ErrorCode::UNSUPPORTED),
        };
        let mut read = read?;
        if read.sender.is_empty() {
            read.sender = login.as_bytes().to_vec();
        }
        Ok(read)
    }

    fn of(message: &Message<'a>) -> Result<Self, ErrorCode> {
        if message.adc.is_empty() || !message.adc.iter().all(u8::is_ascii_digit) {
            return Err(ErrorCode::ADDRESS);
        }
        let services = xser::read(message.xser);
        let service = |kind: u8| services.iter().find(|(found, _)| *found == kind).map(|(_, data)| data);
        let header = service(xser::kind::UDH).cloned().unwrap_or_default();
        let named = service(xser::kind::DCS).and_then(|data| data.first().copied());
        let usual = if message.mt == b"4" { 0x04 } else { 0x00 };
        let data_coding = named.unwrap_or(usual);
        let data = data(message, data_coding, named.is_some())?;
        let (sender, sender_type) = sender(message);
        Ok(Self {
            recipient: message.adc,
            sender,
            sender_type,
            has_header: !header.is_empty(),
            wants_receipt: message.nrq == b"1" && message.nt != b"4",
            protocol_id: number(message.rpid).unwrap_or(0),
            data_coding: classed(data_coding, message.mcls),
            validity: message.vp,
            user_data: [header, data].concat(),
        })
    }

    pub(super) fn recipient(&self) -> &'a [u8] {
        self.recipient
    }

    pub(super) fn submission(&self) -> Submission<'_> {
        Submission {
            service_type: b"",
            source: Address::new(self.sender_type.0, self.sender_type.1, &self.sender),
            destination: Address::international(self.recipient),
            esm_class: if self.has_header { UDHI } else { 0 },
            protocol_id: self.protocol_id,
            priority_flag: 0,
            replace_if_present: 0,
            schedule_delivery_time: &[],
            validity_period: self.validity,
            registered_delivery: self.wants_receipt.into(),
            data_coding: self.data_coding,
            user_data: &self.user_data,
            tlvs: Tlvs::EMPTY,
        }
    }
}

/// The message: septets one to an octet, UCS-2 or octets.
fn data(message: &Message<'_>, data_coding: u8, is_named: bool) -> Result<Vec<u8>, ErrorCode> {
    match message.mt {
        b"2" => Ok(message.msg.to_vec()),
        b"3" => hex::read(message.msg).ok_or(ErrorCode::SYNTAX),
        b"4" => {
            let octets = hex::read(message.msg).ok_or(ErrorCode::SYNTAX)?;
            let bits: usize = number(message.nb).ok_or(ErrorCode::SYNTAX)?;
            if bits > octets.len() * 8 {
                return Err(ErrorCode::SYNTAX);
            }
            let is_packed = is_named && coding::of_dcs(data_coding).encoding == Encoding::Gsm7;
            Ok(if is_packed { septets::unpack(&octets, bits / 7, 0) } else { octets })
        }
        _ => Err(ErrorCode::MESSAGE_TYPE),
    }
}

/// The coding with a message class, if there is one.
fn classed(data_coding: u8, class: &[u8]) -> u8 {
    match number(class) {
        Some(class) if coding::is_plain(data_coding) => {
            coding::data_coding(coding::of_dcs(data_coding).encoding, Some(class))
        }
        _ => data_coding,
    }
}

/// The sender by its type (OTOA).
fn sender(message: &Message<'_>) -> (Vec<u8>, (Ton, Npi)) {
    let named = if message.otoa == b"5039" { name::read(message.oadc) } else { None };
    match (named, message.otoa) {
        (Some((count, packed)), _) => {
            let name = gsm::decode(&septets::unpack(&packed, count, 0));
            (name.into_bytes(), (Ton::ALPHANUMERIC, Npi::UNKNOWN))
        }
        (None, b"1139") => (message.oadc.to_vec(), (Ton::INTERNATIONAL, Npi::ISDN)),
        (None, _) => (message.oadc.to_vec(), (Ton::UNKNOWN, Npi::UNKNOWN)),
    }
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
