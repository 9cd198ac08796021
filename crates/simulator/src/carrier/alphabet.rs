//! A carrier's default alphabet, data_coding 0 (SMPP 3.4 section 5.2.19), which the specification
//! leaves to it.

use postrider_text::{Encoding, septets, ucs2};

/// An alphabet that carriers read texts of data_coding 0 in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// GSM 7-bit, a septet an octet.
    #[default]
    Gsm7,
    /// GSM 7-bit, packed.
    Gsm7Packed,
    /// ISO 8859-1.
    Latin1,
    /// ASCII; other octets become `?`.
    Ascii,
    /// UTF-8.
    Utf8,
}

impl Alphabet {
    /// The same text in an encoding that handsets know. `header` is the length of the user data header before it, its own
    /// length octet not counted.
    pub(super) fn read(self, header: usize, octets: &[u8]) -> (Encoding, Vec<u8>) {
        match self {
            Self::Gsm7 => (Encoding::Gsm7, octets.to_vec()),
            Self::Latin1 => (Encoding::Latin1, octets.to_vec()),
            Self::Ascii => {
                let plain = |octet: &u8| if octet.is_ascii() { *octet } else { b'?' };
                (Encoding::Latin1, octets.iter().map(plain).collect())
            }
            Self::Gsm7Packed => {
                let fill = if header == 0 { 0 } else { septets::fill_bits(header + 1) };
                (Encoding::Gsm7, septets::unpack_all(octets, fill))
            }
            Self::Utf8 => {
                let mut units = Vec::new();
                ucs2::encode(&String::from_utf8_lossy(octets), &mut units);
                (Encoding::Ucs2, units)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_same_text_in_each() {
        assert_eq!(Alphabet::Gsm7.read(0, b"\x00"), (Encoding::Gsm7, b"\x00".to_vec()));
        assert_eq!(Alphabet::Ascii.read(0, b"a\xe9"), (Encoding::Latin1, b"a?".to_vec()));
        assert_eq!(Alphabet::Latin1.read(0, b"\xe9"), (Encoding::Latin1, b"\xe9".to_vec()));
        assert_eq!(Alphabet::Utf8.read(0, "ж".as_bytes()), (Encoding::Ucs2, b"\x04\x36".to_vec()));
        // 3GPP TS 23.038: "hello" packed, alone and after a header of six octets, which leaves one bit to fill.
        assert_eq!(
            Alphabet::Gsm7Packed.read(0, b"\xe8\x32\x9b\xfd\x06"),
            (Encoding::Gsm7, b"hello".to_vec())
        );
        let after_header = b"\xd0\x65\x36\xfb\x0d";
        assert_eq!(Alphabet::Gsm7Packed.read(5, after_header), (Encoding::Gsm7, b"hello".to_vec()));
    }
}
