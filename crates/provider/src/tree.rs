//! Bodies as trees of values: JSON as it is, a form as an object of its fields, XML as objects of its elements.

use crate::xml;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// The most fields of a form that are read.
const FIELDS_MAX: usize = 1_000;

/// The form of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// JSON.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, and a query.
    Form,
    /// XML. Elements are known by their local names; attributes by theirs behind an `@`.
    Xml,
    /// A text, which is one value.
    Text,
}

impl Form {
    /// The media type of a body in this form.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Xml => "text/xml; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// The form that a media type names.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match &*essence {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/xml" | "text/xml" => Some(Self::Xml),
            json if json.ends_with("/json") || json.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads a body; `None` if it isn't in this form.
#[must_use]
pub fn read(form: Form, body: &[u8]) -> Option<Value> {
    match form {
        Form::Json => serde_json::from_slice(body).ok(),
        Form::Form => Some(fields(body)),
        Form::Xml => xml::read(std::str::from_utf8(body).ok()?),
        Form::Text => Some(Value::String(String::from_utf8_lossy(body).trim().to_owned())),
    }
}

/// Writes a tree. A form has the fields of an object; a list is a field several times. XML is one element.
#[must_use]
pub fn write(form: Form, tree: &Value) -> Vec<u8> {
    match form {
        Form::Json => serde_json::to_vec(tree).unwrap_or_default(),
        Form::Form => form_of(tree).into_bytes(),
        Form::Xml => xml::write(tree).into_bytes(),
        Form::Text => shown(tree).unwrap_or_default().into_bytes(),
    }
}

/// The pairs of a form or query, in order.
pub(crate) fn pairs(octets: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(octets).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// A value as a text, if it is a text, a number or a truth value.
#[must_use]
pub fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An object of the fields of a form; a field that is there several times is a list.
fn fields(body: &[u8]) -> Value {
    let mut object = Map::new();
    for (name, value) in pairs(body).take(FIELDS_MAX) {
        add(&mut object, name, Value::String(value));
    }
    Value::Object(object)
}

/// Adds a member to an object; a name that is there already gets a list.
pub(crate) fn add(object: &mut Map<String, Value>, name: String, value: Value) {
    match object.get_mut(&name) {
        None => drop(object.insert(name, value)),
        Some(Value::Array(list)) => list.push(value),
        Some(first) => {
            let before = first.take();
            *first = Value::Array(vec![before, value]);
        }
    }
}

fn form_of(tree: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let Value::Object(fields) = tree else { return String::new() };
    for (name, value) in fields {
        match value {
            Value::Array(list) => {
                for value in list.iter().filter_map(shown) {
                    form.append_pair(name, &value);
                }
            }
            one => {
                if let Some(value) = shown(one) {
                    form.append_pair(name, &value);
                }
            }
        }
    }
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_read_into_the_same_values_whatever_its_form() {
        for (form, body, expected) in [
            (Form::Json, r#"{"a":{"b":["x",1]}}"#, json!({ "a": { "b": ["x", 1] } })),
            (Form::Form, "a=x%26y&b=1&b=2+3&c=", json!({ "a": "x&y", "b": ["1", "2 3"], "c": "" })),
            (
                Form::Xml,
                r#"<?xml version="1.0"?><r xmlns="u"><n:a k="v">x &amp; y</n:a><b>1</b><b/></r>"#,
                json!({ "r": { "a": { "@k": "v", "": "x & y" }, "b": ["1", ""] } }),
            ),
            (Form::Text, " Success \"1\"\r\n", json!("Success \"1\"")),
        ] {
            assert_eq!(read(form, body.as_bytes()), Some(expected), "{body}");
        }
        assert_eq!(read(Form::Json, b"<html>"), None);
        assert_eq!(read(Form::Xml, b"{}"), None);
    }

    #[test]
    fn no_value_leaves_its_place() {
        let evil = "\"}<x>&a=b\r\n\u{0}";
        let tree = json!({ "r": { "text": evil, "n": 7 } });
        assert_eq!(read(Form::Json, &write(Form::Json, &tree)), Some(tree.clone()));
        let read_back = read(Form::Form, &write(Form::Form, &tree["r"])).unwrap();
        assert_eq!(read_back, json!({ "text": evil, "n": "7" }));
        let xml = read(Form::Xml, &write(Form::Xml, &tree)).unwrap();
        // XML has no way to say a NUL.
        assert_eq!(xml["r"]["text"], "\"}<x>&a=b\r\n\u{FFFD}");
    }
}
