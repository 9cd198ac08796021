//! Notifications (operation 53) and messages from handsets (operation 52).

use crate::sessions::pieces::Piece;
use crate::stamped::Ending;
use crate::stamped::conversation::Reading;
use bytes::BytesMut;
use postrider_core::delivery::State;
use postrider_core::inbound::{Address, Received};
use postrider_core::sender::Sender;
use postrider_text::{Encoding, coding, gsm, septets};
use postrider_wire::exchange::RequestError;
use postrider_wire::hex;
use postrider_wire::ucp::operation::Message;
use postrider_wire::ucp::{Operation, Ot, name, time, xser};

/// The type of an alphanumeric sender (field OTOA).
const NAME: &[u8] = b"5039";

/// A status of a notification (field Dst).
const fn status(state: State) -> &'static [u8] {
    match state {
        State::Delivered => b"0",
        State::Queued | State::Sent => b"1",
        _ => b"2",
    }
}

/// Writes the end of a message by `write`, as an operation with the fields of 53. `login` stands for a sender that has no
/// digits.
pub(super) fn notify(
    ot: Ot,
    ending: &Ending<'_>,
    login: &str,
    reading: Reading,
    write: impl FnOnce(&Operation<'_>) -> Result<u32, RequestError>,
) -> Result<u32, RequestError> {
    let (recipient, sender) = (ending.recipient(), ending.sender());
    let state = ending.outcome.state;
    let done = time::stamp(reading.civil(ending.outcome.done_at));
    let reason = format!("{:03}", ending.ucp_reason());
    let words = format!("Message for {recipient}, with identification {}: {}", ending.stamp, state.word());
    let mut text = BytesMut::new();
    hex::write(words.as_bytes(), &mut text);
    let fields = Message {
        adc: sender.as_deref().unwrap_or(login).as_bytes(),
        oadc: recipient.as_bytes(),
        scts: ending.stamp.as_bytes(),
        dst: status(state),
        rsn: reason.as_bytes(),
        dscts: &done,
        mt: b"3",
        msg: &text,
        ..Message::default()
    };
    write(&Operation::Message(ot, Box::new(fields)))
}

/// Writes a piece of a message from a handset by `write`.
pub(super) fn deliver(
    received: &Received,
    piece: &Piece,
    reading: Reading,
    write: impl FnOnce(&Operation<'_>) -> Result<u32, RequestError>,
) -> Result<u32, RequestError> {
    let read = coding::of_data_coding(piece.data_coding);
    let is_text = read.encoding == Encoding::Gsm7;
    let mut services = BytesMut::new();
    if !piece.header.is_empty() {
        // Headers are limited to far less than 255 octets.
        let header = [&[piece.header.len() as u8][..], &piece.header].concat();
        xser::write(xser::kind::UDH, &header, &mut services);
    }
    if !is_text || !piece.header.is_empty() {
        let dcs = coding::dcs(read.encoding, read.class).unwrap_or_default();
        xser::write(xser::kind::DCS, &[dcs], &mut services);
    }
    let mut message = BytesMut::new();
    hex::write(&piece.octets, &mut message);
    let bits = (piece.octets.len() * 8).to_string();
    let class = read.class.map(|class| [b'0' + class % 10]);
    let (from, is_name) = address(&received.inbound.from);
    let (to, _) = address(&received.inbound.to);
    let scts = time::stamp(reading.civil(received.at));
    let fields = Message {
        adc: &to,
        oadc: &from,
        scts: &scts,
        mt: if is_text { b"3" } else { b"4" },
        nb: if is_text { b"" } else { bits.as_bytes() },
        msg: &message,
        mcls: class.as_ref().map_or(&[], |digit| digit),
        otoa: if is_name { NAME } else { b"" },
        xser: &services,
        ..Message::default()
    };
    write(&Operation::Message(Ot::DELIVER, Box::new(fields)))
}

/// An address in a field, and whether it is a name.
fn address(address: &Address) -> (Vec<u8>, bool) {
    match &address.understood {
        Some(Sender::Number(number)) => (number.digits().to_string().into_bytes(), false),
        Some(Sender::Code(digits)) => (digits.as_bytes().to_vec(), false),
        Some(Sender::Name(name)) => (name_field(name), true),
        None => (address.given.bytes().filter(u8::is_ascii_digit).collect(), false),
    }
}

/// As many characters of a name as the field holds; those that the GSM alphabet lacks are left out.
fn name_field(text: &str) -> Vec<u8> {
    let mut units = Vec::new();
    for character in text.chars() {
        let before = units.len();
        let written = gsm::encode(character.encode_utf8(&mut [0; 4]), &mut units);
        if written.is_err() || units.len() > name::SEPTETS_MAX {
            units.truncate(before);
        }
    }
    let (mut packed, mut field) = (Vec::new(), BytesMut::new());
    septets::pack(&units, 0, &mut packed);
    name::write(units.len(), &packed, &mut field);
    field.to_vec()
}
