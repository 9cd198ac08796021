//! The PDUs that we write: the bind, and a submit_sm for each part. [`super::encode`] makes what is in a part.

use super::address::{self, Room};
use super::conversation::Sent;
use super::encode::{self, Encoded};
use super::settings::{Login, Settings, ValidityForm};
use postrider_core::message::{Message, Parameter};
use postrider_core::time::Time;
use postrider_declare::field;
use postrider_link::carrier::Part;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::time::{Absolute, Relative};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Encode, EncodeError, RequestError, Session, TlvBuilder, Writer};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;

/// Writes PDUs; it keeps the room that they are built in.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    from: Room,
    to: Room,
    tlvs: TlvBuilder,
    validity: String,
}

/// A bind whose name and password may be longer than SMPP allows, since carriers give out such.
pub(super) struct LenientBind<'a> {
    pub(super) mode: BindMode,
    pub(super) login: Login<'a>,
    pub(super) settings: &'a Settings,
}

/// The longest name and password that we write, in octets.
const LOGIN_MAX: usize = 64;

impl Encode for LenientBind<'_> {
    fn command(&self) -> Command {
        self.mode.command()
    }

    fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let Self { login, settings, .. } = self;
        let range = &settings.addresses.range;
        out.string("system_id", login.system_id.as_bytes(), LOGIN_MAX)?;
        out.string("password", login.password.as_bytes(), LOGIN_MAX)?;
        out.string("system_type", settings.system_type.as_bytes(), LOGIN_MAX)?;
        out.octets(&[settings.version.octet(), range.ton, range.npi]);
        out.string("address_range", settings.address_range.as_bytes(), LOGIN_MAX)
    }
}

/// The message's own `protocol_id`, or else that of all messages.
fn protocol_id(message: &Message, usual: &[Parameter]) -> u8 {
    let mut all = message.parameters.iter().chain(usual);
    let found = all.find(|parameter| parameter.tag == field::PROTOCOL_ID);
    found.and_then(|parameter| parameter.value.first()).copied().unwrap_or(0)
}

impl Outgoing {
    /// Asks to be bound.
    pub(super) fn bind(
        &mut self,
        session: &mut Session<Sent>,
        mode: BindMode,
        settings: &Settings,
        now: Instant,
    ) -> Result<(), RequestError> {
        let bind = LenientBind { mode, login: settings.login(mode), settings };
        session.request(&bind, Sent::Bind, now).map(drop)
    }

    /// Writes one part; `now` is the session's clock and the world's.
    pub(super) fn submit(
        &mut self,
        session: &mut Session<Sent>,
        part: &Part<'_, Encoded>,
        settings: &Settings,
        now: (Instant, Time),
    ) -> Result<u32, RequestError> {
        let Part { token, delivery, encoded, number } = part;
        // A link asks for no other parts than there are.
        let part = encoded.parts.get(usize::from(*number)).ok_or(RequestError::NotARequest)?;
        let pdu = self.pdu(&delivery.message, encoded, part, settings, now.1);
        session.request(&pdu, Sent::Part(*token), now.0)
    }

    /// The PDU of one part.
    pub(super) fn pdu<'a>(
        &'a mut self,
        message: &'a Message,
        encoded: &Encoded,
        part: &'a encode::Part,
        settings: &'a Settings,
        now: Time,
    ) -> SubmitSm<'a> {
        self.write_tlvs(message, encoded, part, &settings.parameters);
        self.write_validity(message.expires, now, settings);
        SubmitSm {
            service_type: settings.service_type.as_bytes(),
            source: address::source(message.from.as_ref(), settings, &mut self.from),
            destination: address::destination(message.to, settings, &mut self.to),
            esm_class: settings.message_mode.bits() | if part.header { UDHI } else { 0 },
            protocol_id: protocol_id(message, &settings.parameters),
            priority_flag: settings.priority_flag,
            validity_period: self.validity.as_bytes(),
            registered_delivery: settings.registered_delivery,
            data_coding: part.data_coding,
            short_message: if part.payload { &[] } else { &part.octets },
            tlvs: self.tlvs.tlvs(),
            ..SubmitSm::default()
        }
    }

    fn write_tlvs(&mut self, message: &Message, encoded: &Encoded, part: &encode::Part, usual: &[Parameter]) {
        self.tlvs.clear();
        let own = &message.parameters;
        let lacking = usual.iter().filter(|usual| own.iter().all(|own| own.tag != usual.tag));
        for Parameter { tag, value } in own.iter().chain(lacking).filter(|it| !field::is_field(it.tag)) {
            // To the carrier each part is a message, and is checked for parameters.
            let pushed = self.tlvs.push(*tag, value);
            debug_assert!(pushed, "values are limited to far less");
        }
        if let Some((reference, total, number)) = part.sar {
            self.tlvs.push_u16(tag::SAR_MSG_REF_NUM, reference);
            self.tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
        }
        if let Some(ports) = part.ports {
            self.tlvs
                .push_u16(tag::SOURCE_PORT, ports.source)
                .push_u16(tag::DESTINATION_PORT, ports.destination);
        }
        if let Some(subunit) = encoded.subunit {
            self.tlvs.push_u8(tag::DEST_ADDR_SUBUNIT, subunit);
        }
        if part.payload {
            // Texts are limited to far less than a parameter holds.
            let pushed = self.tlvs.push(tag::MESSAGE_PAYLOAD, &part.octets);
            debug_assert!(pushed, "a text of 10,000 characters fits");
        }
    }

    fn write_validity(&mut self, expires: Time, now: Time, settings: &Settings) {
        self.validity.clear();
        let left = expires.since(now);
        // What may wait longer is left to the carrier's default, since many carriers refuse a long validity.
        let is_near = left < settings.validity_max.get();
        let form = if is_near { settings.validity } else { ValidityForm::Omit };
        let written = match form {
            ValidityForm::Relative => {
                let seconds = left.max(Duration::from_secs(1)).as_secs();
                Relative::from_seconds(seconds).map(|span| write!(self.validity, "{span}"))
            }
            ValidityForm::Absolute => Some(write!(self.validity, "{}", Absolute::from_unix_ms(expires.0, 0))),
            ValidityForm::Omit => None,
        };
        debug_assert!(!matches!(written, Some(Err(_))), "writing to a string succeeds");
    }
}

#[cfg(test)]
mod tests;
