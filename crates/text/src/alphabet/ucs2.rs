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

/// Reads UTF-16 of people who may not have said, and not have known, in which order they write it: as [`decode`] does,
/// but as little-endian without a byte order mark too, if most of it is then plain Latin and none of it otherwise.
pub fn guess(octets: &[u8]) -> String {
    if is_swapped(octets) { decode_units(octets, u16::from_le_bytes) } else { decode(octets) }
}

/// The same text with the high octet of each unit first and without a byte order mark, as [`guess`] reads it.
pub fn big_endian(octets: &[u8]) -> Vec<u8> {
    let swap =
        |octets: &[u8]| octets.as_chunks::<2>().0.iter().flat_map(|[low, high]| [*high, *low]).collect();
    match octets {
        [0xFE, 0xFF, rest @ ..] => rest.to_vec(),
        [0xFF, 0xFE, rest @ ..] => swap(rest),
        all if is_swapped(all) => swap(all),
        all => all.to_vec(),
    }
}

/// Whether more than half of the units are ASCII with their octets swapped, and none as they stand. Three different ones
/// are asked for: there are texts in Chinese with little in them but `\u{4e00}`, which is a swapped `N`.
fn is_swapped(octets: &[u8]) -> bool {
    let is_plain = |octet: u8| octet == b'\n' || octet == b'\r' || (0x20..0x7F).contains(&octet);
    let (pairs, _odd) = octets.as_chunks::<2>();
    let mut kinds: u128 = 0;
    let mut swapped = 0;
    for pair in pairs {
        match *pair {
            [0, low] if is_plain(low) => return false,
            [high, 0] if is_plain(high) => {
                swapped += 1;
                kinds |= 1 << high;
            }
            _ => {}
        }
    }
    swapped * 2 > pairs.len() && kinds.count_ones() >= 3
}

fn decode_units(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _odd) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_octets_is_guessed() {
        let swapped = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let straight = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        for text in ["Hello", "Se\u{f1}or \u{1f600}!", "a\nb"] {
            assert_eq!(guess(&swapped(text)), text);
        }
        for text in ["", "Hello", "\u{4e00}\u{4e00}\u{4e00}", "\u{3000}\u{4e00} \u{5200}", "\u{416}\u{1f600}"]
        {
            assert_eq!(guess(&straight(text)), text);
        }
        // A mark says it, an odd octet at the end says nothing.
        for (octets, text) in
            [(&b"\xfe\xff\x04\x16"[..], "\u{416}"), (b"\xff\xfe\x16\x04", "\u{416}"), (b"\0H\0i\0", "Hi")]
        {
            assert_eq!(guess(octets), text);
        }
    }
}
