//! The operations that we write: the login (60), and a submission (51) for each part. [`super::encode`] makes what is in a
//! part.

use super::Settings;
use super::encode::{Encoded, Part};
use bytes::BytesMut;
use postrider_core::message::Message;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_text::{gsm, septets};
use postrider_wire::hex;
use postrider_wire::smpp::time::Civil;
use postrider_wire::ucp::operation::{self, Login};
use postrider_wire::ucp::{Operation, Ot, name, time, xser};
use std::fmt::Write as _;

/// The types of a sender (field OTOA).
const INTERNATIONAL: &[u8] = b"1139";
const NAME: &[u8] = b"5039";

/// Room for the fields of one submission; used again for each.
#[derive(Debug, Default)]
pub(super) struct Submit {
    recipient: String,
    sender: BytesMut,
    services: BytesMut,
    bits: String,
    protocol: String,
}

/// The login, written by `write`.
pub(super) fn login<R>(settings: &Settings, write: impl FnOnce(&Operation<'_>) -> R) -> R {
    let mut password = BytesMut::new();
    hex::write(settings.password.as_bytes(), &mut password);
    let [ton, npi] = [settings.login_ton, settings.login_npi].map(|number| [b'0' + number % 10]);
    write(&Operation::Login(Login {
        oadc: settings.login.as_bytes(),
        oton: &ton,
        onpi: &npi,
        styp: b"1",
        pwd: &password,
        vers: b"0100",
        ..Login::default()
    }))
}

impl Submit {
    /// Writes one part by `write`; `clock` is the world's time.
    ///
    /// # Errors
    /// In words, when the sender has no place in a field.
    pub(super) fn write<R>(
        &mut self,
        message: &Message,
        (encoded, part): (&Encoded, &Part),
        settings: &Settings,
        clock: Time,
        write: impl FnOnce(&Operation<'_>) -> R,
    ) -> Result<R, String> {
        self.recipient.clear();
        let prefix = if message.to.is_short_code() { "" } else { settings.recipient_prefix.as_str() };
        put(&mut self.recipient, format_args!("{prefix}{}", message.to.digits()));
        let otoa = self.write_sender(message.from.as_ref(), settings)?;
        self.write_services(part, settings);
        self.bits.clear();
        if part.is_transparent {
            put(&mut self.bits, format_args!("{}", part.message.len() / 2 * 8));
        }
        self.protocol.clear();
        if let Some(protocol) = encoded.protocol {
            put(&mut self.protocol, format_args!("{protocol:04}"));
        }
        let validity = validity(message.expires, clock, settings);
        let class = encoded.class.map(|class| [b'0' + class % 10]);
        let notifications = [b'0' + settings.notifications % 10];
        let asks = settings.notifications != 0;
        let address = if asks { settings.notification_address.as_bytes() } else { &[] };
        let fields = operation::Message {
            adc: self.recipient.as_bytes(),
            oadc: &self.sender,
            ac: settings.code.as_bytes(),
            nrq: if asks { b"1" } else { b"" },
            nadc: address,
            nt: if asks { &notifications } else { b"" },
            npid: if address.is_empty() { b"" } else { settings.notification_protocol.as_bytes() },
            vp: validity.as_ref().map_or(&[], |digits| digits),
            rpid: self.protocol.as_bytes(),
            mt: if part.is_transparent { b"4" } else { b"3" },
            nb: self.bits.as_bytes(),
            msg: &part.message,
            mcls: class.as_ref().map_or(&[], |digit| digit),
            otoa,
            xser: &self.services,
            ..operation::Message::default()
        };
        Ok(write(&Operation::Message(Ot::SUBMIT, Box::new(fields))))
    }

    /// Writes the sender, and returns its type.
    fn write_sender(&mut self, from: Option<&Sender>, settings: &Settings) -> Result<&'static [u8], String> {
        self.sender.clear();
        match from {
            None => {
                let usual = if settings.sender.is_empty() { &settings.login } else { &settings.sender };
                self.sender.extend_from_slice(usual.as_bytes());
                Ok(b"")
            }
            Some(Sender::Number(number)) => {
                self.sender.extend_from_slice(number.digits().to_string().as_bytes());
                Ok(INTERNATIONAL)
            }
            Some(Sender::Code(digits)) => {
                self.sender.extend_from_slice(digits.as_bytes());
                Ok(b"")
            }
            Some(Sender::Name(name)) => self.write_name(name),
        }
    }

    fn write_name(&mut self, name: &str) -> Result<&'static [u8], String> {
        let mut units = Vec::new();
        gsm::encode(name, &mut units).map_err(|error| format!("the sender's name: {error}"))?;
        if units.len() > name::SEPTETS_MAX {
            let most = name::SEPTETS_MAX;
            return Err(format!("the sender's name takes {} septets; {most} are allowed", units.len()));
        }
        let mut packed = Vec::new();
        septets::pack(&units, 0, &mut packed);
        name::write(units.len(), &packed, &mut self.sender);
        Ok(NAME)
    }

    fn write_services(&mut self, part: &Part, settings: &Settings) {
        self.services.clear();
        self.services.extend_from_slice(&part.services);
        if !settings.billing.is_empty() {
            xser::write(xser::kind::BILLING, settings.billing.as_bytes(), &mut self.services);
        }
    }
}

/// Appends to a text, which can't fail.
fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(words);
    debug_assert!(written.is_ok(), "writing to a string succeeds");
}

/// Until when a message is worth sending, by the carrier's clock (field VP), if that is known and the time is near.
fn validity(expires: Time, now: Time, settings: &Settings) -> Option<[u8; 10]> {
    const MINUTE_MS: i64 = 60_000;
    let offset = settings.utc_offset.as_ref()?.0;
    let left = expires.since(now);
    if left >= settings.validity_max.get() {
        return None;
    }
    // A minute that has begun counts whole, and the carrier is left one to try.
    let until = expires.0.max(now.0.saturating_add(MINUTE_MS)).saturating_add(MINUTE_MS - 1);
    Some(time::minute(Civil::from_unix_ms(until.saturating_add(i64::from(offset) * MINUTE_MS))))
}

#[cfg(test)]
mod tests;
