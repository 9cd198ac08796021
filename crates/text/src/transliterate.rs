//! Respelling a text in the GSM 7-bit default alphabet, so that a curly quote does not double what it costs.
//! It loses something by nature, so nothing here happens unless it is asked for; other scripts are not romanized.

mod greek;
mod latin;
mod signs;

use crate::gsm;
use std::borrow::Cow;

/// The text respelled in the default alphabet and its extension: typographic signs in their plain form, accented
/// letters without accents that the alphabet lacks, Greek in capitals.
///
/// All or nothing: a text that would need UCS-2 all the same, because of one emoji or one Chinese character, comes
/// back untouched, as does one that needs no change.
pub fn to_gsm(text: &str) -> Cow<'_, str> {
    let Err(missing) = gsm::units(text) else { return Cow::Borrowed(text) };
    // What stands before the first missing character may have to take a combining mark, but needs no respelling.
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..missing.position]);
    for character in text[missing.position..].chars() {
        if gsm::contains(character) {
            out.push(character);
        } else if is_accent(character) {
            accent(&mut out, character);
        } else if let Some(respelled) = respell(character) {
            out.push_str(respelled);
        } else {
            return Cow::Borrowed(text);
        }
    }
    Cow::Owned(out)
}

/// How a character that the alphabet lacks is spelled in it; empty for characters without a look of their own.
/// None for what can't be so spelled, and for what the alphabet has.
pub fn respell(character: char) -> Option<&'static str> {
    signs::respell(character).or_else(|| latin::respell(character)).or_else(|| greek::respell(character))
}

/// The combining diacritical marks.
fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&character)
}

/// Puts an accent on the last letter if the alphabet has the two as one, and leaves it away if not.
fn accent(out: &mut String, mark: char) {
    let Some(letter) = out.chars().next_back() else { return };
    if let Some(accented) = compose(letter, mark) {
        out.pop();
        out.push(accented);
    }
}

fn compose(letter: char, mark: char) -> Option<char> {
    Some(match (letter, mark) {
        ('a', '\u{300}') => 'à',
        ('e', '\u{300}') => 'è',
        ('i', '\u{300}') => 'ì',
        ('o', '\u{300}') => 'ò',
        ('u', '\u{300}') => 'ù',
        ('e', '\u{301}') => 'é',
        ('E', '\u{301}') => 'É',
        ('n', '\u{303}') => 'ñ',
        ('N', '\u{303}') => 'Ñ',
        ('a', '\u{308}') => 'ä',
        ('A', '\u{308}') => 'Ä',
        ('o', '\u{308}') => 'ö',
        ('O', '\u{308}') => 'Ö',
        ('u', '\u{308}') => 'ü',
        ('U', '\u{308}') => 'Ü',
        ('a', '\u{30A}') => 'å',
        ('A', '\u{30A}') => 'Å',
        ('C', '\u{327}') => 'Ç',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{respell, to_gsm};
    use crate::gsm;
    use std::borrow::Cow;

    #[test]
    fn whatever_is_respelled_is_in_the_alphabet() {
        let mut respelled = 0;
        for character in '\0'..='\u{FFFF}' {
            if let Some(text) = respell(character) {
                assert!(!gsm::contains(character), "{character} needs no respelling");
                assert!(gsm::units(text).is_ok(), "{character} becomes {text}");
                respelled += 1;
            }
        }
        assert!(respelled > 500, "{respelled}");
    }

    #[test]
    fn makes_typography_plain() {
        assert_eq!(
            to_gsm("\u{201C}Don\u{2019}t\u{201D} \u{2013} she said\u{2026}"),
            "\"Don't\" - she said..."
        );
        assert_eq!(to_gsm("10\u{A0}000\u{202F}€\u{200B}"), "10 000 €");
        assert_eq!(to_gsm("\u{FF21}\u{FF11}\u{FF01}"), "A1!");
    }

    #[test]
    fn takes_accents_off_only_where_it_must() {
        assert_eq!(to_gsm("Žluťoučký kůň à Århus"), "Zlutoucky kun à Århus");
        assert_eq!(to_gsm("Trường Đại học Việt"), "Truong Dai hoc Viet");
        assert_eq!(to_gsm("cafe\u{301} garc\u{327}on A\u{30A}"), "café garcon Å");
        assert_eq!(to_gsm("ΑΒΓ αβγ ώρα"), "ABΓ ABΓ ΩPA");
    }

    #[test]
    fn leaves_alone_what_it_cannot_save() {
        for text in ["\u{2018}x\u{2019} \u{1F600}", "\u{201C}你好\u{201D}", "Привет\u{2026}", "plain €"]
        {
            assert!(matches!(to_gsm(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
