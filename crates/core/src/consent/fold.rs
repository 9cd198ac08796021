//! Texts in the form in which keywords are compared: without case, accents, punctuation, emoji and ornament.

/// The longest text that is folded, in characters: no keyword stands in a longer one.
const FOLDED_MAX: usize = 160;

/// The words of a text, folded; none of a text that is longer than a keyword's text can be.
#[must_use]
pub(crate) fn words(text: &str) -> Vec<String> {
    if text.chars().nth(FOLDED_MAX).is_some() {
        return Vec::new();
    }
    let mut words = vec![String::new()];
    for character in text.chars() {
        match folded(character) {
            Folded::Letters(letters) => words.iter_mut().last().into_iter().for_each(|word| *word += letters),
            Folded::Letter(letter) => words.iter_mut().last().into_iter().for_each(|word| word.push(letter)),
            Folded::Nothing => {}
            Folded::Gap => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    spelled_out(words).into_iter().map(|word| without_repetition(&word)).collect()
}

/// Joins single letters to a word: `S T O P` and `s.t.o.p` are spelled out.
fn spelled_out(words: Vec<String>) -> Vec<String> {
    let is_letter = |word: &String| word.len() == 1;
    if words.len() > 2 && words.iter().all(is_letter) { vec![words.concat()] } else { words }
}

/// Makes one of three and more equal letters: `stooop`.
fn without_repetition(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut count = 1;
        while letters.next_if_eq(&letter).is_some() {
            count += 1;
        }
        let is_emphasis = count > 2 && letter.is_alphabetic();
        out.extend(std::iter::repeat_n(letter, if is_emphasis { 1 } else { count }));
    }
    out
}

/// What becomes of a character.
enum Folded {
    Letter(char),
    Letters(&'static str),
    /// It is no part of a word, and ends none: accents, vowel signs, apostrophes, characters that nobody sees.
    Nothing,
    /// It stands between words.
    Gap,
}

fn folded(character: char) -> Folded {
    match character {
        'a'..='z' | '0'..='9' => Folded::Letter(character),
        'A'..='Z' => Folded::Letter(character.to_ascii_lowercase()),
        // Full-width forms.
        '\u{FF01}'..='\u{FF5E}' => ascii(character, 0xFF01, '!'),
        // Letters in circles.
        '\u{24B6}'..='\u{24CF}' => ascii(character, 0x24B6, 'a'),
        '\u{24D0}'..='\u{24E9}' => ascii(character, 0x24D0, 'a'),
        // Letters in squares, as emoji.
        '\u{1F130}'..='\u{1F149}' => ascii(character, 0x1F130, 'a'),
        '\u{1F150}'..='\u{1F169}' => ascii(character, 0x1F150, 'a'),
        '\u{1F170}'..='\u{1F189}' => ascii(character, 0x1F170, 'a'),
        // Mathematical letters, bold and italic: alphabets of 26 capitals and 26 small letters.
        '\u{1D400}'..='\u{1D6A3}' => mathematical(character),
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '`' | '\u{B4}' | '\u{AD}' => Folded::Nothing,
        _ if is_mark(character) => Folded::Nothing,
        _ if character.is_alphanumeric() => letter(character),
        _ => Folded::Gap,
    }
}

/// The ASCII character at the same place of a block.
fn ascii(character: char, block: u32, first: char) -> Folded {
    let place = u32::from(character).saturating_sub(block);
    char::from_u32(u32::from(first) + place).map_or(Folded::Gap, |character| match character {
        'a'..='z' | '0'..='9' => Folded::Letter(character),
        'A'..='Z' => Folded::Letter(character.to_ascii_lowercase()),
        _ => Folded::Gap,
    })
}

fn mathematical(character: char) -> Folded {
    let place = (u32::from(character) - 0x1D400) % 26;
    char::from_u32(u32::from('a') + place).map_or(Folded::Gap, Folded::Letter)
}

/// Accents, vowel and tone marks, and characters that nobody sees.
const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5C7}'
            | '\u{610}'..='\u{61A}'
            | '\u{640}'
            | '\u{64B}'..='\u{65F}'
            | '\u{670}'
            | '\u{94D}'
            | '\u{E31}'
            | '\u{E34}'..='\u{E3A}'
            | '\u{E47}'..='\u{E4E}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FE20}'..='\u{FE2F}'
            | '\u{FEFF}'
    )
}

/// A letter without its accent, in lower case.
fn letter(character: char) -> Folded {
    let mut lower = character.to_lowercase();
    let character = lower.next().unwrap_or(character);
    Folded::Letter(match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ' | 'ị' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ'..='ợ' => 'o',
        'ŕ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ'..='ự' => 'u',
        'ý' | 'ÿ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ß' => return Folded::Letters("ss"),
        'æ' => return Folded::Letters("ae"),
        'œ' => return Folded::Letters("oe"),
        // Greek.
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        // Cyrillic.
        'ё' => 'е',
        'й' => 'и',
        // Arabic: forms of alef, and final forms.
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        'ة' => 'ه',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ornament_is_left_out() {
        for (text, expected) in [
            ("  \u{201c}STOP!\u{201d} \u{1F6D1}", "stop"),
            ("Arr\u{ea}t", "arret"),
            ("ARRE\u{302}T", "arret"),
            ("\u{FF33}\u{FF34}\u{FF2F}\u{FF30}", "stop"),
            ("\u{1D412}\u{1D413}\u{1D40E}\u{1D40F}", "stop"),
            ("S T O P", "stop"),
            ("s.t.o.p.", "stop"),
            ("STOOOPPP", "stop"),
            ("opt-out", "opt out"),
            ("don\u{2019}t", "dont"),
            ("\u{130}PTAL", "iptal"),
            ("\u{3A3}\u{3A4}\u{39F}\u{3A0}", "\u{3c3}\u{3c4}\u{3bf}\u{3c0}"),
            ("\u{625}\u{64A}\u{642}\u{627}\u{641}", "\u{627}\u{64A}\u{642}\u{627}\u{641}"),
            ("st\u{200B}op", "stop"),
            ("100 200", "100 200"),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
        assert!(words(&"x ".repeat(200)).is_empty());
    }
}
