//! A message's body as the octets of its parts, in the alphabet and the long form that the carrier wants.
//! The PDUs around them are made in [`super::outgoing`].

use super::settings::{Alphabet, Flash, Long, PortForm, Text};
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_core::message::{Body, Message};
use postrider_declare::field;
use postrider_text::header::{self, Element, Ports};
use postrider_text::segment::{self, Options, ReferenceWidth};
use postrider_text::{Encoding, coding, gsm, latin1, septets, ucs2};

/// Parts that a set of parts can name.
const PARTS_MAX: usize = 64;

/// A message ready to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) data_coding: u8,
    /// The message class as `dest_addr_subunit` says it: 1 for class 0 (flash) to 4 for class 3 (SMPP 3.4, 5.3.2.1).
    pub(super) subunit: Option<u8>,
    /// The ports that parameters tell, rather than a header.
    pub(super) ports: Option<Ports>,
    pub(super) parts: Vec<Part>,
}

/// One part, and so one PDU.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) octets: Vec<u8>,
    /// Whether the octets begin with a user data header.
    pub(super) header: bool,
    /// Whether they go into `message_payload`.
    pub(super) payload: bool,
    /// `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    pub(super) sar: Option<(u16, u8, u8)>,
}

/// Which coding a message is said to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coded {
    /// The carrier's default.
    Default,
    /// One that has a name.
    As(Encoding),
}

/// The header without its length octet, and the data, of each part.
type Pieces = Vec<(Vec<u8>, Vec<u8>)>;

/// Encodes and splits a message.
///
/// # Errors
/// When the message can't be carried in as many parts as the carrier takes.
pub(super) fn encode(message: &Message, settings: &Text) -> Result<Encoded, Fault> {
    if let Some(encoded) = as_it_came(message, settings) {
        return Ok(encoded);
    }
    let class = class(message);
    let reference = message.id.reference();
    let mut ports = None;
    let (coded, pieces) = match &message.body {
        Body::Text(text) => split(text, reference, settings),
        Body::Data { encoding, header, data } => {
            let (coded, data) = recode(*encoding, header, data, settings.alphabet);
            let mut header = header.to_vec();
            if settings.ports == PortForm::Parameters {
                ports = take_ports(&mut header);
            }
            (coded, vec![(header, data)])
        }
    };
    let most = PARTS_MAX.min(usize::from(settings.parts_max));
    if pieces.is_empty() || pieces.len() > most {
        let detail = format!("the text takes more than the {most} parts that this upstream allows");
        let cause = Cause::with_detail(Code::NotEncodable, detail);
        return Err(Fault { kind: FaultKind::Permanent, cause });
    }
    let sar = settings.long == Long::Sar && matches!(message.body, Body::Text(_)) && pieces.len() > 1;
    Ok(Encoded {
        data_coding: data_coding(coded, class, settings),
        subunit: class.filter(|_| settings.flash == Flash::Subunit).map(|class| class + 1),
        ports,
        parts: parts(pieces, coded, sar.then_some(reference), settings),
    })
}

/// A field of a message for which there is no optional parameter.
fn own_field(message: &Message, tag: u16) -> Option<u8> {
    let found = message.parameters.iter().find(|parameter| parameter.tag == tag)?;
    found.value.first().copied()
}

/// The message class (3GPP TS 23.038, 4), from 0 to 3.
fn class(message: &Message) -> Option<u8> {
    if message.flash { Some(0) } else { own_field(message, field::MESSAGE_CLASS).map(|class| class & 0x03) }
}

/// Octets with a `data_coding` of their own, which no carrier's alphabet changes.
fn as_it_came(message: &Message, settings: &Text) -> Option<Encoded> {
    let data_coding = own_field(message, field::DATA_CODING)?;
    let Body::Data { encoding, header, data } = &message.body else { return None };
    let packed = *encoding == Encoding::Gsm7 && settings.alphabet == Alphabet::Gsm7Packed;
    let octets = if packed { pack(header, data.to_vec()) } else { join(header, data.to_vec()) };
    let part =
        Part { header: !header.is_empty(), payload: octets.len() > SHORT_MESSAGE_MAX, octets, sar: None };
    Some(Encoded { data_coding, subunit: None, ports: None, parts: vec![part] })
}

/// Takes the ports, in either width, out of a header that has some.
fn take_ports(header: &mut Vec<u8>) -> Option<Ports> {
    let ports = header::ports(header)?;
    let is_other = |element: &Element<'_>| !matches!(element, Element::Ports8(..) | Element::Ports16(_));
    let others: Vec<Element<'_>> = header::parse(header).filter(is_other).collect();
    *header = header::build(&others).ok()?;
    Some(ports)
}

fn parts(pieces: Pieces, coded: Coded, sar: Option<u16>, settings: &Text) -> Vec<Part> {
    let total = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    let packed = settings.alphabet == Alphabet::Gsm7Packed && coded == Coded::Default;
    let part = |(number, (header, data)): (u8, (Vec<u8>, Vec<u8>))| {
        let header = if sar.is_some() { Vec::new() } else { header };
        let octets = if packed { pack(&header, data) } else { join(&header, data) };
        Part {
            header: !header.is_empty(),
            payload: octets.len() > SHORT_MESSAGE_MAX,
            octets,
            sar: sar.map(|reference| (reference, total, number)),
        }
    };
    (1..=total).zip(pieces).map(part).collect()
}

/// The most octets of a short_message (SMPP 3.4, 5.2.22).
const SHORT_MESSAGE_MAX: usize = 254;

/// A header with its length octet in front, and the data behind it.
fn join(header: &[u8], data: Vec<u8>) -> Vec<u8> {
    if header.is_empty() { data } else { header::prefixed(header, &data).unwrap_or(data) }
}

fn pack(header: &[u8], mut data: Vec<u8>) -> Vec<u8> {
    let mut octets = join(header, Vec::new());
    let fill = septets::fill_bits(octets.len());
    septets::pad(&mut data, fill);
    septets::pack(&data, fill, &mut octets);
    octets
}

/// Splits a text as the carrier's default alphabet allows.
fn split(text: &str, reference: u16, settings: &Text) -> (Coded, Pieces) {
    let wide = settings.long == Long::Udh16;
    let width = if wide { ReferenceWidth::Sixteen } else { ReferenceWidth::Eight };
    let as_ucs2 = match settings.alphabet {
        Alphabet::Ucs2 => true,
        Alphabet::Latin1 => latin1::units(text).is_err(),
        Alphabet::Ascii => !text.is_ascii(),
        Alphabet::Gsm7 | Alphabet::Gsm7Packed | Alphabet::Utf8 => false,
    };
    let options = Options { reference: width, ucs2_only: as_ucs2, ..Options::default() };
    let segments = segment::split(text, reference, &options);
    if segments.parts.len() != 1 && settings.long == Long::Payload {
        let (encoding, data) = whole(text, segments.encoding);
        let (coded, data) = recode(encoding, &[], &data, settings.alphabet);
        return (coded, vec![(Vec::new(), data)]);
    }
    let mut coded = Coded::As(segments.encoding);
    let mut pieces = Vec::with_capacity(segments.parts.len());
    for part in segments.parts {
        // The network makes GSM 7-bit of it again, so the parts are cut by what takes room there.
        let (as_told, data) = recode(segments.encoding, &part.header, &part.data, settings.alphabet);
        coded = as_told;
        pieces.push((part.header, data));
    }
    (coded, pieces)
}

/// A text in one piece.
fn whole(text: &str, encoding: Encoding) -> (Encoding, Vec<u8>) {
    let mut data = Vec::new();
    if encoding == Encoding::Gsm7 && gsm::encode(text, &mut data).is_ok() {
        return (encoding, data);
    }
    ucs2::encode(text, &mut data);
    (Encoding::Ucs2, data)
}

/// GSM 7-bit data as a carrier reads its default alphabet, if that has all of it; anything else stays as it is.
fn recode(encoding: Encoding, header: &[u8], data: &[u8], alphabet: Alphabet) -> (Coded, Vec<u8>) {
    match (encoding, alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7 | Alphabet::Gsm7Packed) | (Encoding::Latin1, Alphabet::Latin1) => {
            return (Coded::Default, data.to_vec());
        }
        (Encoding::Gsm7, _) => {}
        (named, _) => return (Coded::As(named), data.to_vec()),
    }
    let text = segment::decode(encoding, header, data);
    let mut recoded = Vec::new();
    if alphabet != Alphabet::Ucs2 && alphabet.encode(&text, &mut recoded).is_ok() {
        return (Coded::Default, recoded);
    }
    ucs2::encode(&text, &mut recoded);
    (Coded::As(Encoding::Ucs2), recoded)
}

fn data_coding(coded: Coded, class: Option<u8>, settings: &Text) -> u8 {
    let class = class.filter(|_| settings.flash != Flash::Subunit);
    let is_general = settings.flash == Flash::GeneralClass;
    match (coded, class) {
        (Coded::Default, None) => 0,
        (Coded::Default, Some(class)) if is_general => 0x10 | class,
        (Coded::Default, class) => coding::data_coding(Encoding::Gsm7, class),
        (Coded::As(Encoding::Octets), Some(class)) if is_general => 0x14 | class,
        (Coded::As(Encoding::Octets), None) => settings.binary.data_coding(),
        (Coded::As(encoding), class) => coding::data_coding(encoding, class),
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
