//! Licence expressions (SPDX 2.3, annex D), as far as packages use them.

/// Whether a package under `expression` may be used by somebody who accepts the licences that `accepted` accepts.
/// The older form `MIT/Apache-2.0` means `OR`.
///
/// # Panics
/// If it is no expression.
pub(crate) fn permits(expression: &str, accepted: &impl Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let permitted = any(&mut rest, accepted);
    assert!(rest.is_empty(), "'{expression}' is no licence expression: {rest:?} is left over");
    permitted
}

fn any(words: &mut &[&str], accepted: &impl Fn(&str) -> bool) -> bool {
    let mut permitted = all(words, accepted);
    while take(words, "OR") {
        permitted |= all(words, accepted);
    }
    permitted
}

fn all(words: &mut &[&str], accepted: &impl Fn(&str) -> bool) -> bool {
    let mut permitted = one(words, accepted);
    while take(words, "AND") {
        permitted &= one(words, accepted);
    }
    permitted
}

fn one(words: &mut &[&str], accepted: &impl Fn(&str) -> bool) -> bool {
    if take(words, "(") {
        let permitted = any(words, accepted);
        assert!(take(words, ")"), "a bracket isn't closed");
        return permitted;
    }
    let licence = next(words);
    if take(words, "WITH") { accepted(&format!("{licence} WITH {}", next(words))) } else { accepted(licence) }
}

fn take(words: &mut &[&str], word: &str) -> bool {
    let found = words.first() == Some(&word);
    if found {
        *words = &words[1..];
    }
    found
}

fn next<'a>(words: &mut &[&'a str]) -> &'a str {
    let (first, rest) = words.split_first().unwrap_or_else(|| panic!("the expression breaks off"));
    *words = rest;
    first
}

#[test]
fn expressions_are_read_as_specified() {
    let cases = [
        ("MIT", "MIT", true),
        ("MIT", "ISC", false),
        ("MIT OR Apache-2.0", "MIT", true),
        ("MIT/Apache-2.0", "Apache-2.0", true),
        ("MIT AND ISC", "MIT", false),
        ("MIT AND ISC", "MIT ISC", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", "MIT", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", "MIT Unicode-3.0", true),
        ("ISC OR MIT AND Zlib", "MIT", false),
        ("ISC OR MIT AND Zlib", "ISC", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", "Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", "MIT", true),
    ];
    for (expression, accepted, permitted) in cases {
        let accepts = |licence: &str| accepted.split(' ').any(|one| one == licence);
        assert_eq!(permits(expression, &accepts), permitted, "{expression} by {accepted}");
    }
}
