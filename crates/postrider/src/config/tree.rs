//! A TOML file as a tree of values that know where they were written. What the values mean is decided
//! elsewhere.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands in the file, in octets.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where the value stands.
    pub(crate) span: Range<usize>,
    /// The value.
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or a whole number that is too large for [`Value::Integer`].
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or a time, which no setting takes.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Vec<Entry>),
    /// Stands where a mistake stood, so that the rest can still be read.
    Hole,
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_span: Range<usize>,
    /// The value.
    pub(crate) node: Node,
}

/// A step from a value to one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value of a key.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// A file's syntax is wrong here.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    /// Where.
    pub(crate) span: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
}

impl Node {
    /// Reads a file as far as it can be read, and what is wrong with its syntax.
    pub(crate) fn parse(text: &str) -> (Self, Vec<SyntaxError>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let errors = errors
            .iter()
            .map(|error| SyntaxError {
                span: error.span().unwrap_or(0..0),
                message: error.message().trim().replace('\n', "; "),
            })
            .collect();
        let span = table.span();
        (Self { span, value: Value::from_table(table.into_inner()) }, errors)
    }

    /// A value that stands in no file.
    pub(crate) fn of_json(value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => Value::Hole,
            Json::Bool(yes) => Value::Boolean(*yes),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(values) => Value::List(values.iter().map(Self::of_json).collect()),
            Json::Object(fields) => {
                let given = fields.iter().filter(|(_, value)| !value.is_null());
                let entry = |(key, value): (&String, &Json)| Entry {
                    key: key.clone(),
                    key_span: 0..0,
                    node: Self::of_json(value),
                };
                Value::Table(given.map(entry).collect())
            }
        };
        Self { span: 0..0, value }
    }

    /// The entries, if it is a table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key, if it is a table that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Which element of a list is a table with this `name`.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        let Value::List(nodes) = &self.value else { return None };
        let is_name = |node: &Self| matches!(&node.value, Value::Text(text) if text == name);
        nodes.iter().position(|node| node.get("name").is_some_and(is_name))
    }

    /// The value at `path`.
    pub(crate) fn find(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| match (step, &node.value) {
            (Step::Key(key), _) => node.get(key),
            (Step::Index(index), Value::List(nodes)) => nodes.get(*index),
            _ => None,
        })
    }

    fn find_mut(&mut self, path: &[Step]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, step| match (step, &mut node.value) {
            (Step::Key(key), Value::Table(entries)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
            }
            (Step::Index(index), Value::List(nodes)) => nodes.get_mut(*index),
            _ => None,
        })
    }

    /// Where the key at the end of `path` stands; the value itself for an element of a list.
    pub(crate) fn key_span(&self, path: &[Step]) -> Option<Range<usize>> {
        let (last, above) = path.split_last()?;
        let node = self.find(above)?;
        match last {
            Step::Key(key) => {
                node.entries().iter().find(|entry| entry.key == *key).map(|entry| entry.key_span.clone())
            }
            Step::Index(_) => node.find(std::slice::from_ref(last)).map(|node| node.span.clone()),
        }
    }

    /// Takes away the value at `path` with its key; whether there was one.
    pub(crate) fn remove(&mut self, path: &[Step]) -> bool {
        let Some((last, above)) = path.split_last() else { return false };
        let Some(node) = self.find_mut(above) else { return false };
        match (last, &mut node.value) {
            (Step::Key(key), Value::Table(entries)) => {
                let before = entries.len();
                entries.retain(|entry| entry.key != *key);
                entries.len() < before
            }
            (Step::Index(index), Value::List(nodes)) if *index < nodes.len() => {
                nodes.remove(*index);
                true
            }
            _ => false,
        }
    }

    /// Puts a hole where the table at `path` lacks `key`; whether there is such a table.
    pub(crate) fn patch(&mut self, path: &[Step], key: &str) -> bool {
        let Some(node) = self.find_mut(path) else { return false };
        let span = node.span.clone();
        let Value::Table(entries) = &mut node.value else { return false };
        let hole = Self { span: span.clone(), value: Value::Hole };
        entries.push(Entry { key: key.to_owned(), key_span: span, node: hole });
        true
    }
}

impl Value {
    fn from_table(table: DeTable<'_>) -> Self {
        let entries = table.into_iter().map(|(key, value)| Entry {
            key_span: key.span(),
            key: key.into_inner().into_owned(),
            node: Node { span: value.span(), value: Self::from_value(value) },
        });
        Self::Table(entries.collect())
    }

    fn from_value(value: Spanned<DeValue<'_>>) -> Self {
        match value.into_inner() {
            DeValue::String(text) => Self::Text(text.into_owned()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(whole) => Self::Integer(whole),
                Err(_) => Self::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            },
            DeValue::Float(number) => Self::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(yes) => Self::Boolean(yes),
            DeValue::Datetime(date) => Self::Date(date.to_string()),
            DeValue::Array(list) => Self::List(
                list.into_iter()
                    .map(|value| Node { span: value.span(), value: Self::from_value(value) })
                    .collect(),
            ),
            DeValue::Table(table) => Self::from_table(table),
        }
    }
}
