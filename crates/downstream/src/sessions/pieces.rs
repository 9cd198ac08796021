//! Messages from handsets for clients: in the client's alphabet, cut as it wants them.

use postrider_core::account::LongForm;
use postrider_core::inbound::Received;
use postrider_core::message::Body;
use postrider_text::header::{self, Concat, Element, Reference};
use postrider_text::segment::{self, Options, ReferenceWidth};
use postrider_text::{Alphabet, Encoding, NameAlphabet, coding, septets, ucs2};
use std::collections::VecDeque;

/// A client's alphabets where it names none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alphabets {
    /// In texts of the default alphabet.
    pub(crate) text: Alphabet,
    /// In alphanumeric addresses.
    pub(crate) name: NameAlphabet,
}

/// How a client takes messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taking {
    pub(crate) alphabets: Alphabets,
    pub(crate) long: LongForm,
    /// Whether it knows optional parameters.
    pub(crate) has_parameters: bool,
}

/// The header without its length octet, and the octets, of each piece.
type Cuts = Vec<(Vec<u8>, Vec<u8>)>;

/// One request of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// SMPP's `data_coding`.
    pub(crate) data_coding: u8,
    /// The user data header without its length octet; empty for none.
    pub(crate) header: Vec<u8>,
    pub(crate) octets: Vec<u8>,
    /// `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    pub(crate) sar: Option<(u16, u8, u8)>,
}

/// The requests of a message, in order.
pub(crate) fn pieces(received: &Received, taking: Taking) -> VecDeque<Piece> {
    let (inbound, reference) = (&received.inbound, received.id.reference());
    let long = if taking.has_parameters { taking.long } else { LongForm::Udh8 };
    let flash = inbound.flash.then_some(0);
    match &inbound.body {
        Body::Text(_) | Body::Multimedia(_) => {
            // Sessions carry no media: their account reads them in the API.
            let text = inbound.text().unwrap_or_default();
            let text = Cutting { text, alphabet: taking.alphabets.text, reference, long };
            let (encoding, pieces) = text.cut();
            let coding = match encoding {
                // Only what is GSM 7-bit to the client too has a class.
                Encoding::Gsm7 if is_gsm(taking.alphabets.text) => coding::data_coding(encoding, flash),
                Encoding::Gsm7 => 0,
                other => coding::data_coding(other, flash),
            };
            numbered(pieces, coding, reference, long)
        }
        Body::Data { encoding, header, data } => {
            let (encoding, data) = for_client(*encoding, header, data, taking.alphabets.text);
            let coding = coding::data_coding(encoding, flash);
            let piece = Piece { data_coding: coding, header: header.to_vec(), octets: data, sar: None };
            VecDeque::from([piece])
        }
        // Handsets' messages come part by part, and are told before their text is removed.
        Body::Parts(_) | Body::Redacted | Body::Sealed(_) => VecDeque::new(),
    }
}

fn numbered(pieces: Cuts, data_coding: u8, reference: u16, long: LongForm) -> VecDeque<Piece> {
    let total = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    let is_sar = long == LongForm::Sar && total > 1;
    let piece = |(number, (header, octets)): (u8, (Vec<u8>, Vec<u8>))| Piece {
        data_coding,
        header: if is_sar { Vec::new() } else { header },
        octets,
        sar: is_sar.then_some((reference, total, number)),
    };
    (1..=total).zip(pieces).map(piece).collect()
}

const fn is_gsm(alphabet: Alphabet) -> bool {
    matches!(alphabet, Alphabet::Gsm7 | Alphabet::Gsm7Packed)
}

/// A text that is cut for a client.
struct Cutting<'a> {
    text: &'a str,
    alphabet: Alphabet,
    reference: u16,
    long: LongForm,
}

impl Cutting<'_> {
    /// The header and the octets of each piece. The encoding is GSM 7-bit for the client's default alphabet, and otherwise
    /// UCS-2.
    fn cut(&self) -> (Encoding, Cuts) {
        let mut whole = Vec::new();
        let is_default = self.alphabet.encode(self.text, &mut whole).is_ok();
        if self.long == LongForm::Payload {
            if is_default {
                return (Encoding::Gsm7, vec![(Vec::new(), whole)]);
            }
            whole.clear();
            ucs2::encode(self.text, &mut whole);
            return (Encoding::Ucs2, vec![(Vec::new(), whole)]);
        }
        if !is_default || self.alphabet == Alphabet::Ucs2 {
            let encoding = if is_default { Encoding::Gsm7 } else { Encoding::Ucs2 };
            return (encoding, self.cut_ucs2());
        }
        let width = if self.long == LongForm::Udh8 { ReferenceWidth::Eight } else { ReferenceWidth::Sixteen };
        let options = Options { reference: width, ..Options::default() };
        let segments = segment::split(self.text, self.reference, &options);
        let piece = |part: segment::Part| {
            let octets = self.recoded(segments.encoding, &part);
            (part.header, octets)
        };
        (Encoding::Gsm7, segments.parts.into_iter().map(piece).collect())
    }

    /// A part in the client's alphabet, which has all of the text.
    fn recoded(&self, encoding: Encoding, part: &segment::Part) -> Vec<u8> {
        match (encoding, self.alphabet) {
            (Encoding::Gsm7, Alphabet::Gsm7) => part.data.clone(),
            (Encoding::Gsm7, Alphabet::Gsm7Packed) => packed(&part.header, &part.data),
            _ => {
                let mut octets = Vec::new();
                let text = segment::decode(encoding, &part.header, &part.data);
                // It was tried with the whole text.
                let _ = self.alphabet.encode(&text, &mut octets);
                octets
            }
        }
    }

    /// Pieces of UTF-16 that fit a part, no surrogate pair in two.
    fn cut_ucs2(&self) -> Cuts {
        let mut octets = Vec::new();
        ucs2::encode(self.text, &mut octets);
        if octets.len() <= segment::USER_DATA_OCTETS {
            return vec![(Vec::new(), octets)];
        }
        let [_, low] = self.reference.to_be_bytes();
        let (reference, room) = match self.long {
            LongForm::Udh8 => (Reference::Eight(low), 134),
            LongForm::Udh16 | LongForm::Sar | LongForm::Payload => (Reference::Sixteen(self.reference), 132),
        };
        let cuts = cut_units(&octets, room);
        let total = u8::try_from(cuts.len()).unwrap_or(u8::MAX);
        let piece = |(number, data): (u8, &[u8])| {
            let concat = Element::Concat(Concat { reference, total, number });
            (header::build(&[concat]).unwrap_or_default(), data.to_vec())
        };
        (1..=total).zip(cuts).map(piece).collect()
    }
}

fn cut_units(octets: &[u8], room: usize) -> Vec<&[u8]> {
    let mut cuts = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let mut end = room.min(rest.len());
        let high_surrogate = rest.get(end - 2).is_some_and(|octet| (0xD8..0xDC).contains(octet));
        if end < rest.len() && high_surrogate {
            end -= 2;
        }
        let (piece, after) = rest.split_at(end);
        cuts.push(piece);
        rest = after;
    }
    cuts
}

/// Octets of another encoding stay as they are; septets become what the client reads in its default alphabet.
fn for_client(encoding: Encoding, header: &[u8], data: &[u8], alphabet: Alphabet) -> (Encoding, Vec<u8>) {
    match (encoding, alphabet) {
        (Encoding::Gsm7, Alphabet::Gsm7Packed) => return (encoding, packed(header, data)),
        (Encoding::Gsm7, Alphabet::Gsm7) => {}
        (Encoding::Gsm7, _) => {
            let text = segment::decode(encoding, header, data);
            let mut octets = Vec::new();
            if alphabet.encode(&text, &mut octets).is_ok() {
                return (encoding, octets);
            }
            octets.clear();
            ucs2::encode(&text, &mut octets);
            return (Encoding::Ucs2, octets);
        }
        _ => {}
    }
    (encoding, data.to_vec())
}

/// Septets packed as they are behind a header.
fn packed(header: &[u8], data: &[u8]) -> Vec<u8> {
    let behind = if header.is_empty() { 0 } else { header.len() + 1 };
    let fill = septets::fill_bits(behind);
    let (mut septets, mut octets) = (data.to_vec(), Vec::new());
    septets::pad(&mut septets, fill);
    septets::pack(&septets, fill, &mut octets);
    octets
}

#[cfg(test)]
mod tests;
