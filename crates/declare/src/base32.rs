//! Base32 (RFC 4648, section 6), in which keys of one-time codes are written and typed.

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Octets as text, without padding.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(5) * 8);
    for chunk in octets.chunks(5) {
        let mut bits = [0; 8];
        bits[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(bits);
        let count = (chunk.len() * 8).div_ceil(5);
        text.extend((0..count).map(|place| char::from(LETTERS[(bits >> (35 - 5 * place)) as usize & 31])));
    }
    text
}

/// Octets of a text: case, spaces, hyphens and padding don't matter. `None` if it is none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0u32, 0);
    let digits = text.trim_end_matches('=').bytes().filter(|octet| !matches!(octet, b' ' | b'-'));
    for digit in digits {
        let digit = digit.to_ascii_uppercase();
        let place = LETTERS.iter().position(|letter| *letter == digit)?;
        bits = (bits << 5) | u32::try_from(place).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from((bits >> count) & 0xFF).ok()?);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn it_is_as_the_standard_has_it() {
        for (octets, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(octets.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(octets.as_bytes()), "{text}");
        }
        assert_eq!(decode("mzxw 6ytb-oi======").as_deref(), Some(&b"foobar"[..]));
        for wrong in ["MZXW1", "é", "M=Z"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&every)), Some(every));
    }
}
