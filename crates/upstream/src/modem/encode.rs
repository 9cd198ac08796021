//! A message as the SMS-SUBMIT of its parts (3GPP TS 23.040, 9.2.2.2).

use super::settings::Settings;
use crate::body::{self, Piece};
use postrider_core::delivery::Fault;
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_text::{Encoding, coding, septets};
use postrider_wire::modem::tpdu::{Address, Kind, Submit, Validity};

/// A message ready to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    protocol: u8,
    pub(super) parts: Vec<Part>,
}

/// The user data of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    coding: u8,
    has_header: bool,
    length: u8,
    data: Box<[u8]>,
}

/// Encodes and splits a message.
///
/// # Errors
/// When the message can't be carried in as many parts as are allowed.
pub(super) fn encode(message: &Message, parts_max: u8) -> Result<Encoded, Fault> {
    let pieces = body::pieces(message, parts_max, |_| true)?;
    let (class, own_coding) = (body::class(message), body::own_coding(message));
    let parts = pieces.iter().map(|piece| part(piece, class, own_coding)).collect();
    Ok(Encoded { protocol: body::protocol(message).unwrap_or_default(), parts })
}

fn part(piece: &Piece, class: Option<u8>, own_coding: Option<u8>) -> Part {
    // Headers are limited to far less than 255 octets.
    let head = match piece.header.len() {
        0 => Vec::new(),
        length => [&[length as u8][..], &piece.header].concat(),
    };
    let coding = own_coding.or_else(|| coding::dcs(piece.encoding, class)).unwrap_or_default();
    let has_header = !head.is_empty();
    let (length, data) = match piece.encoding {
        Encoding::Gsm7 => packed(head, &piece.data),
        Encoding::Ucs2 | Encoding::Latin1 | Encoding::Octets => {
            let data = [&head, &piece.data[..]].concat();
            (data.len(), data)
        }
    };
    Part { coding, has_header, length: u8::try_from(length).unwrap_or(u8::MAX), data: data.into() }
}

/// The length in septets, header and fill bits included, and the packed octets.
fn packed(mut head: Vec<u8>, units: &[u8]) -> (usize, Vec<u8>) {
    let fill = if head.is_empty() { 0 } else { septets::fill_bits(head.len()) };
    let length = (head.len() * 8).div_ceil(7) + units.len();
    septets::pack(units, fill, &mut head);
    (length, head)
}

/// The part as it is written; `clock` is the world's time.
pub(super) fn submit(
    message: &Message,
    encoded: &Encoded,
    part: &Part,
    settings: &Settings,
    clock: Time,
) -> Submit {
    let kind = if message.to.is_short_code() { Kind::UNKNOWN } else { Kind::INTERNATIONAL };
    let left = message.expires.since(clock).min(settings.validity_max.get());
    Submit {
        rejects_duplicates: false,
        wants_report: settings.status_reports,
        has_header: part.has_header,
        reply_path: false,
        reference: 0,
        to: Address::number(kind, &message.to.digits().to_string()),
        protocol: encoded.protocol,
        coding: part.coding,
        validity: Validity::lasting(left),
        length: part.length,
        data: part.data.clone(),
    }
}

#[cfg(test)]
mod tests;
