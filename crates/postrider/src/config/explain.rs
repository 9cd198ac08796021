//! Mistakes in words: what the reader of the file noticed, and what whoever wrote the file should do.

use super::diagnostic::Diagnostic;
use super::read::{Kind, Mistake};
use super::tree::{Node, Step, SyntaxError};
use postrider_downstream::resource::{self, suggest};
use std::ops::Range;

/// More known words than these are no help on one line.
const WORDS_MAX: usize = 12;

/// A mistake of the reader, in words.
pub(crate) fn mistake(mistake: &Mistake, root: &Node) -> Diagnostic {
    let place = place(mistake.above());
    match &mistake.kind {
        Kind::UnknownKey(key, known) => {
            Diagnostic::error(key_span(root, &mistake.path), format!("unknown key `{key}`{place}"))
                .help(meant(key, known, "keys here are"))
        }
        Kind::UnknownWord(word, known) => Diagnostic::error(
            value_span(root, &mistake.path),
            format!("`{}` can't be \"{word}\"", last(&mistake.path)),
        )
        .help(meant(word, known, "it is one of")),
        Kind::Missing(key) => {
            Diagnostic::error(key_span(root, mistake.above()), format!("the key `{key}` is missing{place}"))
                .help(format!("add `{key} = ...`; `postrider config reference` tells what it is for"))
        }
        Kind::Value(why) => {
            Diagnostic::error(value_span(root, &mistake.path), format!("`{}`: {why}", last(&mistake.path)))
        }
    }
}

/// A mistake of syntax, in words.
pub(crate) fn syntax(error: &SyntaxError, text: &str) -> Diagnostic {
    let here = text.get(error.span.start..).unwrap_or("");
    let word: String = here.chars().take_while(|c| c.is_alphanumeric() || "_-.:/".contains(*c)).collect();
    let is_value = text[..error.span.start.min(text.len())].trim_end().ends_with(['=', ',', '[']);
    if is_value && word.starts_with(char::is_alphabetic) {
        return Diagnostic::error(
            error.span.start..error.span.start + word.len(),
            format!("`{word}` is no value"),
        )
        .help(format!("texts stand in quotes: \"{word}\""));
    }
    if is_value && here.trim_start_matches([' ', '\t']).chars().next().is_none_or(|c| "\r\n#".contains(c)) {
        return Diagnostic::error(error.span.clone(), "the value is missing")
            .help("write it behind the `=`, or leave the key out for its default");
    }
    Diagnostic::error(error.span.clone(), error.message.clone())
}

/// What is wrong with something declared, in words; what helps stands in its own words behind a semicolon, or begins with
/// "write".
pub(crate) fn declared(mistake: &resource::Mistake, path: &[Step], root: &Node) -> Diagnostic {
    let key = root.key_span(path).is_some();
    let what = if key { format!("`{}`: ", last(path)) } else { String::new() };
    let span = value_span(root, path);
    match (mistake.text.split_once("; "), mistake.text.split_once(": write ")) {
        (Some((text, help)), _) => Diagnostic::error(span, format!("{what}{text}")).help(help),
        (None, Some((text, help))) => {
            Diagnostic::error(span, format!("{what}{text}")).help(format!("write {help}"))
        }
        (None, None) => Diagnostic::error(span, format!("{what}{}", mistake.text)),
    }
}

/// Where the value at `path` stands, or the nearest thing around it that stands somewhere.
pub(crate) fn value_span(root: &Node, path: &[Step]) -> Range<usize> {
    let Some(node) = root.find(path) else {
        return key_span(root, path.split_last().map_or(&[], |(_, above)| above));
    };
    // A table with a header of its own stands all over the file: its name is shown instead.
    match root.key_span(path) {
        Some(key) if node.span.start < key.end => key,
        _ => node.span.clone(),
    }
}

/// Where the key at the end of `path` stands, or the nearest one around it.
pub(crate) fn key_span(root: &Node, path: &[Step]) -> Range<usize> {
    let mut path = path;
    while let Some((_, above)) = path.split_last() {
        if let Some(span) = root.key_span(path) {
            return span;
        }
        path = above;
    }
    0..0
}

/// "did you mean", or the words that are known.
fn meant(word: &str, known: &[&'static str], those: &str) -> String {
    match suggest(&word.to_lowercase(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() <= WORDS_MAX => {
            let words: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("{those} {}", words.join(", "))
        }
        None => "see `postrider config reference` for all keys".to_owned(),
    }
}

/// ` in [accounts.shop]`, for the table at `path`.
fn place(path: &[Step]) -> String {
    if path.is_empty() { String::new() } else { format!(" in [{}]", dotted(path)) }
}

/// The steps as a dotted key.
pub(crate) fn dotted(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The last key of the path, with its index if it is an element.
fn last(path: &[Step]) -> String {
    let from = path.iter().rposition(|step| matches!(step, Step::Key(_))).unwrap_or(0);
    dotted(&path[from..])
}
