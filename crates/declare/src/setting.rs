//! The types that a setting can have, and how their values are read from a document and written to one.

use crate::describe::Kind;
use crate::json::{Json, Table};
use crate::mistake::{self, Notes};
use crate::tree::{Entry, Node, Value};
use std::collections::BTreeMap;

/// A type of settings.
pub trait Setting: Clone + PartialEq {
    /// The type, for descriptions.
    fn kind() -> Kind;

    /// Reads a value; `None` if it can't be, with all that is wrong with it noted.
    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self>;

    /// Writes the value as it is shown and kept. It reads back as the same value, secrets aside.
    fn write(&self) -> Json;

    /// Whether there is nothing that may be written: no value, or a secret.
    fn is_hidden(&self) -> bool {
        false
    }

    /// Whether values are tables of settings. A table is written only if it differs from its setting's default.
    #[must_use]
    fn is_table() -> bool {
        false
    }
}

/// Several settings that make up a table or a part of one.
pub trait Settings: Sized {
    /// Their keys in this table.
    fn keys(node: &Node) -> Vec<&'static str>;
    /// Reads them from a table, in which others may be too.
    fn read_fields(node: &Node, notes: &Notes<'_>) -> Self;
    /// Writes them, those aside of which there is nothing to write.
    fn write_fields(&self, to: &mut Table);
    /// Describes them.
    fn describe() -> Vec<crate::describe::Field>;
}

/// Reads a table of settings, and notes keys that are none.
pub fn read_table<T: Settings>(node: &Node, notes: &Notes<'_>) -> Option<T> {
    let known = T::keys(node);
    let Value::Table(entries) = &node.value else {
        let first = known.first().copied().unwrap_or_default();
        return unexpected(node, &format!("a table such as {{ {first} = ... }}"), notes);
    };
    for Entry { key, .. } in entries {
        if !known.contains(&key.as_str()) {
            notes.key(key).note(mistake::Kind::UnknownKey { key: key.clone(), known: known.clone() });
        }
    }
    Some(T::read_fields(node, notes))
}

/// Reads a setting that may be left out: `None` if it is, or if it can't be read.
pub fn read_field<T: Setting>(
    node: &Node,
    key: &str,
    notes: &Notes<'_>,
    hold: impl Fn(&T, &Notes<'_>),
) -> Option<T> {
    let value = node.get(key)?;
    let notes = notes.key(key);
    let value = T::read(value, &notes)?;
    hold(&value, &notes);
    Some(value)
}

/// Reads a setting that must be given.
pub fn read_required<T: Setting + Default>(
    node: &Node,
    key: &str,
    notes: &Notes<'_>,
    hold: impl Fn(&T, &Notes<'_>),
) -> T {
    if node.get(key).is_none() {
        notes.key(key).note(mistake::Kind::Missing(key.to_owned()));
    }
    read_field(node, key, notes, hold).unwrap_or_default()
}

/// Writes a setting, unless there is nothing to write.
pub fn write_field<T: Setting>(
    key: &'static str,
    value: &T,
    default: impl Fn() -> Option<T>,
    to: &mut Table,
) {
    let is_usual = T::is_table() && default().as_ref() == Some(value);
    if !value.is_hidden() && !is_usual {
        to.put(key, value.write());
    }
}

/// A value in JSON, as a description has it.
#[must_use]
pub fn to_json<T: Setting>(value: &T) -> serde_json::Value {
    serde_json::to_value(value.write()).unwrap_or_default()
}

impl Setting for bool {
    fn kind() -> Kind {
        Kind::Flag
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        match node.value {
            Value::Boolean(yes) => Some(yes),
            _ => unexpected(node, "true or false", notes),
        }
    }

    fn write(&self) -> Json {
        Json::Flag(*self)
    }
}

macro_rules! whole_numbers {
    ($($type:ident, $expected:literal;)+) => {$(
        impl Setting for $type {
            fn kind() -> Kind {
                Kind::Whole { most: Self::MAX.into() }
            }

            fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
                let number = match node.value {
                    Value::Integer(number) => Self::try_from(number).ok(),
                    _ => None,
                };
                number.or_else(|| unexpected(node, $expected, notes))
            }

            fn write(&self) -> Json {
                Json::Whole((*self).into())
            }
        }
    )+};
}

whole_numbers! {
    u8, "a whole number from 0 to 255";
    u16, "a whole number from 0 to 65535";
    u32, "a whole number, 0 or more";
}

impl Setting for f64 {
    fn kind() -> Kind {
        Kind::Number
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are small numbers")]
    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        match node.value {
            Value::Integer(number) => Some(number as Self),
            Value::Float(number) => Some(number),
            _ => unexpected(node, "a number", notes),
        }
    }

    fn write(&self) -> Json {
        Json::Number(*self)
    }
}

impl Setting for String {
    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => unexpected(node, "a text in quotes", notes),
        }
    }

    fn write(&self) -> Json {
        Json::text(self.clone())
    }
}

impl<T: Setting> Setting for Option<T> {
    fn kind() -> Kind {
        T::kind()
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        T::read(node, notes).map(Some)
    }

    fn write(&self) -> Json {
        self.as_ref().map_or(Json::Null, T::write)
    }

    fn is_hidden(&self) -> bool {
        self.as_ref().is_none_or(T::is_hidden)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn kind() -> Kind {
        Kind::List(Box::new(T::kind()))
    }

    /// Elements that can't be read are left out.
    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let Value::List(nodes) = &node.value else { return no_list(node, notes) };
        let read = nodes.iter().enumerate().filter_map(|(index, node)| T::read(node, &notes.index(index)));
        Some(read.collect())
    }

    fn write(&self) -> Json {
        Json::List(self.iter().map(T::write).collect())
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    fn kind() -> Kind {
        Kind::Map(Box::new(T::kind()))
    }

    /// Values that can't be read are left out.
    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            return unexpected(node, "a table such as { a_name = ... }", notes);
        };
        let read = |Entry { key, node, .. }: &Entry| Some((key.clone(), T::read(node, &notes.key(key))?));
        Some(entries.iter().filter(|entry| !entry.node.is_null()).filter_map(read).collect())
    }

    fn write(&self) -> Json {
        let mut table = Table::default();
        self.iter().for_each(|(key, value)| table.put(key.clone(), value.write()));
        Json::Table(table)
    }
}

/// Notes that a value is not a list; of a text, how a list of it is written.
fn no_list<T>(node: &Node, notes: &Notes<'_>) -> Option<T> {
    match &node.value {
        Value::Text(text) => unexpected(node, &format!("a list in brackets such as [{text:?}]"), notes),
        _ => unexpected(node, "a list in brackets", notes),
    }
}

/// A decimal number as it was written, in a text or as a number.
pub(crate) fn decimal(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        // The shortest decimal that means the number, which is what was written.
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Notes that a value is of another type.
pub(crate) fn unexpected<T>(node: &Node, expected: &str, notes: &Notes<'_>) -> Option<T> {
    notes.wrong_type(format_args!("expected {expected}, found {}", node.spoken()));
    None
}
