//! Documents as they are shown and kept: values with their keys in the order of the settings.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A value of a document, to be written as JSON or TOML.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// No value.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(u32),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'static, str>),
    /// A list.
    List(Vec<Self>),
    /// A table.
    Table(Table),
}

/// Keys and their values, in the order in which they were put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(Vec<(Cow<'static, str>, Json)>);

impl Json {
    /// A text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }
}

impl Table {
    /// Puts a key behind those that are there.
    pub fn put(&mut self, key: impl Into<Cow<'static, str>>, value: Json) {
        self.0.push((key.into(), value));
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_none(),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Whole(number) => to.serialize_u32(*number),
            Self::Number(number) => to.serialize_f64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::List(values) => {
                let mut list = to.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Table(table) => {
                let mut map = to.serialize_map(Some(table.0.len()))?;
                table.0.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}
