//! Requests of the carrier: receipts become reports, anything else is a message from a handset. Both are kept before they are
//! acknowledged.

use super::inbound::{self, Fields};
use super::settings::Settings;
use postrider_core::contract::Heard;
use postrider_core::receipt::{Report, Reported};
use postrider_declare::upstream::smpp::{IdPlace, ReceiptsDocument};
use postrider_link::carrier::Event;
use postrider_wire::smpp::pdu::{DataSmResp, DeliverSmResp};
use postrider_wire::smpp::receipt::{self, MessageState, NetworkError, narrow};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Command, Encode, Pdu, Session, Status, Tlvs};
use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Instant;

/// The longest identifier that is read, in octets: one more than SMPP allows, as carriers write them.
const ID_MAX: usize = 65;
/// The most octets that are kept of a carrier's error code, and of its word for a state.
const ERROR_MAX: usize = 32;
/// The most words of a carrier's own that one session tells of.
const STRANGE_MAX: usize = 64;

/// Requests of the carrier.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Requests that no carrier should make, to be refused.
    unknown: Vec<(u32, Command)>,
    /// Words for states that only the carrier knows, and that the log names already.
    strange: HashSet<Box<str>>,
}

/// A request to acknowledge.
#[derive(Debug)]
pub(super) struct Ack {
    sequence: u32,
    command: Command,
    /// The identifier that the answer gives back.
    id: Option<Box<str>>,
}

impl Ack {
    /// Answers the request.
    pub(super) fn answer<T>(self, session: &mut Session<T>, status: Status, now: Instant) {
        let message_id = self.id.as_deref().unwrap_or_default().as_bytes();
        // A session that is over takes no answer; the carrier brings the receipt again.
        let _ = if self.command == Command::DATA_SM {
            session.respond(self.sequence, status, &DataSmResp { message_id, tlvs: Tlvs::EMPTY }, now)
        } else {
            session.respond(self.sequence, status, &DeliverSmResp { message_id, tlvs: Tlvs::EMPTY }, now)
        };
    }
}

/// The content of a deliver_sm or data_sm.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    Receipt(Report),
    /// A receipt with this word for a state, which only the carrier knows: the message stays where it is.
    Strange(Report, Box<str>),
    /// A receipt that doesn't say of which message.
    Nameless,
    Message,
}

impl Incoming {
    /// Takes in a request of the carrier; returns its event, if it is to be acknowledged later.
    pub(super) fn request(
        &mut self,
        sequence: u32,
        pdu: &Pdu<'_>,
        settings: &Settings,
    ) -> Option<Event<Ack>> {
        let (command, fields) = match pdu {
            Pdu::DeliverSm(pdu) => (Command::DELIVER_SM, Fields::from(pdu)),
            Pdu::DataSm(pdu) => (Command::DATA_SM, Fields::from(pdu)),
            Pdu::AlertNotification(_) => return None,
            other => {
                self.unknown.push((sequence, other.command()));
                return None;
            }
        };
        let between = [&fields.source, &fields.destination].map(digits);
        let report = match read(fields.esm_class, &fields.tlvs, fields.text, between, &settings.receipts) {
            Content::Receipt(report) => Some(report),
            Content::Strange(report, word) => {
                self.tell_of(word, settings);
                Some(report)
            }
            Content::Nameless => {
                metrics::counter!("postrider_receipts_unreadable_total", "upstream" => settings.name.to_string())
                    .increment(1);
                tracing::warn!(upstream = %settings.name, "a receipt came that names no message; it is acknowledged");
                None
            }
            Content::Message => {
                let heard = Some(Heard::Inbound(Box::new(inbound::read(&fields, settings))));
                return Some(Event::Brought { heard, ack: Ack { sequence, command, id: None } });
            }
        };
        let echoed = report.as_ref().filter(|_| settings.receipts.echo_id);
        let ack = Ack { sequence, command, id: echoed.map(|report| report.reference.clone()) };
        Some(Event::Brought { heard: report.map(Heard::Report), ack })
    }

    /// Tells of a word that only the carrier knows, once.
    fn tell_of(&mut self, word: Box<str>, settings: &Settings) {
        if self.strange.len() < STRANGE_MAX && !self.strange.contains(&word) {
            tracing::warn!(
                upstream = %settings.name,
                "a receipt says '{word}' of its message, which is left as it is; ask the carrier what that means, and say \
                 so: receipts.words = {{ '{word}' = 'delivered' }}, or what else it is"
            );
            self.strange.insert(word);
        }
    }

    /// Refuses requests that no carrier should make.
    pub(super) fn refuse_unknown<T>(&mut self, session: &mut Session<T>, now: Instant) {
        for (sequence, command) in self.unknown.drain(..) {
            let _ = session.refuse(sequence, command, Status::RINVCMDID, now);
        }
    }
}

/// The digits of an address, if it is a number.
fn digits(address: &Address<'_>) -> Option<u64> {
    let digits = address.digits.strip_prefix(b"+").unwrap_or(address.digits);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn read(
    esm_class: u8,
    tlvs: &Tlvs<'_>,
    text: &[u8],
    between: [Option<u64>; 2],
    settings: &ReceiptsDocument,
) -> Content {
    let text = match narrow(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        owned @ Cow::Owned(_) => owned,
    };
    let Some(found) = receipt::Report::read(esm_class, tlvs, &text) else { return Content::Message };
    let Some((reference, also)) = names(&found, tlvs, settings) else { return Content::Nameless };
    // A word that everybody knows, and that the carrier means nothing else by, need not be looked at.
    let word = if found.state.is_none() || !settings.words.is_empty() { word(&found, tlvs) } else { None };
    let own = word.as_ref().and_then(|word| {
        settings
            .words
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(word))
            .map(|(_, meaning)| Reported::from(*meaning))
    });
    let is_strange = own.is_none() && found.state.is_none();
    let reported = own.unwrap_or_else(|| reported(found.state, settings.accepted_is_final));
    let error = if reported == Reported::Delivered { None } else { error(&found) };
    let report = Report { reference, also, between, reported, error };
    match word.filter(|_| is_strange) {
        Some(word) => Content::Strange(report, word),
        None => Content::Receipt(report),
    }
}

/// The message's name, and another that the receipt has where it has two.
fn names(
    found: &receipt::Report<'_>,
    tlvs: &Tlvs<'_>,
    settings: &ReceiptsDocument,
) -> Option<(Box<str>, Option<Box<str>>)> {
    let own = trimmed(settings.id_tag.as_ref().and_then(|tag| tlvs.text(tag.0)));
    let parameter = own.or_else(|| trimmed(found.tlv_id));
    let text = trimmed(found.text_id);
    let (first, second) =
        if settings.id_from == IdPlace::Text { (text, parameter) } else { (parameter, text) };
    let also = second.filter(|second| first.is_some_and(|first| first != *second));
    Some((written(first.or(second)?), also.map(written)))
}

fn written(id: &[u8]) -> Box<str> {
    // Nearly all are ASCII, which is checked quicker than mended.
    std::str::from_utf8(id).map_or_else(|_| String::from_utf8_lossy(id).into(), Box::from)
}

fn trimmed(id: Option<&[u8]>) -> Option<&[u8]> {
    id.map(<[u8]>::trim_ascii).filter(|id| (1..=ID_MAX).contains(&id.len()))
}

/// The carrier's word for the state, or the number of its own that stands for one.
fn word(found: &receipt::Report<'_>, tlvs: &Tlvs<'_>) -> Option<Box<str>> {
    let text =
        |octets: &[u8]| String::from_utf8_lossy(octets.get(..ERROR_MAX).unwrap_or(octets)).into_owned();
    let number = || tlvs.number::<u8>(tag::MESSAGE_STATE).map(|number| number.to_string());
    found.text.stat.map(text).or_else(number).map(Into::into)
}

/// The meaning of a state for the message, which stays where it is if there is none.
pub(super) fn reported(state: Option<MessageState>, accepted_is_final: bool) -> Reported {
    match state {
        Some(MessageState::Delivered) => Reported::Delivered,
        Some(MessageState::Accepted) if accepted_is_final => Reported::Delivered,
        Some(MessageState::Undeliverable | MessageState::Skipped) => Reported::Undelivered,
        Some(MessageState::Expired) => Reported::Expired,
        Some(MessageState::Deleted) => Reported::Deleted,
        Some(MessageState::Rejected) => Reported::Rejected,
        Some(MessageState::Unknown) => Reported::Unknown,
        Some(MessageState::Scheduled | MessageState::Enroute | MessageState::Accepted) | None => {
            Reported::Underway
        }
    }
}

/// The text's `err`, or the network_error_code: the kind of network and its code.
fn error(found: &receipt::Report<'_>) -> Option<Box<str>> {
    let lossy = |octets: &[u8]| {
        String::from_utf8_lossy(octets.get(..ERROR_MAX).unwrap_or(octets)).into_owned().into_boxed_str()
    };
    match (found.text.err, found.network_error) {
        (Some(error), _) => Some(lossy(error)),
        (None, Some(NetworkError::Coded { network, code })) => Some(format!("{network}:{code}").into()),
        (None, Some(NetworkError::Other(octets))) => Some(lossy(octets)),
        (None, None) => None,
    }
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
