//! The mistakes of a declaration as a problem. Each that is in the body has its place there: a JSON pointer (RFC 6901, 6), line
//! and column.

use super::problem::Problem;
use axum::http::StatusCode;
use postrider_core::csv::{CsvMistake, CsvMistakes};
use postrider_declare::tree::Step;
use postrider_declare::{Mistake, RegistryError};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;

/// A document as it was sent.
#[derive(Clone, Copy)]
pub(super) struct Sent<'b> {
    pub(super) body: &'b [u8],
    /// Where the document is among all that is declared: its kind, and its name.
    pub(super) place: [&'b str; 2],
}

/// Why a document was not declared.
pub(super) fn refused(error: RegistryError, sent: Sent<'_>) -> Problem {
    match error {
        RegistryError::Mistakes(mistakes) => of_meaning(&mistakes.0, Some(sent)),
        RegistryError::Form(mistakes) => of_form(&mistakes.0, Some(sent)),
        other => other.into(),
    }
}

/// The problem of a declaration: the first mistake in words, and all of them in `errors`.
pub(super) fn of_meaning(mistakes: &[Mistake], sent: Option<Sent<'_>>) -> Problem {
    let first = mistakes.first();
    let detail = first.map_or_else(|| "the declaration is invalid".to_owned(), ToString::to_string);
    let detail = match mistakes.len() {
        0 | 1 => detail,
        more => format!("{detail} (and {} more)", more - 1),
    };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_declaration", detail);
    let problem = problem.with("errors", listed(mistakes, sent));
    match first {
        Some(first) => problem.at(first.place()),
        None => problem,
    }
}

/// Mistakes in the form of a document: the first in words, and all of them in `errors`.
pub(super) fn of_form(mistakes: &[Mistake], sent: Option<Sent<'_>>) -> Problem {
    let Some(first) = mistakes.first() else { return Problem::bad("invalid_request", "something is wrong") };
    let problem = Problem::bad("invalid_request", first.text()).at(first.place());
    problem.with("errors", listed(mistakes, sent))
}

fn listed(mistakes: &[Mistake], sent: Option<Sent<'_>>) -> Value {
    let error = |mistake: &Mistake| {
        let mut error = json!({ "field": mistake.place(), "detail": mistake.text() });
        let place = sent.and_then(|sent| sent.find(&mistake.path));
        if let (Some(place), Some(error)) = (place, error.as_object_mut()) {
            error.insert("pointer".to_owned(), place.pointer.into());
            error.insert("line".to_owned(), place.line.into());
            error.insert("column".to_owned(), place.column.into());
        }
        error
    };
    mistakes.iter().map(error).collect()
}

/// The place of a value in a body.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    pointer: String,
    line: usize,
    /// In octets, from 1.
    column: usize,
}

impl Sent<'_> {
    /// The place of a value, or of the object that lacks it; `None` if that isn't in the body.
    fn find(&self, path: &[Step]) -> Option<Place> {
        let path = self.within(path);
        let whole = std::str::from_utf8(self.body).ok()?;
        let (value, is_missing) = match find(whole, path) {
            Some(value) => (value, false),
            None => (find(whole, path.split_last()?.1)?, true),
        };
        // A patch leaves out what it doesn't change.
        if is_missing && !value.trim_start().starts_with('{') {
            return None;
        }
        let at = value.as_ptr().addr() - whole.as_ptr().addr() + (value.len() - value.trim_start().len());
        let before = whole.get(..at)?;
        let line = before.matches('\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |line_end| line_end + 1) + 1;
        Some(Place { pointer: pointer(path), line, column })
    }

    /// The part of a path that is inside the document.
    fn within<'p>(&self, path: &'p [Step]) -> &'p [Step] {
        let [kind, name] = self.place;
        match path {
            [Step::Key(first), Step::Key(second), inside @ ..] if first == kind && second == name => inside,
            whole => whole,
        }
    }
}

/// The text of the value at a path.
fn find<'b>(whole: &'b str, path: &[Step]) -> Option<&'b str> {
    let mut value = whole;
    for step in path {
        value = match step {
            Step::Key(key) => serde_json::from_str::<HashMap<String, &RawValue>>(value).ok()?.get(key)?.get(),
            Step::Index(index) => serde_json::from_str::<Vec<&RawValue>>(value).ok()?.get(*index)?.get(),
        };
    }
    Some(value)
}

/// A path as a JSON pointer in the form of a URI's fragment: `#/smpp/allow/0`.
fn pointer(path: &[Step]) -> String {
    let mut pointer = "#".to_owned();
    for step in path {
        pointer.push('/');
        match step {
            Step::Index(index) => pointer.push_str(&index.to_string()),
            Step::Key(key) => escape(&key.replace('~', "~0").replace('/', "~1"), &mut pointer),
        }
    }
    pointer
}

/// Writes what a fragment can hold as it is, and the rest in per cent (RFC 3986, 3.5).
fn escape(text: &str, to: &mut String) {
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&octet) {
            to.push(octet.into());
        } else {
            let _ = write!(to, "%{octet:02X}");
        }
    }
}

/// Mistakes in a table that was imported: the first in words, the listed ones in `errors`.
pub(super) fn of_table(code: &'static str, mistakes: &CsvMistakes) -> Problem {
    let first = mistakes.listed.first().map(ToString::to_string).unwrap_or_default();
    let detail = match mistakes.count {
        0 | 1 => first,
        more => format!("{first} (and {} more)", more - 1),
    };
    let error = |mistake: &CsvMistake| {
        let mut error = json!({ "line": mistake.line, "detail": mistake.what });
        if let Some(column) = mistake.column {
            error["field"] = column.into();
        }
        error
    };
    let errors: Value = mistakes.listed.iter().map(error).collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).with("errors", errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str =
        "{\n  \"rate\": -1,\n  \"smpp\": { \"allow\": [\"10.0.0.1\",\n    \"x\"] },\n  \"a/b ü\": 1\n}";

    fn key(key: &str) -> Step {
        Step::Key(key.to_owned())
    }

    #[test]
    fn a_mistake_has_its_place_in_the_body() {
        let sent = Sent { body: BODY.as_bytes(), place: ["accounts", "shop"] };
        let inside = |path: &[Step]| [&[key("accounts"), key("shop")], path].concat();
        let cases = [
            (inside(&[key("rate")]), Some(("#/rate", 2, 11))),
            (vec![key("rate")], Some(("#/rate", 2, 11))),
            (inside(&[key("smpp"), key("allow"), Step::Index(1)]), Some(("#/smpp/allow/1", 4, 5))),
            (inside(&[key("a/b ü")]), Some(("#/a~1b%20%C3%BC", 5, 13))),
            // What is missing is missing in its object.
            (inside(&[key("smpp"), key("system_id")]), Some(("#/smpp/system_id", 3, 11))),
            (inside(&[key("webhook"), key("url")]), None),
            (vec![key("routes"), key("all"), key("upstreams")], None),
        ];
        for (path, expected) in cases {
            let found = sent.find(&path);
            let found = found.as_ref().map(|place| (&*place.pointer, place.line, place.column));
            assert_eq!(found, expected, "{path:?}");
        }
    }
}
