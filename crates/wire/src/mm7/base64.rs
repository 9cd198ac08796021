//! Base64 (RFC 4648, 4), as transfer encoding of MIME (RFC 2045, 6.8).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The octets of a line: 76 characters.
const LINE: usize = 57;

/// Octets as lines of base64.
pub(super) fn encode(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets.len() / 3 * 4 + octets.len() / LINE * 2 + 8);
    for line in octets.chunks(LINE) {
        for three in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|at| u32::from(three.get(at).copied().unwrap_or(0)));
            let bits = a << 16 | b << 8 | c;
            for place in 0..4usize {
                let index = (bits >> (18 - 6 * place)) & 0x3F;
                let digit = ALPHABET.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or(b'=');
                text.push(if place > three.len() { b'=' } else { digit });
            }
        }
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// Octets as base64 in one line, as HTTP's Basic authentication has it.
#[must_use]
pub fn encode_line(octets: &[u8]) -> String {
    let lines = encode(octets);
    lines.into_iter().filter(u8::is_ascii_graphic).map(char::from).collect()
}

/// The octets of a text in base64. Line ends, spaces and what stands behind the padding are ignored; `None` for other characters.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for character in text.iter().take_while(|character| **character != b'=') {
        let digit = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\r' | b'\n' | b' ' | b'\t' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            octets.push(u8::try_from(bits >> held & 0xFF).unwrap_or(0));
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, 10.
    #[test]
    fn the_vectors_of_the_specification_hold() {
        for (octets, text) in [
            ("", ""),
            ("f", "Zg==\r\n"),
            ("fo", "Zm8=\r\n"),
            ("foo", "Zm9v\r\n"),
            ("foob", "Zm9vYg==\r\n"),
            ("fooba", "Zm9vYmE=\r\n"),
            ("foobar", "Zm9vYmFy\r\n"),
        ] {
            assert_eq!(encode(octets.as_bytes()), text.as_bytes());
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(octets.as_bytes()));
        }
        assert_eq!(decode(b"Zm9*"), None);
        let long: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        assert!(encode(&long).split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        assert_eq!(decode(&encode(&long)), Some(long));
    }
}
