//! Keywords: the first word of a text, whatever its case, its accents and the punctuation around it.

use postrider_text::transliterate::respell;

/// The fewest characters of a keyword in which a typo is forgiven.
const TYPO_MIN: usize = 4;

/// A word as keywords are compared: in lower case, without accents and without punctuation around it; `None` if nothing is left.
#[must_use]
pub fn fold(word: &str) -> Option<Box<str>> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut folded = String::with_capacity(word.len());
    for character in word.chars().flat_map(char::to_lowercase) {
        match plain(character) {
            Some(plain) => folded.push(plain),
            None if ('\u{300}'..='\u{36F}').contains(&character) => {}
            None => folded.push(character),
        }
    }
    (!folded.is_empty()).then(|| folded.into())
}

/// The letter without its accent.
fn plain(character: char) -> Option<char> {
    if character.is_ascii() {
        return None;
    }
    Some(match character {
        '\u{e0}'..='\u{e5}' => 'a',
        '\u{e7}' => 'c',
        '\u{e8}'..='\u{eb}' => 'e',
        '\u{ec}'..='\u{ef}' => 'i',
        '\u{f1}' => 'n',
        '\u{f2}'..='\u{f6}' | '\u{f8}' => 'o',
        '\u{f9}'..='\u{fc}' => 'u',
        '\u{fd}' | '\u{ff}' => 'y',
        _ => {
            let mut letters = respell(character)?.chars();
            let letter = letters.next().filter(char::is_ascii_lowercase)?;
            return letters.next().is_none().then_some(letter);
        }
    })
}

/// The folded keyword of a text, and what is behind it.
#[must_use]
pub fn keyword_and_rest(text: &str) -> Option<(Box<str>, &str)> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = behind.trim_start();
        if let Some(word) = fold(word) {
            return Some((word, rest.trim_end()));
        }
    }
    None
}

/// The keyword that is meant by a word: the word itself, or the only one that it is one typo away from.
pub(super) fn meant<'k>(
    word: &str,
    exact: impl Fn(&str) -> bool,
    with_typos: impl Iterator<Item = &'k str>,
) -> Option<(Box<str>, bool)> {
    if exact(word) {
        return Some((word.into(), false));
    }
    let mut found: Option<&str> = None;
    for keyword in with_typos.filter(|keyword| is_typo_of(word, keyword)) {
        match found {
            Some(before) if before != keyword => return None,
            _ => found = Some(keyword),
        }
    }
    found.map(|keyword| (keyword.into(), true))
}

/// Whether one character is missing, too many, another, or two neighbours are swapped.
fn is_typo_of(word: &str, keyword: &str) -> bool {
    let (word, keyword): (Vec<char>, Vec<char>) = (word.chars().collect(), keyword.chars().collect());
    if keyword.len() < TYPO_MIN || word.len().abs_diff(keyword.len()) > 1 {
        return false;
    }
    let start = word.iter().zip(&keyword).take_while(|(a, b)| a == b).count();
    let (word, keyword) = (&word[start..], &keyword[start..]);
    match (word, keyword) {
        ([_, word @ ..], [_, keyword @ ..]) if word == keyword => true,
        ([a, b, word @ ..], [c, d, keyword @ ..]) if (a, b) == (d, c) && word == keyword => true,
        ([_, word @ ..], keyword) if word == keyword => true,
        (word, [_, keyword @ ..]) => word == keyword,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_the_first_word_whatever_its_dress() {
        for (text, keyword, rest) in [
            ("HOURS", "hours", ""),
            ("  \u{201c}Hours!\u{201d} on sunday ", "hours", "on sunday"),
            ("Caf\u{e9} now", "cafe", "now"),
            ("cafe\u{301}", "cafe", ""),
            ("\u{2014} pri\u{161}el x", "prisel", "x"),
            ("\u{c4}pfel", "apfel", ""),
            ("\u{41c}\u{415}\u{41d}\u{42e} 1", "\u{43c}\u{435}\u{43d}\u{44e}", "1"),
            ("\u{1f600} 1", "1", ""),
        ] {
            assert_eq!(keyword_and_rest(text), Some((keyword.into(), rest)), "{text}");
        }
        assert_eq!(keyword_and_rest(" \u{1f600} !"), None);
    }

    #[test]
    fn one_typo_is_forgiven_where_it_is_clear_what_is_meant() {
        let keywords = ["hours", "tours", "menu", "map", "help"];
        let meant = |word: &str| meant(word, |word| keywords.contains(&word), keywords.into_iter());
        for (word, keyword) in [
            ("hours", Some(("hours", false))),
            ("houers", Some(("hours", true))),
            ("huors", Some(("hours", true))),
            ("hous", Some(("hours", true))),
            ("menue", Some(("menu", true))),
            ("enu", Some(("menu", true))),
            // Either may be meant.
            ("ours", None),
            // Short words are too easily others.
            ("mep", None),
            ("hourzz", None),
            ("x", None),
        ] {
            let keyword = keyword.map(|(keyword, typo)| (Box::from(keyword), typo));
            assert_eq!(meant(word), keyword, "{word}");
        }
    }
}
