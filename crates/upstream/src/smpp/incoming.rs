//! Requests of the carrier: receipts become reports, anything else is a message from a handset. Both are kept before they are
//! acknowledged.

use super::inbound::{self, Fields};
use super::settings::Settings;
use super::ussd::Dialogues;
use postrider_core::contract::Heard;
use postrider_core::receipt::{Report, Reported};
use postrider_declare::upstream::smpp::{IdPlace, ReceiptsDocument};
use postrider_link::carrier::Event;
use postrider_text::header;
use postrider_wire::smpp::pdu::{DataSmResp, DeliverSmResp};
use postrider_wire::smpp::receipt::{self, MessageState, NetworkError, narrow};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Command, Encode, Pdu, Session, Status, Tlvs};
use std::collections::HashSet;
use std::time::Instant;

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;
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
    /// Unknown words for states that the log names already; an empty one stands for none.
    strange: HashSet<Box<str>>,
    /// USSD dialogues.
    pub(super) dialogues: Dialogues,
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
    /// A receipt whose state is not known here: the message stays where it is. It has the carrier's word, if there is one.
    Unclear(Report, Option<Box<str>>),
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
        now: Instant,
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
        if settings.ussd && self.dialogues.take(&fields, settings, now) {
            return Some(Event::Brought { heard: None, ack: Ack { sequence, command, id: None } });
        }
        let between = [&fields.source, &fields.destination].map(digits);
        let report = match read(fields.esm_class, &fields.tlvs, fields.text, between, &settings.receipts) {
            Content::Receipt(report) => Some(report),
            Content::Unclear(report, word) => {
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

    /// Tells of a state that is not known here, once.
    fn tell_of(&mut self, word: Option<Box<str>>, settings: &Settings) {
        let word = word.unwrap_or_default();
        if self.strange.len() == STRANGE_MAX || self.strange.contains(&word) {
            return;
        }
        let upstream = &settings.name;
        if word.is_empty() {
            tracing::warn!(%upstream, "a receipt without a state came; the state of its message doesn't change");
        } else {
            tracing::warn!(
                %upstream,
                %word,
                "a receipt has an unknown state; the state of its message doesn't change. Ask the carrier for the \
                 meaning of the word, and declare it in the upstream's receipts.words"
            );
        }
        self.strange.insert(word);
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
    let text = narrow(behind_header(esm_class, text));
    let Some(found) = receipt::Report::read(esm_class, tlvs, &text) else { return Content::Message };
    let Some((reference, also)) = names(&found, tlvs, settings) else { return Content::Nameless };
    let is_unclear = is_unclear(&found);
    // A word that everybody knows, and that the carrier means nothing else by, need not be looked at.
    let word = if is_unclear || !settings.words.is_empty() { word(&found, tlvs) } else { None };
    let own = word.as_ref().and_then(|word| {
        settings
            .words
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(word))
            .map(|(_, meaning)| Reported::from(*meaning))
    });
    if is_unclear && own.is_none() {
        let error = word.as_ref().map(|word| described(word, found.text.err));
        return Content::Unclear(
            Report { reference, also, between, reported: Reported::Unclear, error },
            word,
        );
    }
    let reported = own.unwrap_or_else(|| reported(found.state, settings.accepted_is_final));
    let error = if reported == Reported::Delivered { None } else { error(&found) };
    Content::Receipt(Report { reference, also, between, reported, error })
}

/// The text behind a user data header. Some carriers put one in front of receipts, not all of them with its indicator: then
/// only what no receipt begins with is one.
fn behind_header(esm_class: u8, text: &[u8]) -> &[u8] {
    let is_marked = esm_class & UDHI != 0;
    let is_likely = || receipt::is_receipt(esm_class) && text.first().is_some_and(|length| *length < b' ');
    match header::split_valid(text) {
        Some((header, text)) if !header.is_empty() && (is_marked || is_likely()) => text,
        _ => text,
    }
}

/// Whether nothing can be concluded from a receipt: it has no state, or a word that is not known beside a parameter that says
/// no more than that the message is under way.
fn is_unclear(found: &receipt::Report<'_>) -> bool {
    let is_known = |stat| MessageState::from_stat(stat).is_some();
    match found.state {
        None => true,
        Some(state) => state.is_underway() && found.text.stat.is_some_and(|stat| !is_known(stat)),
    }
}

/// A carrier's word for a state, with its error code if there is one.
fn described(word: &str, err: Option<&[u8]>) -> Box<str> {
    match err {
        Some(err) => format!("{word}, err {}", lossy(err)).into(),
        None => word.into(),
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
    let number = || tlvs.number::<u8>(tag::MESSAGE_STATE).map(|number| number.to_string().into());
    found.text.stat.map(lossy).or_else(number)
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

/// The text's `err`, or network_error_code where the text has none, or says "no error".
fn error(found: &receipt::Report<'_>) -> Option<Box<str>> {
    let network = || found.network_error.and_then(network_error);
    let says_none = |err: &[u8]| err.iter().all(|octet| *octet == b'0');
    match found.text.err {
        Some(err) if says_none(err) => network().or_else(|| Some(lossy(err))),
        Some(err) => Some(lossy(err)),
        None => network(),
    }
}

/// The kind of network and its code, or digits as they are; of anything else its number. No error is none.
fn network_error(error: NetworkError<'_>) -> Option<Box<str>> {
    match error {
        NetworkError::Coded { code: 0, .. } => None,
        NetworkError::Coded { network, code } => Some(format!("{network}:{code}").into()),
        NetworkError::Other(octets) if octets.iter().all(|octet| matches!(octet, 0 | b'0')) => None,
        NetworkError::Other(octets) if octets.iter().all(u8::is_ascii_graphic) => Some(lossy(octets)),
        NetworkError::Other(octets) => {
            let number = |number: u64, octet: &u8| number << 8 | u64::from(*octet);
            (octets.len() <= 8).then(|| octets.iter().fold(0, number).to_string().into())
        }
    }
}

/// A carrier's word, as far as it is kept.
fn lossy(octets: &[u8]) -> Box<str> {
    String::from_utf8_lossy(octets.get(..ERROR_MAX).unwrap_or(octets)).into()
}

#[cfg(test)]
mod tests;
