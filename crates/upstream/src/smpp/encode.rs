//! A message's body as the octets of its parts, in the alphabet and the long form that the carrier wants.
//! The PDUs around them are made in [`super::outgoing`].

use super::settings::{Alphabet, Flash, Long, PortForm, Text};
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_core::message::{Body, Message};
use postrider_declare::field;
use postrider_text::header::{self, Concat, Element, Ports, Reference};
use postrider_text::segment::{self, Options, ReferenceWidth};
use postrider_text::{Encoding, coding, gsm, latin1, septets, ucs2};

/// Parts that a set of parts can name.
const PARTS_MAX: usize = 64;

/// A message ready to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// The message class as `dest_addr_subunit` says it: 1 for class 0 (flash) to 4 for class 3 (SMPP 3.4, 5.3.2.1).
    pub(super) subunit: Option<u8>,
    pub(super) parts: Vec<Part>,
}

/// One part, and so one PDU.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) data_coding: u8,
    pub(super) octets: Vec<u8>,
    /// Whether the octets begin with a user data header.
    pub(super) header: bool,
    /// Whether they go into `message_payload`.
    pub(super) payload: bool,
    /// `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    pub(super) sar: Option<(u16, u8, u8)>,
    /// The ports that parameters tell, rather than a header.
    pub(super) ports: Option<Ports>,
}

/// Which coding a message is said to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coded {
    /// The carrier's default.
    Default,
    /// One that has a name.
    As(Encoding),
}

/// The header without its length octet, and the data, of each part of a text.
type Pieces = Vec<(Vec<u8>, Vec<u8>)>;

/// Encodes and splits a message.
///
/// # Errors
/// When the message can't be carried in as many parts as the carrier takes.
pub(super) fn encode(message: &Message, settings: &Text) -> Result<Encoded, Fault> {
    let (class, own_coding) = (class(message), own_field(message, field::DATA_CODING));
    let form = Form { settings, class, own_coding };
    let parts = match &message.body {
        Body::Text(text) => form.text(text, message.id.reference()),
        Body::Multimedia(media) => form.text(&media.as_text(), message.id.reference()),
        Body::Data { encoding, header, data } => form.octets(*encoding, header, data),
        Body::Parts(parts) => {
            parts.iter().flat_map(|part| form.octets(part.encoding, &part.header, &part.data)).collect()
        }
        Body::Redacted | Body::Sealed(_) => {
            let cause = Cause::with_detail(Code::NotEncodable, "the text was removed".to_owned());
            return Err(Fault { kind: FaultKind::Permanent, cause });
        }
    };
    let most = PARTS_MAX.min(usize::from(settings.parts_max));
    if parts.is_empty() || parts.len() > most {
        let detail = format!("the text takes more than the {most} parts that this upstream allows");
        let cause = Cause::with_detail(Code::NotEncodable, detail);
        return Err(Fault { kind: FaultKind::Permanent, cause });
    }
    let subunit = class.filter(|_| settings.flash == Flash::Subunit && own_coding.is_none());
    Ok(Encoded { subunit: subunit.map(|class| class + 1), parts })
}

/// The form in which a carrier wants a message.
#[derive(Clone, Copy)]
struct Form<'s> {
    settings: &'s Text,
    /// The message class.
    class: Option<u8>,
    /// A `data_coding` of octets that no carrier's alphabet changes.
    own_coding: Option<u8>,
}

impl Form<'_> {
    /// The parts of a text.
    fn text(self, text: &str, reference: u16) -> Vec<Part> {
        let (coded, pieces) = split(text, reference, self.settings);
        let total = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
        let sar = self.settings.long == Long::Sar && total > 1;
        let part = |(number, (header, data)): (u8, (Vec<u8>, Vec<u8>))| {
            let header = if sar { Vec::new() } else { header };
            let sar = sar.then_some((reference, total, number));
            Part { sar, ..self.part(coded, &header, data) }
        };
        (1..=total).zip(pieces).map(part).collect()
    }

    /// Octets with their header, which stays as it is as far as the carrier takes headers.
    fn octets(self, encoding: Encoding, header: &[u8], data: &[u8]) -> Vec<Part> {
        if let Some(data_coding) = self.own_coding {
            let coded = if encoding == Encoding::Gsm7 { Coded::Default } else { Coded::As(encoding) };
            return vec![Part { data_coding, ..self.part(coded, header, data.to_vec()) }];
        }
        let (coded, recoded) = recode(encoding, header, data, self.settings.alphabet);
        let mut header = header.to_vec();
        let ports = if self.settings.ports == PortForm::Parameters { take_ports(&mut header) } else { None };
        let sar = match self.settings.long {
            Long::Sar | Long::Payload => take_concat(&mut header),
            Long::Udh8 | Long::Udh16 => None,
        };
        let before = if header.is_empty() { 0 } else { header.len() + 1 };
        let room = segment::USER_DATA_OCTETS.saturating_sub(before);
        if coded == Coded::As(Encoding::Ucs2) && encoding == Encoding::Gsm7 && recoded.len() > room {
            // More octets than in septets, and other parts say how many there are: it goes without saying which it is.
            let options = Options { ucs2_only: true, ..Options::default() };
            let pieces = segment::split(&ucs2::decode(&recoded), 0, &options).parts;
            return pieces.into_iter().map(|piece| self.part(coded, &[], piece.data)).collect();
        }
        vec![Part { ports, sar, ..self.part(coded, &header, recoded) }]
    }

    fn part(self, coded: Coded, header: &[u8], data: Vec<u8>) -> Part {
        let packed = self.settings.alphabet == Alphabet::Gsm7Packed && coded == Coded::Default;
        let octets = if packed { pack(header, data) } else { join(header, data) };
        Part {
            data_coding: data_coding(coded, self.class, self.settings),
            header: !header.is_empty(),
            payload: octets.len() > SHORT_MESSAGE_MAX,
            octets,
            sar: None,
            ports: None,
        }
    }
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

/// Takes the ports, in either width, out of a header that has some.
fn take_ports(header: &mut Vec<u8>) -> Option<Ports> {
    let ports = header::ports(header)?;
    take_out(header, |element| matches!(element, Element::Ports8(..) | Element::Ports16(_)))?;
    Some(ports)
}

/// Takes what says which part this is out of a header, in the form of `sar_*` parameters.
fn take_concat(header: &mut Vec<u8>) -> Option<(u16, u8, u8)> {
    let Concat { reference, total, number } = header::concat(header)?;
    take_out(header, |element| matches!(element, Element::Concat(_)))?;
    let reference = match reference {
        Reference::Eight(reference) => reference.into(),
        Reference::Sixteen(reference) => reference,
    };
    Some((reference, total, number))
}

/// Takes elements out of a header.
fn take_out(header: &mut Vec<u8>, is_out: impl Fn(&Element<'_>) -> bool) -> Option<()> {
    let others: Vec<Element<'_>> = header::parse(header).filter(|element| !is_out(element)).collect();
    *header = header::build(&others).ok()?;
    Some(())
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
mod tests;
