//! The octets of a message as clients send them, read as a body: text where it is text, octets with their
//! header where they have one. A part of a text says which one it is.

use postrider_core::client_part::{Cut, CutReference};
use postrider_core::message::{Body, Parameter};
use postrider_declare::field;
use postrider_text::coding::{Coding, is_plain, of_data_coding};
use postrider_text::header::{self, Concat, Element, Ports, Reference};
use postrider_text::{Alphabet, Encoding, gsm, latin1, segment, septets, ucs2};
use postrider_wire::smpp::Tlvs;
use postrider_wire::smpp::tlv::tag;

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;

/// The fields that carry the text of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    pub(crate) octets: &'a [u8],
    pub(crate) tlvs: Tlvs<'a>,
}

/// A client's habits of writing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// Its alphabet of `data_coding` 0.
    pub(crate) alphabet: Alphabet,
    /// Whether a zero at the end of its texts is none of their characters.
    pub(crate) drops_nul: bool,
    /// Whether its `sar_segment_seqnum` counts from 0.
    pub(crate) from_zero: bool,
}

/// The content of a message.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) body: Body,
    /// Where it is a part of a text that the client cut itself: which one.
    pub(crate) cut: Option<Cut>,
    /// Whether the handset is to show it at once.
    pub(crate) flash: bool,
}

/// Reads the content of a message.
pub(crate) fn read(raw: &Raw<'_>, habits: Habits) -> Content {
    let coding = of_data_coding(raw.data_coding);
    let alphabet = habits.alphabet;
    let subunit: Option<u8> = raw.tlvs.number(tag::DEST_ADDR_SUBUNIT);
    if !is_plain(raw.data_coding) {
        let body = as_it_came(raw, coding, habits);
        return Content { cut: cut_of(raw, &body), body, flash: false };
    }
    let flash = coding.is_flash() || subunit == Some(1);
    let (body, cut) = match split_header(raw, coding) {
        Some((header, octets)) => with_header(coding, header, octets, habits),
        None => match parameters(raw, coding, habits) {
            Some(header) => {
                let (body, cut) = with_header(coding, &header, raw.octets, habits);
                let reference = raw.tlvs.number(tag::SAR_MSG_REF_NUM).map(CutReference::Parameter);
                (body, cut.map(|cut| Cut { reference: reference.unwrap_or(cut.reference), ..cut }))
            }
            None if encoding(coding) == Encoding::Octets => (data(coding, &[], raw.octets, alphabet), None),
            None => {
                let octets = habits.without_nul(coding, &[], raw.octets);
                (Body::Text(text(coding, octets, alphabet).into()), None)
            }
        },
    };
    Content { body, cut, flash }
}

/// The octets of a `data_coding` that goes on as it is: nothing of them is read, but packed septets are unpacked.
fn as_it_came(raw: &Raw<'_>, coding: Coding, habits: Habits) -> Body {
    let encoding = encoding(coding);
    let given = split_header(raw, coding).filter(|(header, _)| !header.is_empty());
    let built = if given.is_none() { parameters(raw, coding, habits) } else { None };
    let (header, octets) = given.unwrap_or((built.as_deref().unwrap_or_default(), raw.octets));
    let data = if (encoding, habits.alphabet) == (Encoding::Gsm7, Alphabet::Gsm7Packed) {
        let behind = if header.is_empty() { 0 } else { header.len() + 1 };
        septets::unpack_all(octets, septets::fill_bits(behind))
    } else {
        octets.to_vec()
    };
    Body::Data { encoding, header: header.into(), data: data.into() }
}

/// Which part of several it is that go on as they are.
fn cut_of(raw: &Raw<'_>, body: &Body) -> Option<Cut> {
    let Body::Data { header, .. } = body else { return None };
    let Concat { reference, total, number } = header::concat(header).filter(|concat| concat.total > 1)?;
    let by_parameter = || raw.tlvs.number(tag::SAR_MSG_REF_NUM).map(CutReference::Parameter);
    let reference = if split_header(raw, of_data_coding(raw.data_coding)).is_some() {
        reference.into()
    } else {
        by_parameter().unwrap_or(reference.into())
    };
    Some(Cut { reference, total, number, alphabet: None })
}

/// A text without a header, as a replacement is.
pub(crate) fn text(coding: Coding, octets: &[u8], alphabet: Alphabet) -> String {
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

impl Habits {
    /// The text without the zero that programs end texts with and count. In the GSM alphabet that is an `@`, with which
    /// a text hardly ever ends, but a part in the middle of one may: there it goes only if the part is too long with it.
    fn without_nul<'a>(self, coding: Coding, header: &[u8], octets: &'a [u8]) -> &'a [u8] {
        let encoding = encoding(coding);
        let nul: &[u8] = match (encoding, self.alphabet) {
            (Encoding::Octets, _) | (Encoding::Gsm7, Alphabet::Gsm7Packed) => return octets,
            (Encoding::Ucs2, _) | (Encoding::Gsm7, Alphabet::Ucs2) => &[0, 0],
            _ => &[0],
        };
        let Some(text) = octets.strip_suffix(nul) else { return octets };
        let is_at = encoding == Encoding::Gsm7 && self.alphabet == Alphabet::Gsm7;
        let is_inside = header::concat(header).is_some_and(|concat| concat.number < concat.total);
        let fits = octets.len() <= segment::room(encoding, header.len());
        if is_at && (!self.drops_nul || text.is_empty() || is_inside && fits) { octets } else { text }
    }
}

/// The user data header and what follows it, if the message says that it has one, or no text begins so. Octets that can't
/// be a header are none, whatever the message says: a handset would show nothing of them.
fn split_header<'a>(raw: &Raw<'a>, coding: Coding) -> Option<(&'a [u8], &'a [u8])> {
    let is_one = raw.esm_class & UDHI != 0 || encoding(coding) != Encoding::Octets && is_part(raw.octets);
    let split = is_one.then(|| header::split_valid(raw.octets))?;
    // In UCS-2 the first octet is often zero. As an empty header it would leave half a character.
    split.filter(|(header, text)| {
        !header.is_empty() || encoding(coding) != Encoding::Ucs2 || text.len().is_multiple_of(2)
    })
}

/// Whether octets begin with the header of a part: a text would begin with `é@¥` or `ùòè` in the GSM alphabet, and with
/// what isn't written at all in others.
fn is_part(octets: &[u8]) -> bool {
    match octets {
        [5, 0, 3, _, total, number, _, ..] | [6, 8, 4, _, _, total, number, _, ..] => {
            *total > 1 && (1..=*total).contains(number)
        }
        _ => false,
    }
}

/// A message with a user data header; an empty one is none, and one that says "one of one" neither. A part of a text keeps its
/// octets as they are: a character may be cut in two.
fn with_header(coding: Coding, header: &[u8], octets: &[u8], habits: Habits) -> (Body, Option<Cut>) {
    let (octets, alphabet) = (habits.without_nul(coding, header, octets), habits.alphabet);
    let is_text = encoding(coding) != Encoding::Octets;
    let Some(concat) = header::concat(header).filter(|concat| concat.total > 1) else {
        let says_nothing = header::parse(header).all(|element| matches!(element, Element::Concat(_)));
        let body = if is_text && says_nothing {
            Body::Text(text(coding, octets, alphabet).into())
        } else {
            data(coding, header, octets, alphabet)
        };
        return (body, None);
    };
    let Concat { reference, total, number } = concat;
    let cut = Cut { reference: reference.into(), total, number, alphabet: None };
    if !is_text || !header::parse(header).all(|element| is_of_text(&element)) {
        return (data(coding, header, octets, alphabet), Some(cut));
    }
    let encoding = encoding(coding);
    let (alphabet, data) = match (encoding, alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => (Alphabet::Gsm7, unpacked(header, octets)),
        (Encoding::Gsm7, alphabet) => (alphabet, octets.to_vec()),
        (Encoding::Ucs2, _) => (Alphabet::Ucs2, octets.to_vec()),
        (Encoding::Latin1 | Encoding::Octets, _) => (Alphabet::Latin1, octets.to_vec()),
    };
    let body = Body::Data { encoding, header: header.into(), data: data.into() };
    (body, Some(Cut { alphabet: Some(alphabet), ..cut }))
}

/// Whether a header with this element may stand before a text that can be cut anew: it says nothing but which part this is, and
/// what its septets mean.
const fn is_of_text(element: &Element<'_>) -> bool {
    matches!(element, Element::Concat(_) | Element::SingleShift(_) | Element::LockingShift(_))
}

fn data(coding: Coding, header: &[u8], octets: &[u8], alphabet: Alphabet) -> Body {
    let encoding = encoding(coding);
    let data = match (encoding, alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => unpacked(header, octets),
        (Encoding::Gsm7, Alphabet::Latin1 | Alphabet::Ascii | Alphabet::Utf8 | Alphabet::Ucs2) => {
            return recode(header, octets, alphabet);
        }
        _ => octets.to_vec(),
    };
    Body::Data { encoding, header: header.into(), data: data.into() }
}

/// Septets that were packed behind a header.
fn unpacked(header: &[u8], octets: &[u8]) -> Vec<u8> {
    let behind = if header.is_empty() { 0 } else { header.len() + 1 };
    septets::unpack_all(octets, septets::fill_bits(behind))
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
fn parameters(raw: &Raw<'_>, coding: Coding, habits: Habits) -> Option<Vec<u8>> {
    let ports = raw.tlvs.number(tag::DESTINATION_PORT).map(|destination| {
        let source = raw.tlvs.number(tag::SOURCE_PORT).unwrap_or(0);
        Element::Ports16(Ports { destination, source })
    });
    let units = match (encoding(coding), habits.alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => raw.octets.len() * 8 / 7,
        (Encoding::Gsm7, Alphabet::Ucs2) => raw.octets.len() / 2,
        _ => raw.octets.len(),
    };
    let build = |wide| {
        let concat = sar(&raw.tlvs, wide, habits.from_zero);
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
fn sar(tlvs: &Tlvs<'_>, wide: bool, from_zero: bool) -> Option<Concat> {
    let reference: u16 = tlvs.number(tag::SAR_MSG_REF_NUM)?;
    let total: u8 = tlvs.number(tag::SAR_TOTAL_SEGMENTS)?;
    let number: u8 = tlvs.number::<u8>(tag::SAR_SEGMENT_SEQNUM)?.checked_add(u8::from(from_zero))?;
    let [high, low] = reference.to_be_bytes();
    let reference = if wide && high != 0 { Reference::Sixteen(reference) } else { Reference::Eight(low) };
    (total > 1 && (1..=total).contains(&number)).then_some(Concat { reference, total, number })
}

/// The `protocol_id` that goes on; 0 says nothing.
pub(crate) fn protocol_id(protocol_id: u8) -> Option<Parameter> {
    (protocol_id != 0).then(|| Parameter { tag: field::PROTOCOL_ID, value: [protocol_id].into() })
}

/// What `data_coding` says besides an encoding and "flash": all of it, or a class. `dest_addr_subunit` says a class too: 2
/// the handset, 3 the SIM, 4 other equipment (SMPP 3.4, 5.3.2.1).
pub(crate) fn coding(raw: &Raw<'_>) -> Option<Parameter> {
    if !is_plain(raw.data_coding) {
        return Some(Parameter { tag: field::DATA_CODING, value: [raw.data_coding].into() });
    }
    let subunit = || raw.tlvs.number::<u8>(tag::DEST_ADDR_SUBUNIT)?.checked_sub(1);
    let class = of_data_coding(raw.data_coding).class.or_else(subunit);
    class
        .filter(|class| (1..=3).contains(class))
        .map(|class| Parameter { tag: field::MESSAGE_CLASS, value: [class].into() })
}

#[cfg(test)]
mod tests;
