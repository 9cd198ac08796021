//! Submissions (operation 03), read as the world reads them.

use crate::carrier::part::{Submission, UDHI};
use postrider_text::gsm;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{ErrorCode, Parameters, special};
use postrider_wire::hex;
use postrider_wire::smpp::{Address, Npi, Tlvs, Ton};

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

/// The flags of status reports about the end of a message.
const FINAL: u8 = 0b11_1110;

impl<'a> Submitted<'a> {
    /// Reads the parameters; `user` is the sender of what names none.
    ///
    /// # Errors
    /// The error code for what can't be read.
    pub(super) fn read(message: &Parameters<'a>, user: &str) -> Result<Self, ErrorCode> {
        let mut recipients = message.iter().filter(|(found, _)| *found == code::DESTINATION);
        let (_, recipient) = recipients.next().ok_or(ErrorCode(300))?;
        if recipients.next().is_some() {
            return Err(ErrorCode(301));
        }
        let digits = recipient.strip_prefix(b"+").unwrap_or(recipient);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(ErrorCode(300));
        }
        let octets = |code, error| match message.get(code) {
            None => Ok(Vec::new()),
            Some(digits) => hex::read(digits).ok_or(ErrorCode(error)),
        };
        let header = octets(code::HEADER, 303)?;
        let data = match (message.get(code::TEXT), message.get(code::BINARY)) {
            (Some(_), Some(_)) => return Err(ErrorCode(303)),
            (Some(text), None) => special::read(text),
            (None, _) => octets(code::BINARY, 302)?,
        };
        let (sender, sender_type) = sender(message, user);
        Ok(Self {
            recipient: digits,
            sender,
            sender_type,
            has_header: !header.is_empty(),
            wants_receipt: message.number(code::REPORTS).is_none_or(|flags: u8| flags & FINAL != 0),
            protocol_id: message.number(code::PROTOCOL).unwrap_or(0),
            data_coding: message.number(code::CODING).unwrap_or(0),
            validity: message.get(code::VALIDITY).unwrap_or_default(),
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

/// The sender: a name, digits, or the user.
fn sender(message: &Parameters<'_>, user: &str) -> (Vec<u8>, (Ton, Npi)) {
    if let Some(name) = message.get(code::NAME) {
        return (gsm::decode(&special::read(name)).into_bytes(), (Ton::ALPHANUMERIC, Npi::UNKNOWN));
    }
    let digits = message.get(code::ORIGIN).unwrap_or(user.as_bytes());
    (digits.strip_prefix(b"+").unwrap_or(digits).to_vec(), (Ton::UNKNOWN, Npi::UNKNOWN))
}
