//! What a system means by text whose alphabet it doesn't name: SMPP leaves `data_coding` 0 and the names in addresses to
//! each carrier and each client. Which data coding octet stands for what is for [`crate::coding`].

use super::{NotInAlphabet, gsm, latin1, ucs2};
use crate::{septets, transliterate};

/// What a system reads in text that names no alphabet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// GSM 7-bit, a septet an octet.
    #[default]
    Gsm7,
    /// GSM 7-bit, packed.
    Gsm7Packed,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
    /// UTF-16BE.
    Ucs2,
}

impl Alphabet {
    /// Appends `text` to `out` as this system reads it; packed septets begin with an octet of their own.
    ///
    /// # Errors
    /// The first character that the alphabet doesn't have; `out` is then as it was.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), NotInAlphabet> {
        match self {
            Self::Gsm7 => return gsm::encode(text, out),
            Self::Gsm7Packed => {
                let mut unpacked = Vec::with_capacity(text.len());
                gsm::encode(text, &mut unpacked)?;
                septets::pad(&mut unpacked, 0);
                septets::pack(&unpacked, 0, out);
            }
            Self::Latin1 => return latin1::encode(text, out),
            Self::Ascii => match text.char_indices().find(|(_, character)| !character.is_ascii()) {
                Some((position, character)) => return Err(NotInAlphabet { character, position }),
                None => out.extend_from_slice(text.as_bytes()),
            },
            Self::Utf8 => out.extend_from_slice(text.as_bytes()),
            Self::Ucs2 => ucs2::encode(text, out),
        }
        Ok(())
    }

    /// Reads what such a system wrote. Never fails: octets that the alphabet doesn't have are read as UTF-8 if they are
    /// that together with the others, and as ISO 8859-1 otherwise.
    pub fn decode(self, octets: &[u8]) -> String {
        match self {
            Self::Gsm7 if octets.is_ascii() => gsm::decode(octets),
            Self::Gsm7Packed => gsm::decode(&septets::unpack_all(octets, 0)),
            Self::Latin1 => latin1::decode(octets),
            Self::Ucs2 => ucs2::guess(octets),
            Self::Gsm7 | Self::Ascii | Self::Utf8 => {
                str::from_utf8(octets).map_or_else(|_| latin1::decode(octets), str::to_owned)
            }
        }
    }
}

/// What a system reads in names that stand in a field which ends at its first zero. Packed septets and UTF-16, which are
/// full of zeros, can't stand there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NameAlphabet {
    /// GSM 7-bit, a septet an octet. Its `@` is a zero, and so becomes `?`.
    Gsm7,
    /// ISO 8859-1.
    #[default]
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
}

impl NameAlphabet {
    /// Appends `name` to `out`, never with a zero. What the alphabet doesn't have is respelled if that is possible, and
    /// otherwise a question mark.
    pub fn encode(self, name: &str, out: &mut Vec<u8>) {
        // Three of the alphabets agree on ASCII, in which most names are.
        let is_plain =
            !matches!(self, Self::Gsm7) && name.bytes().all(|octet| octet.is_ascii() && octet != 0);
        if is_plain {
            out.extend_from_slice(name.as_bytes());
            return;
        }
        if self.append(name, out) {
            return;
        }
        for character in name.chars() {
            let mut letters = [0; 4];
            let itself: &str = character.encode_utf8(&mut letters);
            let written = self.append(itself, out)
                || transliterate::respell(character).is_some_and(|spelling| self.append(spelling, out));
            if !written {
                out.push(b'?');
            }
        }
    }

    /// The octets of a name, to the letter.
    ///
    /// # Errors
    /// The first character that the alphabet doesn't have, or makes a zero of.
    pub fn write(self, name: &str) -> Result<Vec<u8>, NotInAlphabet> {
        let mut octets = Vec::with_capacity(name.len());
        for (position, character) in name.char_indices() {
            if !self.append(character.encode_utf8(&mut [0; 4]), &mut octets) {
                return Err(NotInAlphabet { character, position });
            }
        }
        Ok(octets)
    }

    /// How the name can be spelled so that nothing of it is lost, if it can.
    pub fn spelling(self, name: &str) -> Option<String> {
        let mut octets = Vec::new();
        let mut spelled = String::with_capacity(name.len());
        for character in name.chars() {
            let mut letters = [0; 4];
            let itself: &str = character.encode_utf8(&mut letters);
            let mut can_be = |spelling: &&str| self.append(spelling, &mut octets);
            spelled.push_str(
                [Some(itself), transliterate::respell(character)].into_iter().flatten().find(&mut can_be)?,
            );
        }
        Some(spelled)
    }

    /// Reads a name, as [`Alphabet::decode`] does.
    pub fn decode(self, octets: &[u8]) -> String {
        self.whole().decode(octets)
    }

    /// Appends a text, unless the alphabet lacks any of it or makes a zero of it.
    fn append(self, text: &str, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let written = self.whole().encode(text, out).is_ok();
        let fits = written && !out.get(start..).unwrap_or_default().contains(&0);
        if !fits {
            out.truncate(start);
        }
        fits
    }

    const fn whole(self) -> Alphabet {
        match self {
            Self::Gsm7 => Alphabet::Gsm7,
            Self::Latin1 => Alphabet::Latin1,
            Self::Ascii => Alphabet::Ascii,
            Self::Utf8 => Alphabet::Utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Alphabet; 6] = [
        Alphabet::Gsm7,
        Alphabet::Gsm7Packed,
        Alphabet::Latin1,
        Alphabet::Ascii,
        Alphabet::Utf8,
        Alphabet::Ucs2,
    ];

    #[test]
    fn each_writes_its_own_octets() {
        let text = "h\u{e9}llo @";
        for (alphabet, expected) in [
            // 3GPP TS 23.038, 6.2.1: é is 0x05, @ is 0x00.
            (Alphabet::Gsm7, Some(&b"h\x05llo \x00"[..])),
            (Alphabet::Gsm7Packed, Some(&[0xE8, 0x02, 0x9B, 0xFD, 0x06, 0x01, 0x1A][..])),
            (Alphabet::Latin1, Some(b"h\xe9llo @")),
            (Alphabet::Ascii, None),
            (Alphabet::Utf8, Some(b"h\xc3\xa9llo @")),
            (Alphabet::Ucs2, Some(b"\0h\0\xe9\0l\0l\0o\0 \0@")),
        ] {
            let mut out = b"kept".to_vec();
            let written = alphabet.encode(text, &mut out).is_ok();
            assert_eq!(written.then(|| &out[4..]), expected, "{alphabet:?}");
            assert!(out.starts_with(b"kept"), "{alphabet:?}");
        }
        let lacking = Alphabet::Ascii.encode(text, &mut Vec::new()).unwrap_err();
        assert_eq!((lacking.character, lacking.position), ('\u{e9}', 1));
    }

    #[test]
    fn each_reads_what_it_wrote() {
        for text in ["a @/b/ c", "a [b] c", "@", "1234567", "12345678", "hi"] {
            for alphabet in ALL {
                let mut out = Vec::new();
                alphabet.encode(text, &mut out).unwrap();
                assert_eq!(alphabet.decode(&out), text, "{alphabet:?}");
            }
        }
    }

    #[test]
    fn octets_that_an_alphabet_lacks_are_read_as_what_they_look_like() {
        for (alphabet, octets, expected) in [
            (Alphabet::Gsm7, &b"caf\xc3\xa9"[..], "caf\u{e9}"),
            (Alphabet::Gsm7, b"caf\xe9", "caf\u{e9}"),
            (Alphabet::Ascii, b"caf\xe9", "caf\u{e9}"),
            (Alphabet::Utf8, b"caf\xe9", "caf\u{e9}"),
            (Alphabet::Latin1, b"caf\xc3\xa9", "caf\u{c3}\u{a9}"),
        ] {
            assert_eq!(alphabet.decode(octets), expected, "{alphabet:?}");
        }
    }

    #[test]
    fn a_name_never_ends_before_its_end() {
        for (alphabet, name, expected) in [
            (NameAlphabet::Gsm7, "Caf\u{e9} @Home", &b"Caf\x05 ?Home"[..]),
            (NameAlphabet::Gsm7, "5 \u{20ac}", b"5 \x1b\x65"),
            (NameAlphabet::Latin1, "Caf\u{e9} @Home", b"Caf\xe9 @Home"),
            (NameAlphabet::Ascii, "@Home", b"@Home"),
            (NameAlphabet::Utf8, "\u{416}", b"\xd0\x96"),
            // Respelled where that is possible.
            (NameAlphabet::Latin1, "\u{141}\u{f3}d\u{17a}", b"L\xf3dz"),
            (NameAlphabet::Gsm7, "\u{416}", b"?"),
        ] {
            let mut out = Vec::new();
            alphabet.encode(name, &mut out);
            assert_eq!(out, expected, "{alphabet:?} {name}");
        }
        assert_eq!(NameAlphabet::Gsm7.decode(b"Caf\x05"), "Caf\u{e9}");
    }

    #[test]
    fn a_name_is_written_to_the_letter_or_not_at_all() {
        use NameAlphabet::{Ascii, Gsm7, Latin1, Utf8};
        type Written<'a> = Result<&'a [u8], (char, usize)>;
        let cases: [(NameAlphabet, &str, Written<'_>, Option<&str>); 7] = [
            (Gsm7, "Caf\u{e9} \u{20ac}", Ok(b"Caf\x05 \x1b\x65"), Some("Caf\u{e9} \u{20ac}")),
            (Gsm7, "a@b", Err(('@', 1)), None),
            (Latin1, "Caf\u{e9} @", Ok(b"Caf\xe9 @"), Some("Caf\u{e9} @")),
            (Latin1, "\u{141}\u{f3}d\u{17a}", Err(('\u{141}', 0)), Some("L\u{f3}dz")),
            (Ascii, "Caf\u{e9}", Err(('\u{e9}', 3)), None),
            (Utf8, "\u{416}", Ok(b"\xd0\x96"), Some("\u{416}")),
            (Latin1, "\u{416}", Err(('\u{416}', 0)), None),
        ];
        for (alphabet, name, written, spelling) in cases {
            let found = alphabet.write(name).map_err(|lacking| (lacking.character, lacking.position));
            assert_eq!(found.as_deref().map_err(|why| *why), written, "{alphabet:?} {name}");
            assert_eq!(alphabet.spelling(name).as_deref(), spelling, "{alphabet:?} {name}");
        }
    }
}
