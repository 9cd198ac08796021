//! Where a text may be divided without dividing what a reader takes for one character.
//!
//! The rules of Unicode's text segmentation (UAX #29, 3.1) as far as a short message has use for them: without the
//! rare prepended marks, and taking any joiner between two characters as meant.

mod marks;

use marks::MARKS;

/// The last position up to `limit` (itself a character's start, or the end) that is not inside a grapheme.
/// 0 if the text starts with a grapheme that reaches beyond `limit`.
pub(super) fn floor(text: &str, limit: usize) -> usize {
    let mut at = limit;
    while is_inside(text, at) {
        at = text[..at].char_indices().next_back().map_or(0, |(start, _)| start);
    }
    at
}

fn is_inside(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let (Some(left), Some(right)) = (before.chars().next_back(), after.chars().next()) else { return false };
    if left.is_ascii() && right.is_ascii() {
        return (left, right) == ('\r', '\n');
    }
    if left.is_control() {
        return false;
    }
    is_mark(right)
        || left == JOINER
        || (is_linker(left) && same_script(left, right) && right.is_alphabetic())
        || is_one_syllable(left, right)
        || (is_regional(right) && before.chars().rev().take_while(|&c| is_regional(c)).count() % 2 == 1)
}

const JOINER: char = '\u{200D}';

fn is_mark(character: char) -> bool {
    let code = u32::from(character);
    let at = MARKS.partition_point(|&(_, last)| last < code);
    MARKS.get(at).is_some_and(|&(first, _)| first <= code)
}

/// Two regional indicators are a flag.
fn is_regional(character: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&character)
}

/// The viramas that join consonants (UAX #29, rule GB9c).
fn is_linker(character: char) -> bool {
    matches!(character, '\u{94D}' | '\u{9CD}' | '\u{ACD}' | '\u{B4D}' | '\u{C4D}' | '\u{D4D}')
}

/// The scripts of the linkers have a block of 128 each.
fn same_script(left: char, right: char) -> bool {
    u32::from(left) >> 7 == u32::from(right) >> 7
}

/// Whether Hangul letters belong to one syllable (UAX #29, rules GB6 to GB8).
fn is_one_syllable(left: char, right: char) -> bool {
    use Hangul::{Closed, Leading, Open, Trailing, Vowel};
    let (Some(left), Some(right)) = (hangul(left), hangul(right)) else { return false };
    match left {
        Leading => right != Trailing,
        Open | Vowel => matches!(right, Vowel | Trailing),
        Closed | Trailing => right == Trailing,
    }
}

#[derive(PartialEq)]
enum Hangul {
    Leading,
    Vowel,
    Trailing,
    /// A syllable without a trailing consonant.
    Open,
    /// A syllable with one.
    Closed,
}

fn hangul(character: char) -> Option<Hangul> {
    const SYLLABLES: u32 = 0xAC00;
    const TRAILING_CONSONANTS: u32 = 28;
    match character {
        '\u{1100}'..='\u{115F}' | '\u{A960}'..='\u{A97C}' => Some(Hangul::Leading),
        '\u{1160}'..='\u{11A7}' | '\u{D7B0}'..='\u{D7C6}' => Some(Hangul::Vowel),
        '\u{11A8}'..='\u{11FF}' | '\u{D7CB}'..='\u{D7FB}' => Some(Hangul::Trailing),
        '\u{AC00}'..='\u{D7A3}' => {
            let open = (u32::from(character) - SYLLABLES).is_multiple_of(TRAILING_CONSONANTS);
            Some(if open { Hangul::Open } else { Hangul::Closed })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::floor;

    /// A grapheme has no boundary but its ends, whatever surrounds it.
    fn is_whole(grapheme: &str) {
        let text = format!("a{grapheme}b");
        for (at, _) in text.char_indices() {
            let inside = at > 1 && at < 1 + grapheme.len();
            assert_eq!(floor(&text, at), if inside { 1 } else { at }, "{grapheme} at {at}");
        }
    }

    #[test]
    fn keeps_what_belongs_together() {
        is_whole("\r\n");
        is_whole("e\u{301}");
        is_whole("\u{1F44D}\u{1F3FD}"); // thumbs up, with a skin tone
        is_whole("\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}"); // a family
        is_whole("\u{2764}\u{FE0F}\u{200D}\u{1F525}"); // a heart on fire
        is_whole("\u{1F1E9}\u{1F1EA}"); // a flag
        is_whole("\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}"); // a flag made of tags
        is_whole("\u{915}\u{94D}\u{937}\u{93F}"); // kshi
        is_whole("\u{1112}\u{1161}\u{11AB}"); // han, in letters
        is_whole("\u{D558}\u{11AB}"); // han, from an open syllable
        is_whole("1\u{FE0F}\u{20E3}"); // a keycap
    }

    #[test]
    fn divides_what_does_not() {
        for text in
            ["ab", "a\r", "\n\r", "\u{1F600}\u{1F600}", "\u{D55C}\u{AE00}", "\u{915}\u{916}", "\n\u{301}"]
        {
            let middle = text.chars().next().unwrap().len_utf8();
            assert_eq!(floor(text, middle), middle, "{text:?}");
        }
        let two_flags = "\u{1F1E9}\u{1F1EA}\u{1F1EB}\u{1F1F7}";
        assert_eq!(floor(two_flags, 8), 8);
        assert_eq!(floor(two_flags, 12), 8);
    }
}
