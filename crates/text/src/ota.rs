//! Bookmarks of a handset's browser (OTA Settings Specification 7.0 of Nokia and Ericsson), in the octets of a message to its port: a
//! WSP push PDU around a document of WBXML.

use crate::wap::inline;

/// The port of settings and bookmarks, and the one that they come from.
pub const SETTINGS_PORT: u16 = 49_999;
/// See [`SETTINGS_PORT`].
pub const SETTINGS_SOURCE_PORT: u16 = 49_154;

/// The transaction, and the type of PDU: push.
const PUSH: [u8; 2] = [0x01, 0x06];
/// The content type, which has no number of its own.
const BOOKMARKS: &[u8] = b"application/x-wap-prov.browser-bookmarks\0";
/// The charset parameter of a content type: UTF-8.
const UTF8: [u8; 2] = [0x81, 0xEA];
/// WBXML 1.1, an unknown public identifier, UTF-8, and an empty table of strings.
const PROLOGUE: [u8; 4] = [0x01, 0x01, 0x6A, 0x00];
const END: u8 = 0x01;
/// `<CHARACTERISTIC-LIST>` with content.
const LIST: u8 = 0x45;
/// `<CHARACTERISTIC TYPE="BOOKMARK">` with attributes and content.
const BOOKMARK: [u8; 3] = [0xC6, 0x7F, END];
/// `<PARM` with attributes, `NAME="NAME"` and `NAME="URL"`, and `VALUE=`.
const PARM: u8 = 0x87;
const NAME: u8 = 0x15;
const URL: u8 = 0x17;
const VALUE: u8 = 0x11;

/// A bookmark with a name and a URL.
#[must_use]
pub fn bookmark(name: &str, url: &str) -> Vec<u8> {
    let mut octets = PUSH.to_vec();
    // The length of the headers, and that of the content type among them (WAP-230, 8.4.1.2), each below 31 octets in one octet.
    let value = BOOKMARKS.len() + UTF8.len();
    octets.extend_from_slice(&[octet(value + 2), LENGTH_QUOTE, octet(value)]);
    octets.extend_from_slice(BOOKMARKS);
    octets.extend_from_slice(&UTF8);
    octets.extend_from_slice(&PROLOGUE);
    octets.push(LIST);
    octets.extend_from_slice(&BOOKMARK);
    for (parameter, value) in [(NAME, name), (URL, url)] {
        octets.extend_from_slice(&[PARM, parameter, VALUE]);
        inline(value, &mut octets);
        octets.push(END);
    }
    octets.extend_from_slice(&[END, END]);
    octets
}

/// Says that a length follows as a number of its own.
const LENGTH_QUOTE: u8 = 0x1F;

/// A length below 128, as it is written in one octet.
const fn octet(length: usize) -> u8 {
    (length & 0x7F) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The octets that gammu and Kannel write for it, too; Wireshark names the tokens.
    #[test]
    fn a_bookmark_is_written_as_in_the_specification() {
        let expected = [
            &[0x01, 0x06, 0x2D, 0x1F, 0x2B][..],
            b"application/x-wap-prov.browser-bookmarks\0",
            &[0x81, 0xEA, 0x01, 0x01, 0x6A, 0x00, 0x45, 0xC6, 0x7F, 0x01, 0x87, 0x15, 0x11, 0x03],
            b"Wap\0",
            &[0x01, 0x87, 0x17, 0x11, 0x03],
            b"http://a.example/\0",
            &[0x01, 0x01, 0x01],
        ]
        .concat();
        assert_eq!(bookmark("Wap", "http://a.example/"), expected);
    }
}
