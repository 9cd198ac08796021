//! Texts as the submit_sm that they are sent in, in all the ways that clients have.

use super::settings::{Carrying, Settings, Units};
use postrider_text::segment::{self, ReferenceWidth};
use postrider_text::{Encoding, coding, header};
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::tlv::tag;

/// The longest short_message, in octets.
const MAX_SHORT_MESSAGE: usize = 254;

/// Features in esm_class: the text begins with a user data header (SMPP 3.4 section 5.2.12).
const UDHI: u8 = 0x40;

/// The piece of a text that one submit_sm carries.
#[derive(Debug)]
pub(super) struct Piece {
    /// Which text, from 0.
    pub(super) text: usize,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    pub(super) short_message: Vec<u8>,
    pub(super) tlvs: TlvBuilder,
}

/// Everything that a client sends, in order.
pub(super) fn pieces(settings: &Settings) -> Vec<Piece> {
    let texts = settings.texts.iter().enumerate();
    texts
        .flat_map(|(index, text)| {
            let mut pieces = cut(index, text, settings);
            if settings.backwards {
                pieces.reverse();
            }
            pieces
        })
        .collect()
}

fn cut(index: usize, text: &str, settings: &Settings) -> Vec<Piece> {
    let carrying = settings.carrying;
    let wide = carrying == Carrying::WideHeader;
    let reference = if wide { ReferenceWidth::Sixteen } else { ReferenceWidth::Eight };
    let number = u16::try_from(index).unwrap_or(0) + 1;
    let mut segments =
        segment::split(text, number, &segment::Options { reference, ..segment::Options::default() });
    for part in &mut segments.parts {
        spell(&mut part.data, segments.encoding, settings);
    }
    let data_coding = coding::data_coding(segments.encoding, None);
    let total = segments.parts.len();
    if matches!(carrying, Carrying::Payload | Carrying::Both) {
        let octets = segments.parts.into_iter().flat_map(|part| part.data).collect();
        return vec![whole(index, data_coding, octets, carrying)];
    }
    let parts = segments.parts.into_iter().enumerate();
    parts
        .map(|(place, part)| {
            let concat = Concat { number, total, place };
            piece(index, data_coding, &part, (total > 1).then_some(concat), carrying)
        })
        .collect()
}

/// Writes a part of a text as the client does.
fn spell(data: &mut Vec<u8>, encoding: Encoding, settings: &Settings) {
    match (encoding, settings.alphabet, settings.units) {
        (Encoding::Gsm7, Some(alphabet), _) => {
            let text = segment::decode(encoding, &[], data);
            let mut spelled = Vec::new();
            if alphabet.encode(&text, &mut spelled).is_ok() {
                *data = spelled;
            }
        }
        (Encoding::Ucs2, _, Units::Little) => data.chunks_exact_mut(2).for_each(<[u8]>::reverse),
        (Encoding::Ucs2, _, Units::Marked) => drop(data.splice(..0, [0xFE, 0xFF])),
        (Encoding::Ucs2, _, Units::Odd) => data.push(0),
        _ => {}
    }
}

/// Which part of a text it is.
#[derive(Clone, Copy)]
struct Concat {
    number: u16,
    total: usize,
    place: usize,
}

fn whole(text: usize, data_coding: u8, octets: Vec<u8>, carrying: Carrying) -> Piece {
    let mut tlvs = TlvBuilder::new();
    let fits = tlvs.push(tag::MESSAGE_PAYLOAD, &octets);
    debug_assert!(fits, "a text is shorter than a parameter may be");
    let twice = carrying == Carrying::Both && octets.len() <= MAX_SHORT_MESSAGE;
    let short_message = if twice { octets } else { Vec::new() };
    Piece { text, esm_class: 0, data_coding, short_message, tlvs }
}

fn piece(
    text: usize,
    data_coding: u8,
    part: &segment::Part,
    concat: Option<Concat>,
    carrying: Carrying,
) -> Piece {
    let mut piece =
        Piece { text, esm_class: 0, data_coding, short_message: part.data.clone(), tlvs: TlvBuilder::new() };
    let Some(concat) = concat else { return piece };
    if matches!(carrying, Carrying::Sar | Carrying::SarFromZero | Carrying::HeaderAndSar) {
        piece.add_sar(concat, carrying == Carrying::SarFromZero);
    }
    if !matches!(carrying, Carrying::Sar | Carrying::SarFromZero) {
        // The header was built by the same crate, so it isn't too long.
        piece.short_message = header::prefixed(&part.header, &part.data).unwrap_or_default();
        piece.esm_class = if carrying == Carrying::SecretHeader { 0 } else { UDHI };
    }
    if carrying == Carrying::HeaderInPayload {
        let octets = std::mem::take(&mut piece.short_message);
        let fits = piece.tlvs.push(tag::MESSAGE_PAYLOAD, &octets);
        debug_assert!(fits, "a part is shorter than a parameter may be");
    }
    piece
}

impl Piece {
    fn add_sar(&mut self, concat: Concat, from_zero: bool) {
        let octet = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        if from_zero {
            self.tlvs.push_u8(tag::SAR_MSG_REF_NUM, octet(concat.number.into()));
        } else {
            self.tlvs.push_u16(tag::SAR_MSG_REF_NUM, concat.number);
        }
        self.tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, octet(concat.total));
        let first = if from_zero { 0 } else { 1 };
        self.tlvs.push_u8(tag::SAR_SEGMENT_SEQNUM, octet(concat.place + first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(carrying: Carrying) -> Vec<Piece> {
        pieces(&Settings { carrying, ..Settings::default() })
    }

    #[test]
    fn a_long_text_is_cut_as_asked() {
        assert_eq!(of(Carrying::Header).iter().map(|piece| piece.text).collect::<Vec<_>>(), [0, 1, 1, 2]);
        assert_eq!(of(Carrying::Payload).len(), 3);
        let part = |carrying| of(carrying).remove(2);
        assert!(part(Carrying::Header).short_message.starts_with(&[5, 0, 3, 2, 2, 2]));
        assert!(part(Carrying::WideHeader).short_message.starts_with(&[6, 8, 4, 0, 2, 2, 2]));
        assert_eq!(part(Carrying::SecretHeader).esm_class, 0);
        let sar = part(Carrying::SarFromZero);
        assert_eq!(sar.tlvs.tlvs().as_bytes(), b"\x02\x0c\0\x01\x02\x02\x0e\0\x01\x02\x02\x0f\0\x01\x01");
    }
}
