//! What a text costs: alphabets, segments, headers.

pub mod alphabet;
pub mod coding;
pub mod header;
pub mod segment;
pub mod septets;
pub mod transliterate;

pub use alphabet::{NotInAlphabet, gsm, latin1, national, ucs2};

/// How characters are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Septets of the GSM 7-bit alphabet, or of national language shift tables in its place.
    Gsm7,
    /// ISO 8859-1, an octet a character.
    Latin1,
    /// UCS-2, or rather UTF-16BE, in units of 16 bits.
    Ucs2,
    /// 8-bit data that is no text.
    Octets,
}
