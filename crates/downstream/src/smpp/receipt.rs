//! Receipts for clients, to the letter of SMPP 3.4, appendix B.

use super::client_reference;
use crate::sessions::pieces::Alphabets;
use postrider_core::cause::Cause;
use postrider_core::delivery::{Outcome, State};
use postrider_core::message::{KnownAs, Message};
use postrider_core::sender::Sender;
use postrider_text::{Alphabet, NameAlphabet};
use postrider_wire::smpp::pdu::{DataSm, DeliverSm};
use postrider_wire::smpp::receipt::{MessageState, OwnReceipt};
use postrider_wire::smpp::time::Civil;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Npi, RequestError, Session, TlvBuilder, Ton};
use std::time::Instant;

/// The message type of receipts in esm_class (SMPP 3.4, 5.2.12).
const RECEIPT: u8 = 0x04;
/// The error of a message that failed for no known reason.
const NO_NUMBER: &str = "999";

/// The longest address (SMPP 3.4, 5.2.8), in octets.
pub(super) const ADDRESS_MAX: usize = 20;

/// How a receipt is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As a deliver_sm without parameters, for clients of 3.3.
    Bare,
    /// As a deliver_sm with parameters.
    Full,
    /// As a data_sm.
    Data,
}

/// Writes the end of a message, under the identifier that its client has for it if that is another. Dates are UTC.
pub(super) fn write(
    session: &mut Session<u32>,
    token: u32,
    (message, outcome): (&Message, &Outcome),
    known_as: Option<&KnownAs>,
    form: Form,
    alphabets: Alphabets,
    now: Instant,
) -> Result<u32, RequestError> {
    let own = (message.id, message.reference.as_deref());
    let (id, reference) = known_as.map_or(own, |known| (known.id, known.reference.as_deref()));
    let submitted = id.time();
    let id = id.to_string();
    let state = state(outcome.state);
    let delivered = state == MessageState::Delivered;
    let error = if delivered { String::from("000") } else { error(outcome.error.as_ref()) };
    let text = OwnReceipt {
        id: &id,
        sub: 1,
        dlvrd: delivered.into(),
        submitted: Civil::from_unix_ms(submitted.0),
        done: Civil::from_unix_ms(outcome.done_at.0),
        state,
        err: &error,
        // The client has its text; sending it around once more only shows it to more eyes.
        text: &[],
    }
    .to_text();
    let text = in_alphabet(text, alphabets.text);
    let mut tlvs = TlvBuilder::new();
    if form != Form::Bare {
        write_parameters(&mut tlvs, &id, state, reference);
        if let Some((network, code)) = network_error(outcome.error.as_ref()).filter(|_| !delivered) {
            let [high, low] = code.to_be_bytes();
            let pushed = tlvs.push(tag::NETWORK_ERROR_CODE, &[network, high, low]);
            debug_assert!(pushed, "three octets fit");
        }
    }
    let to = message.to.digits().to_string();
    let from = message.from.as_ref().map(|from| address(from, alphabets.name));
    let (ton, npi, digits) = from
        .as_ref()
        .map_or((Ton::UNKNOWN, Npi::UNKNOWN, &[][..]), |(ton, npi, digits)| (*ton, *npi, digits));
    let source = if message.to.is_short_code() {
        Address::new(Ton::UNKNOWN, Npi::UNKNOWN, to.as_bytes())
    } else {
        Address::international(to.as_bytes())
    };
    let destination = Address::new(ton, npi, digits);
    if form == Form::Data {
        let pushed = tlvs.push(tag::MESSAGE_PAYLOAD, &text);
        debug_assert!(pushed, "a receipt is short");
        let tlvs = tlvs.tlvs();
        let pdu = DataSm { source, destination, esm_class: RECEIPT, tlvs, ..DataSm::default() };
        return session.request(&pdu, token, now);
    }
    let tlvs = tlvs.tlvs();
    let pdu = DeliverSm {
        source,
        destination,
        esm_class: RECEIPT,
        short_message: &text,
        tlvs,
        ..DeliverSm::default()
    };
    session.request(&pdu, token, now)
}

fn write_parameters(tlvs: &mut TlvBuilder, id: &str, state: MessageState, reference: Option<&str>) {
    let pushed = tlvs.push_string(tag::RECEIPTED_MESSAGE_ID, id.as_bytes());
    debug_assert!(pushed, "an identifier is short");
    tlvs.push_u8(tag::MESSAGE_STATE, state.octet());
    if let Some(octets) = reference.and_then(client_reference::octets) {
        let pushed = tlvs.push(tag::USER_MESSAGE_REFERENCE, &octets);
        debug_assert!(pushed, "a reference is short");
    }
}

/// A receipt's text, which is ASCII, as the client reads it.
fn in_alphabet(text: Vec<u8>, alphabet: Alphabet) -> Vec<u8> {
    let mut written = Vec::with_capacity(text.len());
    match std::str::from_utf8(&text).map(|text| alphabet.encode(text, &mut written)) {
        Ok(Ok(())) => written,
        _ => text,
    }
}

/// The sender as the client would have written it. Names lose what their alphabet or an address can't carry.
pub(super) fn address(sender: &Sender, alphabet: NameAlphabet) -> (Ton, Npi, Vec<u8>) {
    match sender {
        Sender::Number(number) => (Ton::INTERNATIONAL, Npi::ISDN, number.digits().to_string().into_bytes()),
        Sender::Code(digits) => (Ton::UNKNOWN, Npi::UNKNOWN, digits.as_bytes().to_vec()),
        Sender::Name(name) => (Ton::ALPHANUMERIC, Npi::UNKNOWN, shortened(name, alphabet)),
    }
}

/// As many whole characters of a name as an address has room for.
fn shortened(name: &str, alphabet: NameAlphabet) -> Vec<u8> {
    let mut octets = Vec::with_capacity(ADDRESS_MAX);
    alphabet.encode(name, &mut octets);
    if octets.len() <= ADDRESS_MAX {
        return octets;
    }
    octets.clear();
    for character in name.chars() {
        let before = octets.len();
        alphabet.encode(character.encode_utf8(&mut [0; 4]), &mut octets);
        if octets.len() > ADDRESS_MAX {
            octets.truncate(before);
            break;
        }
    }
    octets
}

/// The state in SMPP's words; what is not final is on its way.
pub(super) const fn state(state: State) -> MessageState {
    match state {
        State::Queued | State::Sent => MessageState::Enroute,
        State::Delivered => MessageState::Delivered,
        State::Undelivered | State::Failed => MessageState::Undeliverable,
        State::Expired => MessageState::Expired,
        State::Rejected => MessageState::Rejected,
        State::Unknown => MessageState::Unknown,
        State::Canceled => MessageState::Deleted,
    }
}

/// A network's error, as a cause holds it: the kind of network, a colon and its code.
fn network_error(cause: Option<&Cause>) -> Option<(u8, u16)> {
    let (network, code) = cause?.carrier_code()?.split_once(':')?;
    Some((network.parse().ok()?, code.parse().ok()?))
}

/// A cause in the three or four characters that clients expect: the carrier's code if it is as short, the number of its
/// status, the code of a network's error, and otherwise the number of the gateway's code.
pub(super) fn error(cause: Option<&Cause>) -> String {
    if let Some((_, code)) = network_error(cause) {
        return format!("{code:03}");
    }
    let Some(cause) = cause else { return String::from(NO_NUMBER) };
    let carrier = cause.carrier_code().and_then(|code| code.split_ascii_whitespace().next());
    carrier.and_then(short).unwrap_or_else(|| cause.code.number().to_string())
}

/// A carrier's code in three or four characters, if it is that short.
fn short(word: &str) -> Option<String> {
    let status = word.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match status {
        Some(status) => (status < 10_000).then(|| format!("{status:03}")),
        None => (word.len() <= 4 && word.bytes().all(|b| b.is_ascii_alphanumeric()))
            .then(|| format!("{word:0>3}")),
    }
}

#[cfg(test)]
mod tests;
