//! The parts of one text, and the message that they become.

use super::{ClientPart, Cut};
use crate::id::MessageId;
use crate::message::{Body, KnownAs, Message, Octets, Receipts};
use crate::numbered_parts::NumberedParts;
use crate::submission::{OCTETS_MAX, PARTS_MAX, TEXT_MAX, data_octets};
use crate::time::Time;
use postrider_text::national::{self, Shifts};
use postrider_text::{Alphabet, Encoding, gsm, header, segment, ucs2};

/// Parts of one text: at least one, each number once, and those that came again.
#[derive(Clone, Debug)]
pub struct Text<'p>(NumberedParts<'p, ClientPart>);

impl<'p> Text<'p> {
    pub(super) fn of(part: &'p ClientPart) -> Self {
        Self(NumberedParts::of(part))
    }

    /// Whether the part is one that it lacks, or one that it has.
    pub(super) fn has_room_for(&self, part: &ClientPart) -> bool {
        self.0.has_room_for(part)
    }

    pub(super) fn add(&mut self, part: &'p ClientPart) {
        self.0.add(part);
    }

    /// Whether all parts are there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_whole()
    }

    /// Its parts, by their numbers.
    pub fn parts(&self) -> impl Iterator<Item = &'p ClientPart> {
        self.0.each()
    }

    /// The parts that came again.
    pub fn repeats(&self) -> impl Iterator<Item = &'p ClientPart> {
        self.0.repeats()
    }

    /// The identifiers of all of them.
    #[must_use]
    pub fn ids(&self) -> Vec<MessageId> {
        self.0.ids()
    }

    /// How long the others are waited for.
    #[must_use]
    pub fn until(&self) -> Time {
        self.0.until()
    }

    /// The content of the message: one text if all parts are there and are text, or else the parts as they came.
    #[must_use]
    pub fn body(&self) -> Body {
        if self.is_whole()
            && let Some(text) = self.read()
            && text.chars().count() <= TEXT_MAX
            && segment::cost(&text, &segment::Options::default()).parts <= usize::from(PARTS_MAX)
        {
            return Body::Text(text.into());
        }
        Body::Parts(self.as_they_came().into())
    }

    /// The message, of this identifier and content. It goes the way of its first part. It waits until all of its parts may
    /// go out, and no longer than any of them.
    #[must_use]
    pub fn message(&self, id: MessageId, body: Body, parts: u8) -> Message {
        let first = self.parts().next().unwrap_or(self.0.first_come());
        let mut all: Vec<&Message> = self.parts().chain(self.repeats()).map(|part| &*part.message).collect();
        all.sort_by_key(|part| part.id);
        Message {
            id,
            body,
            parts,
            due: all.iter().map(|part| part.due).max().unwrap_or(first.message.due),
            expires: all.iter().map(|part| part.expires).min().unwrap_or(first.message.expires),
            hold: all.iter().find_map(|part| part.hold.clone()),
            receipts: Receipts::of_all(all.iter().map(|part| part.receipts)),
            known_as: all.iter().map(|part| known_as(part)).collect(),
            ..(*first.message).clone()
        }
    }

    /// Its text; `None` if not all of it is text. Octets of neighbours in one alphabet are put together before they are
    /// read: clients cut characters in two.
    fn read(&self) -> Option<String> {
        let (mut text, mut run) = (String::new(), Run::default());
        // UTF-16 is in the order that its first part says, where others don't say.
        let mut mark = None;
        for part in self.parts() {
            let (alphabet, shifts, data) = content(&part.message.body, &part.cut)?;
            if !run.is_of(alphabet, shifts) {
                text.push_str(&run.read());
                run = Run { alphabet, shifts, octets: Vec::new() };
            }
            if alphabet != Alphabet::Ucs2 {
                run.octets.extend_from_slice(data);
                continue;
            }
            let (own, units) = split_mark(data);
            mark = own.or(mark);
            if let Some(mark) = mark.filter(|_| run.octets.is_empty()) {
                run.octets.extend_from_slice(&mark);
            }
            run.octets.extend_from_slice(units);
        }
        text.push_str(&run.read());
        Some(text)
    }

    /// Its parts, each by itself, with the headers that they came with.
    fn as_they_came(&self) -> Vec<Octets> {
        self.parts().flat_map(|part| fitted(&part.message.body, &part.cut)).collect()
    }
}

/// How the client knows a part: by its own identifier, unless it was given another.
fn known_as(part: &Message) -> KnownAs {
    let own = || KnownAs { id: part.id, receipts: part.receipts, reference: part.reference.clone() };
    part.known_as.first().cloned().unwrap_or_else(own)
}

/// Octets of neighbouring parts in one alphabet.
struct Run {
    alphabet: Alphabet,
    shifts: Shifts,
    octets: Vec<u8>,
}

impl Default for Run {
    fn default() -> Self {
        Self { alphabet: Alphabet::Gsm7, shifts: Shifts::NONE, octets: Vec::new() }
    }
}

impl Run {
    fn is_of(&self, alphabet: Alphabet, shifts: Shifts) -> bool {
        self.alphabet == alphabet && self.shifts == shifts
    }

    fn read(&self) -> String {
        read(self.alphabet, self.shifts, &self.octets)
    }
}

/// The alphabet of a part, the national language tables of its header, and its octets; `None` for what is no text.
fn content<'b>(body: &'b Body, cut: &Cut) -> Option<(Alphabet, Shifts, &'b [u8])> {
    let Body::Data { header, data, .. } = body else { return None };
    let alphabet = cut.alphabet?;
    let shifts = if alphabet == Alphabet::Gsm7 { header::shifts(header) } else { Shifts::NONE };
    Some((alphabet, shifts, data))
}

fn read(alphabet: Alphabet, shifts: Shifts, octets: &[u8]) -> String {
    if shifts == Shifts::NONE || !octets.is_ascii() {
        alphabet.decode(octets)
    } else {
        national::decode(octets, shifts)
    }
}

/// Splits off a byte order mark.
fn split_mark(octets: &[u8]) -> (Option<[u8; 2]>, &[u8]) {
    match octets {
        [first @ (0xFE | 0xFF), second @ (0xFE | 0xFF), rest @ ..] if first != second => {
            (Some([*first, *second]), rest)
        }
        _ => (None, octets),
    }
}

/// A part in an alphabet that every carrier has, behind the header that it came with. A text that doesn't fit there in such an
/// alphabet goes without its header, in several pieces.
pub(crate) fn fitted(body: &Body, cut: &Cut) -> Vec<Octets> {
    let Body::Data { encoding, header, data } = body else { return Vec::new() };
    let fits = |encoding, data: &[u8]| data_octets(encoding, header.len(), data.len()) <= OCTETS_MAX;
    let piece = |encoding, data: &[u8]| vec![Octets { encoding, header: header.clone(), data: data.into() }];
    let Some((alphabet, shifts, _)) = content(body, cut) else { return piece(*encoding, data) };
    if alphabet == Alphabet::Gsm7 && data.is_ascii() && fits(Encoding::Gsm7, data) {
        return piece(Encoding::Gsm7, data);
    }
    let text = read(alphabet, shifts, data);
    let mut octets = Vec::new();
    if shifts == Shifts::NONE && gsm::encode(&text, &mut octets).is_ok() && fits(Encoding::Gsm7, &octets) {
        return piece(Encoding::Gsm7, &octets);
    }
    octets.clear();
    ucs2::encode(&text, &mut octets);
    if fits(Encoding::Ucs2, &octets) { piece(Encoding::Ucs2, &octets) } else { in_pieces(&text) }
}

/// A text in parts that don't name each other.
fn in_pieces(text: &str) -> Vec<Octets> {
    let segments = segment::split(text, 0, &segment::Options::default());
    let bare = |part: segment::Part| Octets {
        encoding: segments.encoding,
        header: Box::default(),
        data: part.data.into(),
    };
    segments.parts.into_iter().map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_part::testing::{NOW, part};
    use std::sync::Arc;
    use std::time::Duration;

    const GSM: Option<Alphabet> = Some(Alphabet::Gsm7);
    const LATIN: Option<Alphabet> = Some(Alphabet::Latin1);
    const UTF8: Option<Alphabet> = Some(Alphabet::Utf8);
    const UCS2: Option<Alphabet> = Some(Alphabet::Ucs2);

    fn text(parts: &[ClientPart]) -> Text<'_> {
        let mut text = Text::of(&parts[0]);
        parts[1..].iter().for_each(|part| text.add(part));
        text
    }

    fn body(contents: &[(Option<Alphabet>, &[u8])]) -> Body {
        let total = contents.len() as u8;
        let parts: Vec<ClientPart> = (1..)
            .zip(contents)
            .map(|(number, (alphabet, data))| part(number.into(), number, total, (*alphabet, data.to_vec())))
            .collect();
        text(&parts).body()
    }

    #[test]
    fn parts_are_read_together() {
        type Content = (Option<Alphabet>, &'static [u8]);
        let cases: [(&[Content], &str); 12] = [
            (&[(LATIN, b"\xe1a"), (LATIN, b"\xf1")], "áañ"),
            (&[(GSM, b"5\x1b"), (GSM, b"\x65")], "5€"),
            // Octets that GSM 7-bit doesn't have are UTF-8, here cut in two.
            (&[(GSM, b"5\xe2\x82"), (GSM, b"\xac")], "5€"),
            (&[(UTF8, b"\xd0"), (UTF8, b"\x96")], "Ж"),
            (&[(UCS2, b"\xd8\x3d"), (UCS2, b"\xde\x00")], "\u{1F600}"),
            (&[(UCS2, b"\xd8"), (UCS2, b"\x3d\xde\x00")], "\u{1F600}"),
            // A byte order mark in the first part alone, in all, and in a part behind another alphabet.
            (&[(UCS2, b"\xff\xfe\x16\x04"), (UCS2, b"\x16\x04")], "ЖЖ"),
            (&[(UCS2, b"\xff\xfe\x16\x04"), (UCS2, b"\xff\xfe\x16\x04")], "ЖЖ"),
            (&[(UCS2, b"\xff\xfe\x16\x04"), (GSM, b"a"), (UCS2, b"\x16\x04")], "ЖaЖ"),
            (&[(GSM, b"a"), (UCS2, b"\x04\x16")], "aЖ"),
            (&[(GSM, b"\x00"), (GSM, b"")], "@"),
            (&[(LATIN, b"\xc3"), (UTF8, b"\xc3\xa9")], "Ãé"),
        ];
        for (contents, expected) in cases {
            assert_eq!(body(contents), Body::Text(expected.into()), "{contents:x?}");
        }
    }

    #[test]
    fn national_tables_of_the_header_hold() {
        let turkish = |id, number| {
            let part = part(id, number, 2, (GSM, b"\x1b\x73".to_vec()));
            let header = [0, 3, 7, 2, number, 0x24, 1, 1].into();
            let body = Body::Data { encoding: Encoding::Gsm7, header, data: b"\x1b\x73".as_slice().into() };
            ClientPart { message: Arc::new(Message { body, ..(*part.message).clone() }), ..part }
        };
        assert_eq!(text(&[turkish(1, 1), turkish(2, 2)]).body(), Body::Text("şş".into()));
    }

    #[test]
    fn what_is_no_text_goes_as_it_came() {
        let Body::Parts(parts) = body(&[(None, b"\x01"), (None, b"\x02")]) else { panic!("no parts") };
        let seen: Vec<_> = parts.iter().map(|it| (it.encoding, &*it.header, &*it.data)).collect();
        let octets = Encoding::Octets;
        assert_eq!(
            seen,
            [(octets, &[0, 3, 7, 2, 1][..], &[1][..]), (octets, &[0, 3, 7, 2, 2][..], &[2][..])]
        );
    }

    #[test]
    fn a_part_alone_is_in_an_alphabet_that_all_have() {
        let long_spanish = [b"\xe1".as_slice(), &[b'a'; 152]].concat();
        let long_gsm = [b"\xe9".as_slice(), &[b'a'; 152]].concat();
        type Piece = (Encoding, usize, usize);
        let cases: [(Option<Alphabet>, &[u8], &[Piece]); 6] = [
            (GSM, b"abc", &[(Encoding::Gsm7, 5, 3)]),
            (LATIN, &long_gsm, &[(Encoding::Gsm7, 5, 153)]),
            (LATIN, b"\xe1bc", &[(Encoding::Ucs2, 5, 6)]),
            // It fits one part only in an alphabet that handsets don't have.
            (
                LATIN,
                &long_spanish,
                &[(Encoding::Ucs2, 0, 134), (Encoding::Ucs2, 0, 134), (Encoding::Ucs2, 0, 38)],
            ),
            (UCS2, b"\x04\x16", &[(Encoding::Ucs2, 5, 2)]),
            (None, b"\x01", &[(Encoding::Octets, 5, 1)]),
        ];
        for (alphabet, data, expected) in cases {
            let Body::Parts(parts) = text(&[part(1, 1, 2, (alphabet, data.to_vec()))]).body() else {
                panic!("{alphabet:?}")
            };
            let seen: Vec<_> = parts.iter().map(|it| (it.encoding, it.header.len(), it.data.len())).collect();
            assert_eq!(seen, expected, "{alphabet:?} {data:x?}");
        }
    }

    #[test]
    fn the_message_is_what_its_parts_have_in_common() {
        let with = |id, number, change: fn(&mut Message)| {
            let part = part(id, number, 2, (GSM, b"a".to_vec()));
            let mut message = (*part.message).clone();
            change(&mut message);
            ClientPart { message: Arc::new(message), ..part }
        };
        let parts = [
            with(3, 1, |message| message.receipts = Receipts::Failures),
            with(1, 2, |message| {
                message.receipts = Receipts::None;
                message.reference = Some("7".into());
                message.due = NOW + Duration::from_secs(5);
                message.expires = NOW + Duration::from_secs(90);
            }),
            with(4, 2, |message| message.reference = Some("7".into())),
        ];
        let text = text(&parts[..2]);
        let message = text.message(MessageId::from_number(9), text.body(), 1);
        let known: Vec<_> = message
            .known_as
            .iter()
            .map(|it| (it.id.number(), it.receipts, it.reference.as_deref()))
            .collect();
        assert_eq!(known, [(1, Receipts::None, Some("7")), (3, Receipts::Failures, None)]);
        assert_eq!((message.id.number(), message.receipts), (9, Receipts::Failures));
        assert_eq!(message.due, NOW + Duration::from_secs(5));
        assert_eq!(message.expires, NOW + Duration::from_secs(90));
    }
}
