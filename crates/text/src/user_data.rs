//! The user data of a message as SMPP carries it, read: a text where it is whole, and octets with their header where it is
//! a part, has ports, or is no text. Which message a part belongs to is for the caller.

use crate::coding::{self, Coding};
use crate::header::{self, Concat, Element, Ports};
use crate::{Alphabet, Charset, Encoding, gsm, latin1, segment, septets, ucs2};

/// User data, and what is said of it besides.
#[derive(Debug, Clone, Copy)]
pub struct UserData<'a> {
    /// SMPP's `data_coding`.
    pub data_coding: u8,
    /// Whether it begins with a user data header, as `esm_class` says.
    pub has_header: bool,
    /// The octets.
    pub octets: &'a [u8],
    /// The place among the parts of a long message, where parameters say it rather than a header.
    pub concat: Option<Concat>,
    /// The ports, where parameters say them.
    pub ports: Option<Ports>,
    /// What the writer means by the default alphabet.
    pub alphabet: Alphabet,
}

/// User data as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A whole text.
    Text(String),
    /// Part of a text, a message for a port, or octets that are no text.
    Octets {
        /// The encoding of the data; GSM 7-bit is unpacked septets.
        encoding: Encoding,
        /// The header, without its length octet; empty for none.
        header: Vec<u8>,
        /// The octets behind it.
        data: Vec<u8>,
    },
}

impl UserData<'_> {
    /// What `data_coding` says.
    #[must_use]
    pub fn coding(&self) -> Coding {
        coding::of_data_coding(self.data_coding)
    }

    /// How the characters are carried. Octets are no text, or one of a character set that [`Charset`] reads.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.meant().declared_encoding()
    }

    fn declared_encoding(&self) -> Encoding {
        let coding = self.coding();
        // Nobody here decompresses texts.
        if coding.compressed { Encoding::Octets } else { coding.encoding }
    }

    /// Reads it. Never fails.
    #[must_use]
    pub fn read(&self) -> Content {
        self.meant().read_as_declared()
    }

    /// The same with the coding that is meant. Some writers, node-smpp among them, write septets of GSM 7-bit and declare them as
    /// ASCII.
    fn meant(self) -> Self {
        let is_gsm = self.data_coding == IA5 && is_gsm_rather_than_ascii(self.split().1);
        if is_gsm { Self { data_coding: 0, alphabet: Alphabet::Gsm7, ..self } } else { self }
    }

    fn read_as_declared(&self) -> Content {
        let (own, octets) = self.split();
        let header = self.completed(own);
        let is_piece = header::concat(&header).is_some_and(|concat| concat.total > 1);
        let is_text = self.declared_encoding() != Encoding::Octets || self.charset().is_some();
        if is_text && !is_piece && header::ports(&header).is_none() {
            let text = self.text(own, octets);
            return Content::Text(text.trim_end_matches('\0').to_owned());
        }
        let (encoding, data) = self.data(own, octets);
        Content::Octets { encoding, header, data }
    }

    fn charset(&self) -> Option<Charset> {
        Charset::of_data_coding(self.data_coding)
    }

    /// The header without its length octet, and what follows it.
    fn split(&self) -> (&[u8], &[u8]) {
        let is_one = self.has_header || self.declared_encoding() != Encoding::Octets && is_part(self.octets);
        let split = header::split_off(self.octets).filter(|(_, rest)| is_one && !rest.is_empty());
        match split {
            Some(split) => split,
            // A header alone is a header too, but only if it says so and ends where the octets do.
            None if self.has_header && is_header(self.octets) => {
                (self.octets.get(1..).unwrap_or_default(), &[])
            }
            None => (&[], self.octets),
        }
    }

    /// The header, with what parameters say where it says nothing of that.
    fn completed(&self, own: &[u8]) -> Vec<u8> {
        let ports = self.ports.filter(|_| header::ports(own).is_none()).map(Element::Ports16);
        let concat = self.concat.filter(|concat| concat.total > 1 && header::concat(own).is_none());
        let added: Vec<Element<'_>> = ports.into_iter().chain(concat.map(Element::Concat)).collect();
        if added.is_empty() {
            return own.to_vec();
        }
        let all: Vec<Element<'_>> = added.into_iter().chain(header::parse(own)).collect();
        header::build(&all).unwrap_or_else(|_| own.to_vec())
    }

    fn text(&self, header: &[u8], octets: &[u8]) -> String {
        if let Some(charset) = self.charset() {
            return charset.decode(octets);
        }
        let is_shifted = header::shifts(header) != crate::national::Shifts::NONE;
        match (self.declared_encoding(), self.alphabet) {
            (Encoding::Gsm7, Alphabet::Gsm7 | Alphabet::Gsm7Packed) if !header.is_empty() || is_shifted => {
                let septets = self.septets(header, octets);
                if septets.is_ascii() {
                    segment::decode(Encoding::Gsm7, header, &septets)
                } else {
                    self.alphabet.decode(octets)
                }
            }
            (Encoding::Gsm7, alphabet) => alphabet.decode(octets),
            (Encoding::Latin1 | Encoding::Octets, _) => latin1::decode(octets),
            (Encoding::Ucs2, _) => ucs2::guess(octets),
        }
    }

    /// Octets of a part or for a port, as encodings that the network knows.
    fn data(&self, header: &[u8], octets: &[u8]) -> (Encoding, Vec<u8>) {
        let encoding = self.declared_encoding();
        if let Some(charset) = self.charset() {
            return recoded(&charset.decode(octets));
        }
        match (encoding, self.alphabet) {
            (Encoding::Gsm7, Alphabet::Gsm7 | Alphabet::Gsm7Packed) => {
                let septets = self.septets(header, octets);
                if septets.is_ascii() { (encoding, septets) } else { recoded(&self.alphabet.decode(octets)) }
            }
            (Encoding::Gsm7, alphabet) => recoded(&alphabet.decode(octets)),
            (Encoding::Ucs2, _) => (encoding, ucs2::big_endian(octets)),
            (Encoding::Latin1 | Encoding::Octets, _) => (encoding, octets.to_vec()),
        }
    }

    fn septets(&self, header: &[u8], octets: &[u8]) -> Vec<u8> {
        if self.alphabet != Alphabet::Gsm7Packed {
            return octets.to_vec();
        }
        let behind = if header.is_empty() { 0 } else { header.len() + 1 };
        septets::unpack_all(octets, septets::fill_bits(behind))
    }
}

/// SMPP's `data_coding` of ASCII (IA5).
const IA5: u8 = 0x01;
/// The septets that stand behind an escape (3GPP TS 23.038, 6.2.1.1).
const EXTENSION: [u8; 10] = [0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65];

/// Whether octets that are declared as ASCII are septets of GSM 7-bit: they have an escaped character, or a control character that
/// no text has. A zero that only ends the text says nothing.
fn is_gsm_rather_than_ascii(octets: &[u8]) -> bool {
    let end = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    let text = octets.get(..end).unwrap_or_default();
    let is_control = |octet: &u8| *octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r' | 0x1B);
    let is_escaped = |pair: &[u8]| matches!(pair, [0x1B, septet] if EXTENSION.contains(septet));
    text.is_ascii() && (text.iter().any(is_control) || text.windows(2).any(is_escaped))
}

/// A text as septets if they can be had, as UCS-2 otherwise.
fn recoded(text: &str) -> (Encoding, Vec<u8>) {
    let mut data = Vec::new();
    if gsm::encode(text, &mut data).is_ok() {
        return (Encoding::Gsm7, data);
    }
    ucs2::encode(text, &mut data);
    (Encoding::Ucs2, data)
}

/// Whether octets are a header and nothing else.
fn is_header(octets: &[u8]) -> bool {
    octets.first().is_some_and(|length| usize::from(*length) + 1 == octets.len() && *length > 0)
}

/// Whether octets begin with the header of a part, though nothing says so: a text would begin with `é@¥` or `ùòè` in the
/// GSM alphabet, and with what isn't written at all in others.
fn is_part(octets: &[u8]) -> bool {
    match octets {
        [5, 0, 3, _, total, number, _, ..] | [6, 8, 4, _, _, total, number, _, ..] => {
            *total > 1 && (1..=*total).contains(number)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Reference;

    fn plain(data_coding: u8, octets: &[u8]) -> UserData<'_> {
        UserData {
            data_coding,
            has_header: false,
            octets,
            concat: None,
            ports: None,
            alphabet: Alphabet::Gsm7,
        }
    }

    fn text(data: UserData<'_>) -> String {
        match data.read() {
            Content::Text(text) => text,
            other @ Content::Octets { .. } => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_text_is_read_by_its_data_coding() {
        for (data_coding, octets, expected) in [
            (0x00, &b"h\x05llo \x00 \x1b\x65"[..], "h\u{e9}llo @ \u{20ac}"),
            (0x01, b"Hello", "Hello"),
            (0x03, b"caf\xe9", "caf\u{e9}"),
            (0x08, b"\x04\x16\xd8\x3d\xde\x00", "\u{416}\u{1f600}"),
            (0x08, b"\xfe\xff\x04\x16", "\u{416}"),
            (0x08, b"\xff\xfe\x16\x04", "\u{416}"),
            (0x08, b"H\0e\0l\0l\0o\0", "Hello"),
            (0x05, b"\x93\xfa", "\u{65e5}"),
            (0x06, b"\xbf\xe0", "\u{41f}\u{440}"),
            (0x07, b"\xf9\xec", "\u{5e9}\u{5dc}"),
            (0x0E, b"\xc7\xd1", "\u{d55c}"),
            // GSM 7-bit that is declared as ASCII.
            (0x01, b"caf\x05 \x02 5", "caf\u{e9} $ 5"),
            (0x01, b"mail\x00example", "mail@example"),
            (0x01, b"5 \x1be, \x1b<a\x1b>", "5 \u{20ac}, [a]"),
            // And what is ASCII.
            (0x01, b"a@b_c [d] $\r\n\tx\0", "a@b_c [d] $\r\n\tx"),
            (0x01, b"caf\xe9 \x02", "caf\u{e9} \u{2}"),
            (0x01, b"\x1bc red", "\u{1b}c red"),
            // Flash texts of GSM 7-bit and of UCS-2.
            (0xF0, b"\x00now", "@now"),
            (0x10, b"now", "now"),
            (0x18, b"\x04\x16", "\u{416}"),
            // A zero that only ends the text.
            (0x08, b"\0H\0i\0\0", "Hi"),
            (0x03, b"Hi\0", "Hi"),
        ] {
            assert_eq!(text(plain(data_coding, octets)), expected, "{data_coding:#04x}");
        }
    }

    #[test]
    fn the_default_alphabet_is_the_writers() {
        let packed: &[u8] = &[0xE8, 0x02, 0x9B, 0xFD, 0x06, 0x01, 0x1A];
        for (alphabet, octets, expected) in [
            (Alphabet::Gsm7Packed, packed, "h\u{e9}llo @"),
            (Alphabet::Latin1, b"caf\xe9 @", "caf\u{e9} @"),
            (Alphabet::Utf8, b"caf\xc3\xa9", "caf\u{e9}"),
            (Alphabet::Ascii, b"a@b", "a@b"),
            (Alphabet::Ucs2, b"\x04\x16", "\u{416}"),
        ] {
            assert_eq!(text(UserData { alphabet, ..plain(0, octets) }), expected, "{alphabet:?}");
        }
    }

    #[test]
    fn national_tables_are_in_the_header() {
        // Turkish, both tables (3GPP TS 23.038, annex A): 0x0B is Ğ, and the escaped 0x63 ç.
        let data = UserData { has_header: true, ..plain(0, b"\x06\x24\x01\x01\x25\x01\x01\x0b\x1b\x63") };
        assert_eq!(text(data), "\u{11e}\u{e7}");
    }

    #[test]
    fn packed_septets_begin_behind_a_header_on_their_boundary() {
        let mut octets = vec![3, 0x24, 1, 1];
        septets::pack(b"hello", septets::fill_bits(4), &mut octets);
        let data = UserData { has_header: true, alphabet: Alphabet::Gsm7Packed, ..plain(0, &octets) };
        assert_eq!(text(data), "hello");
    }

    #[test]
    fn parts_and_ports_keep_their_octets() {
        let concat = Concat { reference: Reference::Eight(7), total: 2, number: 1 };
        let wide = Concat { reference: Reference::Sixteen(0x107), ..concat };
        let ports = Ports { destination: 5505, source: 9 };
        let octets = |encoding, header: &[u8], data: &[u8]| Content::Octets {
            encoding,
            header: header.into(),
            data: data.into(),
        };
        for (data, expected) in [
            (
                UserData { has_header: true, ..plain(0, b"\x05\x00\x03\x07\x02\x01h\x05") },
                octets(Encoding::Gsm7, b"\x00\x03\x07\x02\x01", b"h\x05"),
            ),
            // The network forgot to say that there is one.
            (plain(0, b"\x05\x00\x03\x07\x02\x01hi"), octets(Encoding::Gsm7, b"\x00\x03\x07\x02\x01", b"hi")),
            (
                UserData { concat: Some(concat), ..plain(8, b"H\0e\0l\0l\0o\0") },
                octets(Encoding::Ucs2, b"\x00\x03\x07\x02\x01", b"\0H\0e\0l\0l\0o"),
            ),
            (
                UserData { concat: Some(wide), ..plain(0x0E, b"\xc7\xd1") },
                octets(Encoding::Ucs2, b"\x08\x04\x01\x07\x02\x01", b"\xd5\x5c"),
            ),
            (
                UserData { concat: Some(concat), alphabet: Alphabet::Latin1, ..plain(0, b"\xe9@") },
                octets(Encoding::Gsm7, b"\x00\x03\x07\x02\x01", b"\x05\0"),
            ),
            (
                UserData { ports: Some(ports), ..plain(4, b"\x00\xff") },
                octets(Encoding::Octets, b"\x05\x04\x15\x81\x00\x09", b"\x00\xff"),
            ),
            (plain(2, b"\x00\xff"), octets(Encoding::Octets, b"", b"\x00\xff")),
            (plain(0xF5, b"\x00\xff"), octets(Encoding::Octets, b"", b"\x00\xff")),
            // Compressed.
            (plain(0x20, b"ab"), octets(Encoding::Octets, b"", b"ab")),
        ] {
            assert_eq!(data.read(), expected, "{data:?}");
        }
    }

    #[test]
    fn any_octets_are_read() {
        for data_coding in 0..=255 {
            for octets in [&b""[..], b"\x05", b"\x05\x00\x03\x07\x02\x01", b"\xff\xff\xff", b"\x01\x00a"] {
                for has_header in [false, true] {
                    for alphabet in [Alphabet::Gsm7, Alphabet::Gsm7Packed, Alphabet::Ucs2] {
                        let _ = UserData { has_header, alphabet, ..plain(data_coding, octets) }.read();
                    }
                }
            }
        }
    }
}
