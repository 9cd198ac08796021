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
/// but as little-endian without a byte order mark too, if it is a text in that order alone.
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

/// Whether a text without a byte order mark is little-endian: it is plain Latin then, or in the scripts that people write, and is
/// neither as it stands.
fn is_swapped(octets: &[u8]) -> bool {
    is_swapped_latin(octets) || is_swapped_script(octets)
}

/// Whether more than half of the units are ASCII with their octets swapped, and none as they stand. Three different ones
/// are asked for: there are texts in Chinese with little in them but `\u{4e00}`, which is a swapped `N`.
fn is_swapped_latin(octets: &[u8]) -> bool {
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

/// Blocks of Unicode in which people write texts: the first and the last unit of each.
const WRITTEN: &[(u16, u16)] = &[
    (0x000A, 0x000D),
    (0x0020, 0x024F), // Latin
    (0x0300, 0x036F), // combining accents
    (0x0370, 0x0588), // Greek, Cyrillic, Armenian
    (0x0591, 0x05F4), // Hebrew
    (0x0600, 0x06FF), // Arabic
    (0x0900, 0x0DFF), // scripts of India and Sri Lanka
    (0x0E01, 0x0FFF), // Thai, Lao, Tibetan
    (0x1000, 0x109F), // Burmese
    (0x10A0, 0x11FF), // Georgian, parts of Hangul
    (0x1200, 0x137F), // Ethiopic
    (0x1780, 0x17FF), // Khmer
    (0x1E00, 0x1EFF), // Vietnamese
    (0x200B, 0x2060), // marks between and around words
    (0x20A0, 0x20BF), // currencies
    (0x2100, 0x2122),
    (0x2190, 0x2193),
    (0x2600, 0x27BF), // symbols
    (0x3000, 0x30FF), // marks, Hiragana and Katakana
    (0x3131, 0x318E), // parts of Hangul
    (0x4E00, 0x9FFF), // Chinese
    (0xAC00, 0xD7A3), // Hangul
    (0xFE0E, 0xFE0F), // forms of emoji
    (0xFF01, 0xFF9F), // wide Latin, narrow Katakana
];

/// Whether nine units in ten are written by people with their octets swapped, while fewer than four in five are as they stand, or
/// all are of one script. In texts of one unit nothing can be seen.
fn is_swapped_script(octets: &[u8]) -> bool {
    let (pairs, _odd) = octets.as_chunks::<2>();
    let is_odd = || written(pairs, u16::from_be_bytes) * 5 < pairs.len() * 4;
    pairs.len() > 1
        && (is_odd() || has_script_behind(pairs))
        && written(pairs, u16::from_le_bytes) * 10 >= pairs.len() * 9
}

/// Whether the second octets say the script, as the first ones do where nothing is swapped: they are all the same, and three or more
/// first ones differ. Greek with swapped octets is Hangul otherwise.
fn has_script_behind(pairs: &[[u8; 2]]) -> bool {
    let mut letters = pairs.iter().filter(|[high, low]| *low != 0 && *high != 0);
    let Some([first, script]) = letters.next() else { return false };
    let mut highs = vec![*first];
    for [high, low] in letters {
        if low != script {
            return false;
        }
        if !highs.contains(high) {
            highs.push(*high);
        }
    }
    highs.len() >= 3
}

/// How many units are in a block of [`WRITTEN`], or in a pair of surrogates.
fn written(pairs: &[[u8; 2]], unit: fn([u8; 2]) -> u16) -> usize {
    let units = pairs.iter().map(|&pair| unit(pair));
    let of = |character: char| {
        let is_written = u16::try_from(u32::from(character))
            .map_or(true, |unit| WRITTEN.iter().any(|(first, last)| (*first..=*last).contains(&unit)));
        if is_written { character.len_utf16() } else { 0 }
    };
    char::decode_utf16(units).filter_map(Result::ok).map(of).sum()
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
        let scripts = [
            "Да",
            "Привет, мир",
            "Скидка 20% до 5.12!",
            "Καλημέρα σας",
            "שלום לכולם",
            "مرحبا بكم",
            "नमस्ते दुनिया",
            "สวัสดีครับ ทุกคน",
            "안녕하세요, 반갑습니다",
            "你好,世界!今天天气很好",
            "こんにちは、世界",
            "გამარჯობა",
            "Grüße 😀😀",
            "😀",
        ];
        for text in ["Hello", "Se\u{f1}or \u{1f600}!", "a\nb"].into_iter().chain(scripts) {
            assert_eq!(guess(&swapped(text)), text);
            assert_eq!(big_endian(&swapped(text)), straight(text));
        }
        let plain = [
            "",
            "Hello",
            "\u{4e00}\u{4e00}\u{4e00}",
            "\u{3000}\u{4e00} \u{5200}",
            "\u{416}\u{1f600}",
            "一丁七",
        ];
        for text in plain.into_iter().chain(scripts) {
            assert_eq!(guess(&straight(text)), text);
            assert_eq!(big_endian(&straight(text)), straight(text));
        }
        // A mark says it, an odd octet at the end says nothing.
        for (octets, text) in
            [(&b"\xfe\xff\x04\x16"[..], "\u{416}"), (b"\xff\xfe\x16\x04", "\u{416}"), (b"\0H\0i\0", "Hi")]
        {
            assert_eq!(guess(octets), text);
        }
    }
}
