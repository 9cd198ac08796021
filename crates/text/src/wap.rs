//! WAP push: a service indication (WAP-167) or service loading (WAP-168) in the octets of a message to an application's port.
//! Both are a WSP push PDU (WAP-230, 8.2.4.1) around a document of WBXML (WAP-192).

/// The port of connectionless push, and that of its sender (WAP-259, 6.7).
pub const PUSH_PORT: u16 = 2_948;
/// The port that such pushes come from.
pub const PUSH_SOURCE_PORT: u16 = 9_200;

/// The transaction, and the type of PDU: push.
const PUSH: [u8; 2] = [0x01, 0x06];
/// The charset parameter of a content type: UTF-8.
const UTF8: [u8; 2] = [0x81, 0xEA];
/// The content types of service indications and of service loading.
const SI_TYPE: u8 = 0xAE;
const SL_TYPE: u8 = 0xB0;

const VERSION: u8 = 0x02;
const SI_PUBLIC: u8 = 0x05;
const SL_PUBLIC: u8 = 0x06;
/// UTF-8, and an empty table of strings.
const PROLOGUE: [u8; 2] = [0x6A, 0x00];
const END: u8 = 0x01;
const INLINE: u8 = 0x03;

/// The beginnings of a URL that have a token of their own, by their distance from the one without any.
const BEGINNINGS: [(&str, u8); 4] =
    [("http://www.", 2), ("https://www.", 4), ("http://", 1), ("https://", 3)];
/// The ends of a host's name that have a token of their own.
const ENDS: [(&str, u8); 4] = [(".com/", 0x85), (".edu/", 0x86), (".net/", 0x87), (".org/", 0x88)];

/// A service indication: the handset shows the title, and opens the URL when it is chosen.
#[must_use]
pub fn indication(url: &str, title: &str) -> Vec<u8> {
    let mut octets = begun(SI_TYPE, SI_PUBLIC);
    // <si>, and <indication> with attributes and content.
    octets.extend_from_slice(&[0x45, 0xC6]);
    href(0x0B, url, &mut octets);
    octets.push(END);
    inline(title, &mut octets);
    octets.extend_from_slice(&[END, END]);
    octets
}

/// Service loading: the handset opens the URL by itself, or asks whether it may.
#[must_use]
pub fn loading(url: &str) -> Vec<u8> {
    let mut octets = begun(SL_TYPE, SL_PUBLIC);
    // <sl> with attributes.
    octets.push(0x85);
    href(0x08, url, &mut octets);
    octets.push(END);
    octets
}

fn begun(content_type: u8, public: u8) -> Vec<u8> {
    let mut octets = PUSH.to_vec();
    // The length of the headers, and that of the one among them.
    octets.extend_from_slice(&[4, 3, content_type]);
    octets.extend_from_slice(&UTF8);
    octets.extend_from_slice(&[VERSION, public]);
    octets.extend_from_slice(&PROLOGUE);
    octets
}

/// The attribute with a URL. `plain` is the token of one without a beginning that has its own.
fn href(plain: u8, url: &str, octets: &mut Vec<u8>) {
    let known = BEGINNINGS.iter().find_map(|(text, more)| Some((url.strip_prefix(text)?, *more)));
    let (rest, more) = known.unwrap_or((url, 0));
    octets.push(plain + more);
    // The end of the host's name alone: what stands in the path stays there.
    let end = ENDS.iter().find_map(|(text, token)| {
        let (host, path) = rest.split_once(text)?;
        (!host.contains('/')).then_some((host, path, *token))
    });
    match end {
        Some((host, path, token)) => {
            inline(host, octets);
            octets.push(token);
            inline(path, octets);
        }
        None => inline(rest, octets),
    }
}

/// A string, unless it is empty. A zero ends it.
pub(crate) fn inline(text: &str, octets: &mut Vec<u8>) {
    if !text.is_empty() {
        octets.push(INLINE);
        octets.extend(text.bytes().filter(|octet| *octet != 0));
        octets.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of WAP-167, 8.4, without its times.
    #[test]
    fn an_indication_is_written_as_in_the_specification() {
        let expected = [
            &[0x01, 0x06, 0x04, 0x03, 0xAE, 0x81, 0xEA, 0x02, 0x05, 0x6A, 0x00, 0x45, 0xC6, 0x0D, 0x03][..],
            b"xyz\0",
            &[0x85, 0x03],
            b"email/123/abc.wml\0",
            &[0x01, 0x03],
            b"You have 4 new emails\0",
            &[0x01, 0x01],
        ]
        .concat();
        let written = indication("http://www.xyz.com/email/123/abc.wml", "You have 4 new emails");
        assert_eq!(written, expected);
    }

    #[test]
    fn loading_is_written_as_in_the_specification() {
        for (url, token, rest) in [
            ("http://www.xyz.com/ppaid/123/abc.wml", 0x0A, &b"\x03xyz\0\x85\x03ppaid/123/abc.wml\0"[..]),
            ("https://example.net/", 0x0B, b"\x03example\0\x87"),
            ("https://www.example.org/a.com/b", 0x0C, b"\x03example\0\x88\x03a.com/b\0"),
            ("http://a.example/x.com/", 0x09, b"\x03a.example/x.com/\0"),
            ("sms:60006", 0x08, b"\x03sms:60006\0"),
        ] {
            let begun = [0x01, 0x06, 0x04, 0x03, 0xB0, 0x81, 0xEA, 0x02, 0x06, 0x6A, 0x00, 0x85, token];
            assert_eq!(loading(url), [&begun, rest, &[END]].concat(), "{url}");
        }
    }
}
