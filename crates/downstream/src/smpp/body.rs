//! The octets of a message as clients send them, read as a body: text where it is text, octets with their
//! header where they have one.

use postrider_core::message::Body;
use postrider_text::coding::{Coding, of_data_coding};
use postrider_text::header::{self, Concat, Element, Ports, Reference};
use postrider_text::{Alphabet, Encoding, gsm, latin1, segment, septets, ucs2};
use postrider_wire::smpp::Tlvs;
use postrider_wire::smpp::tlv::tag;

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;

/// What carries the text of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    pub(super) octets: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
}

/// Reads a body, and whether the handset is to show it at once.
pub(super) fn read(raw: &Raw<'_>, alphabet: Alphabet) -> (Body, bool) {
    let coding = of_data_coding(raw.data_coding);
    let subunit: Option<u8> = raw.tlvs.number(tag::DEST_ADDR_SUBUNIT);
    let flash = coding.is_flash() || subunit == Some(1);
    let body = match split_header(raw) {
        Some((header, octets)) => with_header(coding, header, octets, alphabet),
        None => match parameters(raw, coding, alphabet) {
            Some(header) => data(coding, &header, raw.octets, alphabet),
            None if encoding(coding) == Encoding::Octets => data(coding, &[], raw.octets, alphabet),
            None => Body::Text(text(coding, raw.octets, alphabet).into()),
        },
    };
    (body, flash)
}

/// A text without a header, as a replacement is.
pub(super) fn text(coding: Coding, octets: &[u8], alphabet: Alphabet) -> String {
    match encoding(coding) {
        Encoding::Gsm7 => alphabet.decode(octets),
        Encoding::Latin1 | Encoding::Octets => latin1::decode(octets),
        Encoding::Ucs2 => ucs2::guess(octets),
    }
}

/// Texts that nobody here can decompress are octets.
fn encoding(coding: Coding) -> Encoding {
    if coding.compressed { Encoding::Octets } else { coding.encoding }
}

/// The user data header and what follows it, if the message says that it has one and has room for it.
fn split_header<'a>(raw: &Raw<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let length = usize::from(*raw.octets.first()?);
    (raw.esm_class & UDHI != 0 && length < raw.octets.len()).then(|| header::split_off(raw.octets))?
}

/// A message with a user data header; an empty one is none.
fn with_header(coding: Coding, header: &[u8], octets: &[u8], alphabet: Alphabet) -> Body {
    if header.is_empty() && encoding(coding) != Encoding::Octets {
        return Body::Text(text(coding, octets, alphabet).into());
    }
    data(coding, header, octets, alphabet)
}

fn data(coding: Coding, header: &[u8], octets: &[u8], alphabet: Alphabet) -> Body {
    let encoding = encoding(coding);
    let data = match (encoding, alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => {
            let behind = if header.is_empty() { 0 } else { header.len() + 1 };
            septets::unpack_all(octets, septets::fill_bits(behind))
        }
        (Encoding::Gsm7, Alphabet::Latin1 | Alphabet::Ascii | Alphabet::Utf8 | Alphabet::Ucs2) => {
            return recode(header, octets, alphabet);
        }
        _ => octets.to_vec(),
    };
    Body::Data { encoding, header: header.into(), data: data.into() }
}

/// Part of a text in another default alphabet: as septets if they can be had, as UCS-2 otherwise.
fn recode(header: &[u8], octets: &[u8], alphabet: Alphabet) -> Body {
    let text = alphabet.decode(octets);
    let mut data = Vec::new();
    let encoding = if gsm::encode(&text, &mut data).is_ok() {
        Encoding::Gsm7
    } else {
        ucs2::encode(&text, &mut data);
        Encoding::Ucs2
    };
    Body::Data { encoding, header: header.into(), data: data.into() }
}

/// The header that optional parameters stand for: `sar_*` and ports.
fn parameters(raw: &Raw<'_>, coding: Coding, alphabet: Alphabet) -> Option<Vec<u8>> {
    let ports = raw.tlvs.number(tag::DESTINATION_PORT).map(|destination| {
        let source = raw.tlvs.number(tag::SOURCE_PORT).unwrap_or(0);
        Element::Ports16(Ports { destination, source })
    });
    let units = match (encoding(coding), alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => raw.octets.len() * 8 / 7,
        (Encoding::Gsm7, Alphabet::Ucs2) => raw.octets.len() / 2,
        _ => raw.octets.len(),
    };
    let build = |wide| {
        let concat = sar(&raw.tlvs, wide);
        let elements: Vec<_> = ports.into_iter().chain(concat.map(Element::Concat)).collect();
        header::build(&elements).ok().filter(|header| !header.is_empty())
    };
    // A part cut for an 8-bit reference may have no room for a wider one.
    let fits =
        |header: &Vec<u8>| segment::room(encoding(coding), header.len()) * unit(encoding(coding)) >= units;
    build(true).filter(fits).or_else(|| build(false))
}

/// Octets that a unit of an encoding takes in a PDU.
const fn unit(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Ucs2 => 2,
        Encoding::Gsm7 | Encoding::Latin1 | Encoding::Octets => 1,
    }
}

/// The concatenation that `sar_*` parameters tell of (SMPP 3.4, 5.3.2.22 to 5.3.2.24); of a single part none.
fn sar(tlvs: &Tlvs<'_>, wide: bool) -> Option<Concat> {
    let reference: u16 = tlvs.number(tag::SAR_MSG_REF_NUM)?;
    let total: u8 = tlvs.number(tag::SAR_TOTAL_SEGMENTS)?;
    let number: u8 = tlvs.number(tag::SAR_SEGMENT_SEQNUM)?;
    let [high, low] = reference.to_be_bytes();
    let reference = if wide && high != 0 { Reference::Sixteen(reference) } else { Reference::Eight(low) };
    (total > 1 && (1..=total).contains(&number)).then_some(Concat { reference, total, number })
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
