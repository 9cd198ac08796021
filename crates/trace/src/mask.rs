//! Masks texts and numbers octet for octet, so that a masked PDU stays well formed. Everything not known to be harmless is
//! masked.

use crate::{address, framed, lines, web};
use postrider_text::Encoding;
use postrider_text::coding::of_data_coding;
use postrider_wire::smpp::header::HEADER_LEN;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Frame, Pdu, Tlvs, Ton};
use std::ops::Range;

/// The octet that replaces each masked octet.
const STAR: u8 = b'*';
/// Octets at the beginning and at the end of a number that are shown, as in the logs.
const SHOWN: (usize, usize) = (4, 2);
/// The shortest address that may be a person's number; short codes are shown.
const NUMBER_MIN: usize = 7;
/// The bit of `esm_class` for a user data header.
const HAS_HEADER: u8 = 0x40;
/// The bits of `esm_class` for the message type, and a receipt's value of them.
const KINDS: u8 = 0x3C;
const RECEIPT: u8 = 0x04;

/// Masks texts and numbers in a PDU.
pub(crate) fn mask(octets: &mut [u8]) {
    if framed::is_frame(octets) {
        return framed::mask(octets);
    }
    if web::is_message(octets) {
        return web::mask(octets);
    }
    if lines::is_line(octets) {
        return lines::mask(octets);
    }
    let pieces = Frame::whole(octets).map(|frame| pieces(&frame)).unwrap_or_default();
    let body = octets.get_mut(HEADER_LEN..).unwrap_or_default();
    for Piece { range, wide } in pieces {
        let wide = wide && range.len().is_multiple_of(2);
        for (index, octet) in body.get_mut(range).unwrap_or_default().iter_mut().enumerate() {
            *octet = if wide && index % 2 == 0 { 0 } else { STAR };
        }
    }
}

/// Octets of a body to mask.
struct Piece {
    range: Range<usize>,
    /// Whether it is a text of two octets a character.
    wide: bool,
}

/// Collects pieces of a body.
struct Pieces<'a> {
    body: &'a [u8],
    found: Vec<Piece>,
}

fn pieces(frame: &Frame<'_>) -> Vec<Piece> {
    let mut pieces = Pieces { body: frame.body, found: Vec::new() };
    let Ok(pdu) = frame.decode() else {
        pieces.all();
        return pieces.found;
    };
    address::each(&pdu, |address| pieces.number(&address));
    match &pdu {
        Pdu::SubmitSm(pdu) => pieces.text(pdu.short_message, pdu.esm_class, pdu.data_coding, &pdu.tlvs),
        Pdu::DeliverSm(pdu) => pieces.text(pdu.short_message, pdu.esm_class, pdu.data_coding, &pdu.tlvs),
        Pdu::SubmitMulti(pdu) => pieces.text(pdu.short_message, pdu.esm_class, pdu.data_coding, &pdu.tlvs),
        Pdu::DataSm(pdu) => pieces.text(&[], pdu.esm_class, pdu.data_coding, &pdu.tlvs),
        Pdu::ReplaceSm(pdu) => pieces.text(pdu.short_message, 0, 0, &pdu.tlvs),
        Pdu::BroadcastSm(pdu) => pieces.text(&[], 0, pdu.data_coding, &pdu.tlvs),
        pdu => match tlvs(pdu) {
            Some(tlvs) => pieces.text(&[], 0, 0, &tlvs),
            None => pieces.all(),
        },
    }
    pieces.found
}

/// The parameters of a PDU without a text; `None` if what it holds is not known well enough.
fn tlvs<'a>(pdu: &Pdu<'a>) -> Option<Tlvs<'a>> {
    match pdu {
        Pdu::Bind(pdu) => Some(pdu.tlvs),
        Pdu::BindResp(pdu) => Some(pdu.tlvs),
        Pdu::Outbind(pdu) => Some(pdu.tlvs),
        Pdu::QuerySm(pdu) => Some(pdu.tlvs),
        Pdu::QuerySmResp(pdu) => Some(pdu.tlvs),
        Pdu::CancelSm(pdu) => Some(pdu.tlvs),
        Pdu::AlertNotification(pdu) => Some(pdu.tlvs),
        Pdu::SubmitSmResp(pdu) => Some(pdu.tlvs),
        Pdu::DeliverSmResp(pdu) => Some(pdu.tlvs),
        Pdu::DataSmResp(pdu) => Some(pdu.tlvs),
        Pdu::SubmitMultiResp(pdu) => Some(pdu.tlvs),
        Pdu::BroadcastSmResp(pdu) => Some(pdu.tlvs),
        Pdu::QueryBroadcastSm(pdu) => Some(pdu.tlvs),
        Pdu::QueryBroadcastSmResp(pdu) => Some(pdu.tlvs),
        Pdu::CancelBroadcastSm(pdu) => Some(pdu.tlvs),
        _ => None,
    }
}

/// Whether a parameter tells nothing about a person: all of SMPP's own, except a few. A carrier's own may hold anything.
fn is_harmless(tag: u16) -> bool {
    let personal = [
        tag::SOURCE_SUBADDRESS,
        tag::DEST_SUBADDRESS,
        tag::CALLBACK_NUM,
        tag::CALLBACK_NUM_ATAG,
        tag::BROADCAST_CONTENT_TYPE_INFO,
        tag::BILLING_IDENTIFICATION,
    ];
    tag::name(tag).is_some() && !personal.contains(&tag)
}

impl Pieces<'_> {
    fn all(&mut self) {
        self.found.push(Piece { range: 0..self.body.len(), wide: false });
    }

    /// Masks a part of the body, which is where its octets are.
    fn part(&mut self, part: &[u8], wide: bool) {
        if part.is_empty() {
            return;
        }
        let start = part.as_ptr().addr().wrapping_sub(self.body.as_ptr().addr());
        match start.checked_add(part.len()).filter(|end| *end <= self.body.len()) {
            Some(end) => self.found.push(Piece { range: start..end, wide }),
            // It lies elsewhere, which it never should: better nothing is shown than the wrong octets.
            None => self.all(),
        }
    }

    fn number(&mut self, address: &Address<'_>) {
        let digits = address.digits;
        if address.ton == Ton::ALPHANUMERIC
            && !digits.iter().all(|octet| octet.is_ascii_digit() || *octet == b'+')
        {
            return;
        }
        if digits.len() >= NUMBER_MIN {
            let (first, last) = SHOWN;
            self.part(digits.get(first..digits.len() - last).unwrap_or(digits), false);
        }
    }

    fn text(&mut self, short_message: &[u8], esm_class: u8, data_coding: u8, tlvs: &Tlvs<'_>) {
        let wide = of_data_coding(data_coding).encoding == Encoding::Ucs2;
        self.part(written(short_message, esm_class), wide);
        for (tag, value) in tlvs {
            match tag {
                tag::MESSAGE_PAYLOAD => self.part(written(value, esm_class), wide),
                tag if is_harmless(tag) => {}
                _ => self.part(value, false),
            }
        }
        self.rest(tlvs);
    }

    /// Masks octets behind the parameters: in a cut PDU they may be half a text.
    fn rest(&mut self, tlvs: &Tlvs<'_>) {
        let block = tlvs.as_bytes();
        let start = block.as_ptr().addr().checked_sub(self.body.as_ptr().addr());
        let end = start.map(|start| start + block.len()).filter(|end| *end <= self.body.len());
        // A response whose parameters make no sense has none, which lie nowhere; its identifier is its first string.
        let end = end.or_else(|| self.body.iter().position(|octet| *octet == 0)).unwrap_or(0);
        self.found.push(Piece { range: end..self.body.len(), wide: false });
    }
}

/// A message's content: a text without its header; in a receipt (SMPP 3.4 appendix B) the part behind `text:`.
fn written(text: &[u8], esm_class: u8) -> &[u8] {
    if esm_class & KINDS == RECEIPT && text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"id:")) {
        let quoted = text.windows(5).position(|word| word.eq_ignore_ascii_case(b"text:"));
        return quoted.and_then(|at| text.get(at + 5..)).unwrap_or_default();
    }
    if esm_class & HAS_HEADER != 0 {
        return postrider_text::header::split_off(text).map(|(_, text)| text).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{DeliverSm, QueryMsgDetails, SubmitSm, SubmitSmResp};
    use postrider_wire::smpp::{Encode, Status, TlvBuilder};

    fn masked(pdu: &impl Encode) -> Vec<u8> {
        let mut octets = BytesMut::new();
        pdu.encode(Status::ROK, 1, &mut octets).unwrap();
        let mut octets = octets.to_vec();
        mask(&mut octets);
        octets
    }

    fn submit<'a>(text: &'a [u8]) -> SubmitSm<'a> {
        SubmitSm {
            source: Address::alphanumeric(b"Postrider"),
            destination: Address::international(b"491700000001"),
            short_message: text,
            ..SubmitSm::default()
        }
    }

    fn read(octets: &[u8]) -> SubmitSm<'_> {
        match Frame::whole(octets).unwrap().decode() {
            Ok(Pdu::SubmitSm(pdu)) => pdu,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_and_numbers_are_masked_and_all_else_stays() {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, 7);
        assert!(tlvs.push(0x1401, b"4917") && tlvs.push(tag::CALLBACK_NUM, b"\x01\x00\x00491"));
        let octets = masked(&SubmitSm { tlvs: tlvs.tlvs(), data_coding: 3, ..submit(b"My secret") });
        let pdu = read(&octets);
        assert_eq!((pdu.source.digits, pdu.destination.digits), (&b"Postrider"[..], &b"4917******01"[..]));
        assert_eq!((pdu.short_message, pdu.data_coding), (&b"*********"[..], 3));
        assert_eq!(pdu.tlvs.number::<u16>(tag::USER_MESSAGE_REFERENCE), Some(7));
        assert_eq!(
            (pdu.tlvs.get(0x1401), pdu.tlvs.get(tag::CALLBACK_NUM)),
            (Some(&b"****"[..]), Some(&b"******"[..]))
        );
    }

    #[test]
    fn a_masked_text_is_one_in_its_own_alphabet_and_keeps_its_header() {
        let octets = masked(&SubmitSm { data_coding: 8, ..submit(&[0x04, 0x1F, 0x04, 0x40]) });
        assert_eq!(postrider_text::ucs2::decode(read(&octets).short_message), "**");
        let octets = masked(&SubmitSm { esm_class: HAS_HEADER, ..submit(b"\x05\0\x03\x07\x02\x01part") });
        assert_eq!(read(&octets).short_message, b"\x05\0\x03\x07\x02\x01****");
        let mut tlvs = TlvBuilder::new();
        assert!(tlvs.push(tag::MESSAGE_PAYLOAD, b"long"));
        let octets = masked(&SubmitSm { tlvs: tlvs.tlvs(), ..submit(b"") });
        assert_eq!(read(&octets).tlvs.get(tag::MESSAGE_PAYLOAD), Some(&b"****"[..]));
    }

    #[test]
    fn a_number_passes_for_a_name_no_more_than_for_a_code() {
        for (address, shown) in [
            (Address::alphanumeric(b"491700000001"), &b"4917******01"[..]),
            (Address::alphanumeric(b"+491700000001"), b"+491*******01"),
            (Address::international(b"88444"), b"88444"),
            (Address::alphanumeric(b"Shop 24 7"), b"Shop 24 7"),
        ] {
            let octets = masked(&SubmitSm { source: address, ..submit(b"") });
            assert_eq!(read(&octets).source.digits, shown);
        }
    }

    #[test]
    fn a_receipt_is_shown_but_for_the_text_that_it_quotes() {
        let receipt = b"id:4711 sub:001 dlvrd:001 stat:DELIVRD err:000 Text:My secret";
        let pdu = DeliverSm { esm_class: RECEIPT, short_message: receipt, ..DeliverSm::default() };
        let octets = masked(&pdu);
        let Ok(Pdu::DeliverSm(read)) = Frame::whole(&octets).unwrap().decode() else {
            panic!("no deliver_sm")
        };
        assert_eq!(read.short_message, b"id:4711 sub:001 dlvrd:001 stat:DELIVRD err:000 Text:*********");
        let octets = masked(&DeliverSm { esm_class: 0, ..pdu });
        assert!(!octets.windows(4).any(|word| word == b"4711"));
    }

    #[test]
    fn what_is_not_known_is_masked_whole() {
        let details = QueryMsgDetails { message_id: b"4711", ..QueryMsgDetails::default() };
        assert!(masked(&details)[HEADER_LEN..].iter().all(|octet| *octet == STAR));
        let mut cut = BytesMut::new();
        submit(b"My secret").encode(Status::ROK, 1, &mut cut).unwrap();
        let mut cut = cut[..40].to_vec();
        mask(&mut cut);
        assert!(cut[HEADER_LEN..].iter().all(|octet| *octet == STAR));
        let mut tlvs = TlvBuilder::new();
        assert!(tlvs.push(tag::MESSAGE_PAYLOAD, &[b'x'; 200]));
        let mut halved = BytesMut::new();
        SubmitSm { tlvs: tlvs.tlvs(), ..submit(b"") }.encode(Status::ROK, 1, &mut halved).unwrap();
        let mut halved = halved[..150].to_vec();
        mask(&mut halved);
        assert!(!halved.contains(&b'x') && read(&halved).destination.digits == b"4917******01");
        let mut odd = BytesMut::new();
        SubmitSmResp { message_id: b"4711", ..SubmitSmResp::default() }
            .encode(Status::ROK, 1, &mut odd)
            .unwrap();
        odd.extend_from_slice(b"My secret");
        let mut odd = odd.to_vec();
        mask(&mut odd);
        assert!(odd[HEADER_LEN..].starts_with(b"4711*") && !odd.windows(2).any(|word| word == b"My"));
        let id = masked(&SubmitSmResp { message_id: b"4711", ..SubmitSmResp::default() });
        assert!(id.ends_with(b"4711\0"));
    }
}
