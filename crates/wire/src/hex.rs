//! Octets as hexadecimal digits, as UCP and CIMD2 write them: upper case when written, either case when read.

use bytes::BytesMut;

/// Appends each octet as two upper-case digits.
pub fn write(octets: &[u8], out: &mut BytesMut) {
    out.reserve(octets.len() * 2);
    for octet in octets {
        out.extend_from_slice(&pair(*octet));
    }
}

/// The two upper-case digits of an octet.
#[must_use]
pub const fn pair(octet: u8) -> [u8; 2] {
    [digit(octet >> 4), digit(octet & 0x0F)]
}

/// The octets that these digits are; `None` if one is no digit, or if there is an odd count of them.
#[must_use]
pub fn read(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|pair| octet(*pair)).collect()
}

/// The octet that two digits are.
#[must_use]
pub fn octet([high, low]: [u8; 2]) -> Option<u8> {
    Some(value(high)? << 4 | value(low)?)
}

const fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'A' + value - 10,
    }
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_case_is_read_and_upper_case_written() {
        let mut out = BytesMut::new();
        write(&[0x00, 0x9F, 0xAB], &mut out);
        assert_eq!(out, b"009FAB"[..]);
        assert_eq!(read(b"009fAb"), Some(vec![0x00, 0x9F, 0xAB]));
        for wrong in [&b"0"[..], b"0g", b"0/", b" 0"] {
            assert_eq!(read(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
