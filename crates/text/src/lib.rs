//! What a text costs: alphabets, segments, headers. Pure functions over text and octets; what becomes of the parts
//! is for others.
//!
//! A short message carries 140 octets (3GPP TS 23.040). As septets of the GSM 7-bit default alphabet they are 160
//! characters, as UCS-2 70; a longer text is sent in parts, each with a header that says which it is.
//! [`segment::cost`] says what a text needs, [`segment::split`] makes the parts, [`segment::join`] reads them.
//!
//! ```
//! use postrider_text::Encoding;
//! use postrider_text::segment::{self, Options};
//! use postrider_text::transliterate;
//!
//! let options = Options::default();
//! let text = "Your parcel is here: “come & get it”. We are open from 8 to 18, and on Saturdays to 12.";
//!
//! // Two curly quotes make it UCS-2, and so two messages.
//! let cost = segment::cost(text, &options);
//! assert_eq!((cost.encoding, cost.parts), (Encoding::Ucs2, 2));
//! assert_eq!(cost.forced_by, Some(('“', 21)));
//!
//! // With straight ones it is a single message.
//! let plain = transliterate::to_gsm(text);
//! let cost = segment::cost(&plain, &options);
//! assert_eq!((cost.encoding, cost.parts, cost.units_left), (Encoding::Gsm7, 1, 73));
//!
//! // The parts, with the reference that they share, and back.
//! let segments = segment::split(text, 0x2A, &options);
//! assert_eq!(segments.parts[0].header, [0x00, 3, 0x2A, 2, 1]);
//! assert_eq!(segment::join(segments.encoding, &segments.parts), text);
//! ```

pub mod alphabet;
pub mod coding;
pub mod header;
pub mod ota;
pub mod segment;
pub mod septets;
pub mod transliterate;
pub mod user_data;
pub mod vcalendar;
pub mod vcard;
pub mod wap;

pub use alphabet::{Alphabet, Charset, NameAlphabet, NotInAlphabet, gsm, latin1, national, ucs2};

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
