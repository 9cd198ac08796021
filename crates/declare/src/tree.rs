//! Documents as trees of values that know where they were written. What the values mean is decided elsewhere; a TOML file
//! and a JSON body become the same tree.

mod merge;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// A value, and its place in the file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its place, in octets; empty if it is in no file.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or a whole number too large for [`Value::Integer`].
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or a time. No setting takes one.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Vec<Entry>),
    /// JSON's `null`. A field that is null is a field left out, if there is such a field.
    Null,
}

/// A key of a table, and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's place, in octets.
    pub key_span: Range<usize>,
    /// The value.
    pub node: Node,
}

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of a list.
    Index(usize),
}

/// A path as people write it: `accounts.shop.smpp.allow[0]`.
#[must_use]
pub fn dotted(path: &[Step]) -> String {
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

impl Node {
    /// A value that is in no file.
    #[must_use]
    pub const fn new(value: Value) -> Self {
        Self { span: 0..0, value }
    }

    /// A table without keys.
    #[must_use]
    pub const fn empty() -> Self {
        Self::new(Value::Table(Vec::new()))
    }

    /// A JSON value, which is in no file.
    #[must_use]
    pub fn of_json(value: &serde_json::Value) -> Self {
        // Any JSON value can be read as a node.
        Self::deserialize(value).unwrap_or_else(|_| Self::new(Value::Null))
    }

    /// The entries of a table; none if it is something else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key, if this is a table that has the key, and the value is not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node);
        found.filter(|node| !node.is_null())
    }

    /// The only entry of a table whose value is not null; `None` if there are others or none.
    #[must_use]
    pub fn only_entry(&self) -> Option<&Entry> {
        let mut given = self.entries().iter().filter(|entry| !entry.node.is_null());
        given.next().filter(|_| given.next().is_none())
    }

    /// Whether it is JSON's `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Removes keys of a table.
    pub fn remove(&mut self, keys: &[&str]) {
        if let Value::Table(entries) = &mut self.value {
            entries.retain(|entry| !keys.contains(&entry.key.as_str()));
        }
    }

    /// The value at `path`.
    #[must_use]
    pub fn find(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| match (step, &node.value) {
            (Step::Key(key), _) => node.get(key),
            (Step::Index(index), Value::List(nodes)) => nodes.get(*index),
            _ => None,
        })
    }

    /// The place of the key at the end of `path`, or of the value if that is an element of a list.
    #[must_use]
    pub fn key_span(&self, path: &[Step]) -> Option<Range<usize>> {
        let (last, above) = path.split_last()?;
        let node = self.find(above)?;
        match last {
            Step::Key(key) => {
                let entry = node.entries().iter().find(|entry| entry.key == *key);
                entry.map(|entry| entry.key_span.clone())
            }
            Step::Index(_) => node.find(std::slice::from_ref(last)).map(|node| node.span.clone()),
        }
    }

    /// The value in the words of an error: `the text "x"`, `a table`.
    pub(crate) fn spoken(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("the text \"{text}\""),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(yes) => yes.to_string(),
            Value::Date(date) => format!("the date {date}"),
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Null => "null".into(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    /// Reads JSON. A key that a table has twice is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(Self::new)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Boolean(yes))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "no setting takes whole numbers as large as that")]
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !keys.insert(key.clone()) {
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            entries.push(Entry { key, key_span: 0..0, node: map.next_value()? });
        }
        Ok(Value::Table(entries))
    }
}
