//! `user_message_reference` (SMPP 3.4, 5.3.2.17) as the client's own reference. SMPP has two octets for it; clients write
//! more, and fewer. Receipts give back the octets that came.

/// How octets in hexadecimal begin.
const HEXADECIMAL: &str = "0x";

/// The reference of these octets: a number if there are two, and otherwise the octets in hexadecimal.
pub(super) fn written(octets: &[u8]) -> String {
    match *octets {
        [high, low] => u16::from_be_bytes([high, low]).to_string(),
        _ => {
            let digits = octets.iter().map(|octet| format!("{octet:02x}"));
            std::iter::once(HEXADECIMAL.to_owned()).chain(digits).collect()
        }
    }
}

/// The octets of a reference; `None` for one that did not come by SMPP.
pub(super) fn octets(reference: &str) -> Option<Vec<u8>> {
    let Some(digits) = reference.strip_prefix(HEXADECIMAL) else {
        return reference.parse::<u16>().ok().map(|number| number.to_be_bytes().to_vec());
    };
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_of_any_length_comes_back() {
        for (given, expected) in [
            (&b"\x12\x67"[..], "4711"),
            (b"\0\x01", "1"),
            (b"\x07", "0x07"),
            (b"", "0x"),
            (b"\0\0\x12\x67", "0x00001267"),
            (b"6f1c", "0x36663163"),
            (&[0xFF; 63], &format!("0x{}", "ff".repeat(63))),
        ] {
            assert_eq!(written(given), expected);
            assert_eq!(octets(expected).as_deref(), Some(given), "{expected}");
        }
        for foreign in ["", "order 7", "65536", "0x1", "0xzz", "-1"] {
            assert_eq!(octets(foreign), None, "{foreign}");
        }
    }
}
