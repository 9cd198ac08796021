//! Addresses of the web in texts.

use std::ops::Range;

/// The longest address that is shortened, in octets.
pub(super) const ADDRESS_MAX: usize = 2_000;
const SCHEMES: [&str; 2] = ["https://", "http://"];
/// Signs that end a sentence rather than an address.
const TRAILING: [char; 9] = ['.', ',', ';', ':', '!', '?', '\'', '*', '_'];
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// The addresses in a text, with `http://` or `https://` before them, in order. Addresses with letters beyond ASCII are passed over:
/// where they end nobody can tell.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (begin, _) in text.match_indices("://") {
        let Some(begin) = scheme(text, begin) else { continue };
        if found.last().is_some_and(|last| begin < last.end) {
            continue;
        }
        let Some(rest) = text.get(begin..) else { continue };
        let is_sign =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`' | '\\' | '^' | '|');
        let end = rest.find(|c| !is_sign(c)).unwrap_or(rest.len());
        let goes_on = rest.get(end..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
        let address = trimmed(rest.get(..end).unwrap_or_default());
        if !goes_on && address.len() <= ADDRESS_MAX && has_host(address) {
            found.push(begin..begin + address.len());
        }
    }
    found
}

/// The beginning of the scheme before `://`, if it is one of the web's.
fn scheme(text: &str, colon: usize) -> Option<usize> {
    let end = colon + "://".len();
    SCHEMES.into_iter().find_map(|scheme| {
        let begin = end.checked_sub(scheme.len())?;
        let is_it = text.get(begin..end)?.eq_ignore_ascii_case(scheme);
        let before = text.get(..begin)?.chars().next_back();
        (is_it && before.is_none_or(|c| !c.is_ascii_alphanumeric())).then_some(begin)
    })
}

/// An address without what stands behind it.
fn trimmed(mut address: &str) -> &str {
    loop {
        let Some(last) = address.chars().next_back() else { return address };
        let is_unopened = BRACKETS.into_iter().any(|(open, close)| {
            last == close && address.matches(open).count() < address.matches(close).count()
        });
        if !is_unopened && !TRAILING.contains(&last) {
            return address;
        }
        address = address.strip_suffix(last).unwrap_or_default();
    }
}

fn has_host(address: &str) -> bool {
    let host = address.split_once("://").map_or("", |(_, rest)| rest);
    host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
}

/// Where an address in the source of a text leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source<'s> {
    /// The same for everybody.
    Whole(&'s str),
    /// To this beginning, behind which comes what each recipient has of their own.
    Beginning(&'s str),
}

/// The addresses in the source of a text. Only addresses whose host the source itself names are among them: what a variable brings is
/// somebody else's.
pub(super) fn sources(source: &str, is_template: bool) -> Vec<Source<'_>> {
    let whole = |range: Range<usize>| source.get(range).unwrap_or_default();
    let all = addresses(source).into_iter().map(whole);
    if !is_template {
        return all.map(Source::Whole).collect();
    }
    all.filter_map(|address| match address.find('{') {
        None => Some(Source::Whole(address)),
        Some(brace) => {
            let beginning = address.get(..brace)?;
            let (_, rest) = beginning.split_once("://")?;
            rest.contains(['/', '?', '#']).then_some(Source::Beginning(beginning))
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn addresses_are_found_without_what_stands_around_them() {
        for (text, expected) in [
            ("Look: https://shop.example/a?b=1&c=2#d.", &["https://shop.example/a?b=1&c=2#d"][..]),
            (
                "(https://a.example/x_(y)) and HTTP://b.example!",
                &["https://a.example/x_(y)", "HTTP://b.example"],
            ),
            ("https://a.example/,https://b.example", &["https://a.example/,https://b.example"]),
            ("\"https://a.example\" <https://b.example/>", &["https://a.example", "https://b.example/"]),
            ("https://a.example/ö https://b.example/x…", &["https://b.example/x"]),
            ("见https://a.example/b谢谢", &[]),
            ("见https://a.example/b。谢谢", &["https://a.example/b"]),
            ("ftp://a.example https:// https://. xhttps://a.example", &[]),
            ("https://[2001:db8::1]/x", &["https://[2001:db8::1]/x"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        assert!(found(&format!("https://a.example/{}", "x".repeat(ADDRESS_MAX))).is_empty());
    }

    #[test]
    fn a_source_says_which_addresses_are_its_own() {
        let source = "https://a.example/s {{ x }} https://b.example/{{ id }} https://c.example{{ x }} https://{{ h }}/ \
            https://d.example/q?i={% if a %}1{% endif %}";
        let expected = [
            Source::Whole("https://a.example/s"),
            Source::Beginning("https://b.example/"),
            Source::Beginning("https://d.example/q?i="),
        ];
        assert_eq!(sources(source, true), expected);
        assert_eq!(sources("https://a.example/{x}", false), [Source::Whole("https://a.example/{x}")]);
    }
}
