//! Messages from handsets as PDUs for clients.

use super::receipt::{self, ADDRESS_MAX};
use crate::sessions::pieces::{Alphabets, Piece, Taking};
use postrider_core::inbound::{Address as Given, Received};
use postrider_text::header;
use postrider_wire::smpp::pdu::DeliverSm;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Npi, RequestError, Session, TlvBuilder, Ton};
use std::time::Instant;

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;
/// The most octets of a short_message (SMPP 3.4, 5.2.22).
const SHORT_MESSAGE_MAX: usize = 254;

/// Writes one PDU of a message.
pub(super) fn write(
    session: &mut Session<u32>,
    token: u32,
    received: &Received,
    piece: &Piece,
    taking: Taking,
    now: Instant,
) -> Result<u32, RequestError> {
    let inbound = &received.inbound;
    let (from, to) = (address(&inbound.from, taking.alphabets), address(&inbound.to, taking.alphabets));
    let octets = match &*piece.header {
        [] => piece.octets.clone(),
        header => header::prefixed(header, &piece.octets).unwrap_or_else(|_| piece.octets.clone()),
    };
    let mut tlvs = TlvBuilder::new();
    let is_long = octets.len() > SHORT_MESSAGE_MAX;
    if taking.has_parameters {
        write_parameters(&mut tlvs, received, piece);
    }
    // A client without parameters is sent short pieces of texts; octets can't be cut.
    if is_long && !tlvs.push(tag::MESSAGE_PAYLOAD, &octets) {
        tracing::error!(message = %received.id, "a message from a handset is too long to be told");
    }
    let pdu = DeliverSm {
        source: borrowed(&from),
        destination: borrowed(&to),
        esm_class: if piece.header.is_empty() { 0 } else { UDHI },
        data_coding: piece.data_coding,
        short_message: if is_long { &[] } else { &octets },
        tlvs: tlvs.tlvs(),
        ..DeliverSm::default()
    };
    session.request(&pdu, token, now)
}

fn write_parameters(tlvs: &mut TlvBuilder, received: &Received, piece: &Piece) {
    if let Some((reference, total, number)) = piece.sar {
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, reference);
        tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
    }
    if let Some(reference) = received.inbound.reference.as_deref().and_then(|it| it.parse().ok()) {
        tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, reference);
    }
    for parameter in &received.inbound.parameters {
        let pushed = tlvs.push(parameter.tag, &parameter.value);
        debug_assert!(pushed, "values are limited to far less");
    }
}

/// An address as the client would have written it; one that is not understood as the network wrote it.
fn address(given: &Given, alphabets: Alphabets) -> (Ton, Npi, Vec<u8>) {
    match &given.understood {
        Some(sender) => receipt::address(sender, alphabets.name),
        None => {
            let octets = given.given.as_bytes();
            let octets = octets.get(..ADDRESS_MAX).unwrap_or(octets);
            (Ton::UNKNOWN, Npi::UNKNOWN, octets.to_vec())
        }
    }
}

fn borrowed((ton, npi, digits): &(Ton, Npi, Vec<u8>)) -> Address<'_> {
    Address::new(*ton, *npi, digits)
}

#[cfg(test)]
mod tests;
