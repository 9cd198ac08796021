//! Mistakes of a file in words: what is wrong, and what to write instead.

use super::diagnostic::Diagnostic;
use super::syntax::SyntaxError;
use postrider_declare::tree::{Node, Step, dotted};
use postrider_declare::{Mistake, MistakeKind, suggest};
use std::ops::Range;

/// More known words than these are no help on one line.
const WORDS_MAX: usize = 12;

/// A mistake in what the file says, in words.
pub(crate) fn mistake(mistake: &Mistake, root: &Node) -> Diagnostic {
    let (value, key) = (value_span(root, &mistake.path), key_span(root, &mistake.path));
    let above = mistake.path.split_last().map_or(&[][..], |(_, above)| above);
    let place = place(above);
    // A place that is the name of something declared needs no name before its mistake.
    let is_key = root.key_span(&mistake.path).is_some();
    let what = if is_key { format!("`{}`: ", last(&mistake.path)) } else { String::new() };
    match &mistake.kind {
        MistakeKind::UnknownKey { key: word, known } => Diagnostic::error(
            key,
            format!("unknown key `{word}`{place}"),
        )
        .help(meant(word, known, "keys here are")),
        MistakeKind::UnknownWord { word, known } => Diagnostic::error(
            value,
            format!("`{}` can't be \"{word}\"", last(&mistake.path)),
        )
        .help(meant(word, known, "it is one of")),
        MistakeKind::Missing(key) => {
            Diagnostic::error(key_span(root, above), format!("the key `{key}` is missing{place}"))
                .help(format!("add `{key} = ...`; `postrider config reference` tells what it is for"))
        }
        MistakeKind::Type(text) => Diagnostic::error(value, format!("{what}{text}")),
        MistakeKind::Value { what: wrong, help } if help.is_empty() => {
            Diagnostic::error(value, format!("{what}{wrong}"))
        }
        MistakeKind::Value { what: wrong, help } => {
            Diagnostic::error(value, format!("{what}{wrong}")).help(help)
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
            format!("invalid value `{word}`"),
        )
        .help(format!("put strings in quotes: \"{word}\""));
    }
    if is_value && here.trim_start_matches([' ', '\t']).chars().next().is_none_or(|c| "\r\n#".contains(c)) {
        return Diagnostic::error(error.span.clone(), "the value is missing")
            .help("write it behind the `=`, or leave the key out for its default");
    }
    Diagnostic::error(error.span.clone(), error.message.clone())
}

/// The place of the value at `path`, or of the nearest thing around it that has one.
pub(crate) fn value_span(root: &Node, path: &[Step]) -> Range<usize> {
    let Some(node) = root.find(path) else {
        return key_span(root, path.split_last().map_or(&[], |(_, above)| above));
    };
    // A table with a header of its own may be all over the file: its name is shown instead.
    match root.key_span(path) {
        Some(key) if node.span.start < key.end => key,
        _ => node.span.clone(),
    }
}

/// The place of the key at the end of `path`, or of the nearest one around it.
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

/// The last key of the path, with its index if it is an element.
fn last(path: &[Step]) -> String {
    let from = path.iter().rposition(|step| matches!(step, Step::Key(_))).unwrap_or(0);
    dotted(&path[from..])
}
