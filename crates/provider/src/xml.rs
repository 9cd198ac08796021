//! The little of XML that providers use: elements, attributes, texts and the five named entities. A document type is refused, and
//! with it everything that grows by reference.

use crate::tree::{add, shown};
use serde_json::{Map, Value};

/// The deepest nesting of elements that is read.
const DEPTH_MAX: usize = 32;

/// Reads a document: an object of its root. An element with neither attributes nor elements in it is its text. Else it is an
/// object of both, with its text under the empty name.
pub(crate) fn read(document: &str) -> Option<Value> {
    let mut reader = Reader { rest: document.trim_start_matches('\u{FEFF}') };
    reader.skip_prolog()?;
    let (name, value) = reader.element(0)?;
    reader.skip_prolog()?;
    reader.rest.is_empty().then(|| Value::Object(Map::from_iter([(name, value)])))
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Skips declarations, comments and blanks.
    fn skip_prolog(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("<?") {
                self.after("?>")?;
            } else if self.rest.starts_with("<!--") {
                self.after("-->")?;
            } else {
                return Some(());
            }
        }
    }

    /// Goes on behind an end mark; returns what was before it.
    fn after(&mut self, mark: &str) -> Option<&'a str> {
        let (before, rest) = self.rest.split_once(mark)?;
        self.rest = rest;
        Some(before)
    }

    fn element(&mut self, depth: usize) -> Option<(String, Value)> {
        self.rest = self.rest.strip_prefix('<').filter(|_| depth < DEPTH_MAX)?;
        let name = self.name()?;
        let mut members = Map::new();
        let is_empty = self.attributes(&mut members)?;
        let mut text = String::new();
        if !is_empty {
            self.content(depth, name, &mut members, &mut text)?;
        }
        let value = if members.is_empty() {
            Value::String(text)
        } else {
            if !text.trim().is_empty() {
                members.insert(String::new(), Value::String(text));
            }
            Value::Object(members)
        };
        Some((local(name), value))
    }

    fn content(
        &mut self,
        depth: usize,
        name: &str,
        members: &mut Map<String, Value>,
        text: &mut String,
    ) -> Option<()> {
        loop {
            let (before, _) = self.rest.split_once('<')?;
            text.push_str(&unescaped(before)?);
            self.rest = &self.rest[before.len()..];
            if self.rest.starts_with("</") {
                let end = self.after(">")?;
                return (end.strip_prefix("</")?.trim_end() == name).then_some(());
            } else if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = rest;
                text.push_str(self.after("]]>")?);
            } else if self.rest.starts_with("<!--") {
                self.after("-->")?;
            } else if self.rest.starts_with("<?") {
                self.after("?>")?;
            } else {
                let (name, value) = self.element(depth + 1)?;
                add(members, name, value);
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(name)
    }

    /// Reads attributes up to the end of the tag. Returns whether the element ends with it.
    fn attributes(&mut self, members: &mut Map<String, Value>) -> Option<bool> {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                return Some(true);
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return Some(false);
            }
            let name = self.name()?;
            self.rest = self.rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            self.rest = &self.rest[1..];
            let value = self.after(if quote == '"' { "\"" } else { "'" })?;
            if !name.starts_with("xmlns") {
                add(members, format!("@{}", local(name)), Value::String(unescaped(value)?));
            }
        }
    }
}

/// A name without its namespace.
pub(crate) fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        plain.push_str(before);
        let (reference, after) = reference.split_once(';')?;
        plain.push(match reference {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

/// Writes a tree of one root. Members whose names begin with `@` are attributes; a list is an element several times. The member
/// without a name is the element's text, or a list of tables: elements in their order.
pub(crate) fn write(tree: &Value) -> String {
    let mut document = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    if let Value::Object(root) = tree {
        for (name, value) in root {
            element(name, value, &mut document);
        }
    }
    document
}

fn element(name: &str, value: &Value, to: &mut String) {
    if let Value::Array(list) = value {
        list.iter().for_each(|one| element(name, one, to));
        return;
    }
    to.push('<');
    to.push_str(name);
    let Value::Object(members) = value else {
        to.push('>');
        escape(&shown(value).unwrap_or_default(), to);
        return end(name, to);
    };
    for (name, value) in members.iter().filter_map(|(name, value)| Some((name.strip_prefix('@')?, value))) {
        to.push(' ');
        to.push_str(name);
        to.push_str("=\"");
        escape(&shown(value).unwrap_or_default(), to);
        to.push('"');
    }
    to.push('>');
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
        if name.is_empty() { content(value, to) } else { element(name, value, to) }
    }
    end(name, to);
}

/// What is in an element: its text, or elements in their order.
fn content(value: &Value, to: &mut String) {
    let Value::Array(list) = value else { return escape(&shown(value).unwrap_or_default(), to) };
    for (name, value) in list.iter().filter_map(Value::as_object).flatten() {
        element(name, value, to);
    }
}

fn end(name: &str, to: &mut String) {
    to.push_str("</");
    to.push_str(name);
    to.push('>');
}

/// Characters that XML can't hold become U+FFFD (XML 1.0, 2.2).
fn escape(text: &str, to: &mut String) {
    for character in text.chars() {
        match character {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                to.push_str("&#");
                to.push_str(&u32::from(character).to_string());
                to.push(';');
            }
            control if control < ' ' || matches!(control, '\u{FFFE}' | '\u{FFFF}') => to.push('\u{FFFD}'),
            other => to.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_in_the_order_that_a_list_gives() {
        let tree = serde_json::json!({ "e:a": { "@xmlns:e": "u", "": [{ "e:z": "1" }, { "b": { "": "<" } }, { "e:z": "2" }] } });
        let written = write(&tree);
        assert!(
            written.ends_with("?><e:a xmlns:e=\"u\"><e:z>1</e:z><b>&lt;</b><e:z>2</e:z></e:a>"),
            "{written}"
        );
        assert_eq!(read(&written), Some(serde_json::json!({ "a": { "z": ["1", "2"], "b": "<" } })));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for wrong in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&lol;</a>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a b=c/>",
            "<a>&#xD800;</a>",
            &"<a>".repeat(40),
        ] {
            assert_eq!(read(wrong), None, "{wrong:.40}");
        }
    }
}
