//! Character sets that SMPP's `data_coding` names and that the radio path does not have: Cyrillic, Hebrew, Japanese and
//! Korean (SMPP 3.4, 5.2.19). They are only read; texts are written in UCS-2 instead.

use encoding_rs::{EUC_KR, Encoding, ISO_2022_JP, ISO_8859_5, ISO_8859_8, SHIFT_JIS};

/// The escape with which a change of tables begins in ISO-2022-JP.
const ESCAPE: u8 = 0x1B;

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// JIS (`data_coding` 0x05): Shift-JIS, or ISO-2022-JP where octets have its escapes.
    Japanese,
    /// ISO 8859-5 (0x06).
    Cyrillic,
    /// ISO 8859-8 (0x07).
    Hebrew,
    /// ISO-2022-JP (0x0A).
    Iso2022Jp,
    /// KS C 5601 (0x0E), with the additions of Windows.
    Korean,
}

impl Charset {
    /// The character set that a `data_coding` names, if it is one of these.
    #[must_use]
    pub const fn of_data_coding(data_coding: u8) -> Option<Self> {
        match data_coding {
            0x05 => Some(Self::Japanese),
            0x06 => Some(Self::Cyrillic),
            0x07 => Some(Self::Hebrew),
            0x0A => Some(Self::Iso2022Jp),
            0x0E => Some(Self::Korean),
            _ => None,
        }
    }

    /// Reads octets. Never fails: what is no character becomes U+FFFD.
    #[must_use]
    pub fn decode(self, octets: &[u8]) -> String {
        self.encoding(octets).decode_without_bom_handling(octets).0.into_owned()
    }

    fn encoding(self, octets: &[u8]) -> &'static Encoding {
        match self {
            Self::Japanese if octets.contains(&ESCAPE) => ISO_2022_JP,
            Self::Japanese => SHIFT_JIS,
            Self::Cyrillic => ISO_8859_5,
            Self::Hebrew => ISO_8859_8,
            Self::Iso2022Jp => ISO_2022_JP,
            Self::Korean => EUC_KR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_set_is_read() {
        for (data_coding, octets, text) in [
            (0x05, &b"\x93\xfa\x96\x7b A"[..], "\u{65e5}\u{672c} A"),
            (0x05, b"\x1b$BF|K\\\x1b(B A", "\u{65e5}\u{672c} A"),
            (0x06, b"\xbf\xe0\xd8\xd2\xd5\xe2", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
            (0x07, b"\xf9\xec\xe5\xed", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            (0x0A, b"\x1b$BF|K\\\x1b(B", "\u{65e5}\u{672c}"),
            (0x0E, b"\xc7\xd1\xb1\xdb", "\u{d55c}\u{ae00}"),
        ] {
            assert_eq!(Charset::of_data_coding(data_coding).unwrap().decode(octets), text, "{data_coding}");
        }
        assert!(
            [0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x0D]
                .map(Charset::of_data_coding)
                .iter()
                .all(Option::is_none)
        );
    }

    #[test]
    fn what_is_no_character_is_shown_as_such() {
        assert_eq!(Charset::Japanese.decode(b"a\x93"), "a\u{fffd}");
    }
}
