//! UCS-2, which the field fills with UTF-16: two octets a unit, the high one first (ISO/IEC 10646).
//! Writing is big-endian and without a byte order mark; reading takes what comes.

/// Appends `text` to `out` as UTF-16BE. Every text can be so written.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len().saturating_mul(2));
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_be_bytes());
    }
}

/// The number of 16-bit units of a text: two for what lies outside the basic multilingual plane.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Reads UTF-16BE. Never fails: a byte order mark is dropped, and obeyed if it says little-endian; a lone
/// surrogate gives U+FFFD; an odd octet at the end is ignored.
pub fn decode(octets: &[u8]) -> String {
    match octets {
        [0xFE, 0xFF, rest @ ..] => decode_units(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => decode_units(rest, u16::from_le_bytes),
        all => decode_units(all, u16::from_be_bytes),
    }
}

fn decode_units(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _odd) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
