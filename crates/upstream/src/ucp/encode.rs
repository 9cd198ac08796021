//! A message's body as the fields of its parts. The operations around them are made in [`super::submit`].

use crate::body::{self, Piece};
use bytes::BytesMut;
use postrider_core::delivery::Fault;
use postrider_core::message::Message;
use postrider_declare::upstream::ucp::TextAlphabet;
use postrider_text::{Encoding, segment, ucs2};
use postrider_wire::hex;
use postrider_wire::ucp::xser;

/// A message ready to be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The message class, 0 to 3, as one digit (field MCLs).
    pub(super) class: Option<u8>,
    /// The protocol identifier for the handset (field RPID), if it is other than 0.
    pub(super) protocol: Option<u8>,
    pub(super) parts: Vec<Part>,
}

/// One part, and so one operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Whether the message type is 4, transparent data, rather than 3, alphanumeric.
    pub(super) is_transparent: bool,
    /// The message, in hexadecimal digits.
    pub(super) message: BytesMut,
    /// The extra services, in hexadecimal digits.
    pub(super) services: BytesMut,
}

/// Encodes and splits a message.
///
/// # Errors
/// When the message can't be carried in as many parts as the carrier takes.
pub(super) fn encode(message: &Message, alphabet: TextAlphabet, parts_max: u8) -> Result<Encoded, Fault> {
    let pieces = body::pieces(message, parts_max, |text| match alphabet {
        TextAlphabet::Gsm7 => true,
        TextAlphabet::German => german(text).is_some(),
    })?;
    let own_coding = body::own_coding(message);
    let parts = pieces.iter().map(|piece| part(piece, alphabet, own_coding)).collect();
    Ok(Encoded { class: body::class(message), protocol: body::protocol(message), parts })
}

fn part(piece: &Piece, alphabet: TextAlphabet, own_coding: Option<u8>) -> Part {
    let (coding, data) = coded(piece, alphabet);
    let mut services = BytesMut::new();
    if !piece.header.is_empty() {
        // Headers are limited to far less than 255 octets.
        let header = [&[piece.header.len() as u8][..], &piece.header].concat();
        xser::write(xser::kind::UDH, &header, &mut services);
    }
    let coding = own_coding.unwrap_or(coding);
    // Without header the message type alone says that it is a text of the default alphabet.
    if coding != GSM || !piece.header.is_empty() {
        xser::write(xser::kind::DCS, &[coding], &mut services);
    }
    let mut message = BytesMut::new();
    hex::write(&data, &mut message);
    Part { is_transparent: piece.encoding != Encoding::Gsm7 || coding == UCS2, message, services }
}

/// TP-DCS of the default alphabet, of octets and of UCS-2 (3GPP TS 23.038, 4).
const GSM: u8 = 0x00;
const OCTETS: u8 = 0x04;
const UCS2: u8 = 0x08;

/// The TP-DCS and the octets of a piece. Septets are octets, one each.
fn coded(piece: &Piece, alphabet: TextAlphabet) -> (u8, Vec<u8>) {
    match (piece.encoding, alphabet) {
        (Encoding::Gsm7, TextAlphabet::Gsm7) => (GSM, piece.data.clone()),
        (Encoding::Gsm7, TextAlphabet::German) => {
            let text = segment::decode(Encoding::Gsm7, &piece.header, &piece.data);
            match german(&text) {
                Some(octets) => (GSM, octets),
                None => {
                    let mut octets = Vec::new();
                    ucs2::encode(&text, &mut octets);
                    (UCS2, octets)
                }
            }
        }
        (Encoding::Ucs2, _) => (UCS2, piece.data.clone()),
        (Encoding::Latin1 | Encoding::Octets, _) => (OCTETS, piece.data.clone()),
    }
}

/// The letters of the German ISO 646 that have the places of ASCII's marks.
const GERMAN: [(char, u8); 8] = [
    ('\u{a7}', b'@'),
    ('\u{c4}', b'['),
    ('\u{d6}', b'\\'),
    ('\u{dc}', b']'),
    ('\u{e4}', b'{'),
    ('\u{f6}', b'|'),
    ('\u{fc}', b'}'),
    ('\u{df}', b'~'),
];

/// A text in the German ISO 646; `None` if it has another character.
fn german(text: &str) -> Option<Vec<u8>> {
    let octet = |character: char| match GERMAN
        .iter()
        .find(|(letter, octet)| *letter == character || char::from(*octet) == character)
    {
        Some((letter, octet)) => (*letter == character).then_some(*octet),
        None => u8::try_from(character).ok().filter(|octet| matches!(octet, b'\n' | b'\r' | b' '..=b'~')),
    };
    text.chars().map(octet).collect()
}

/// The character of an octet of the German ISO 646.
pub(super) fn german_letter(octet: u8) -> char {
    let letter = GERMAN.iter().find(|(_, of)| *of == octet).map(|(letter, _)| *letter);
    letter.unwrap_or(char::from(octet))
}

#[cfg(test)]
mod tests;
