//! Reads a tree into any type that serde can make, and finds all mistakes instead of the first one: each is
//! noted and mended in a copy, and the reading begins anew. What a mistake looks like on a terminal is not
//! decided here.

use super::tree::{Node, Step, Value};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Visitor, value as plain};
use std::fmt;

/// The most mistakes that are looked for in one part of a file.
const MISTAKES_MAX: usize = 100;

/// What is wrong with a value, and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    /// What is wrong.
    pub(crate) kind: Kind,
    /// The way to the value, or to where it should be.
    pub(crate) path: Vec<Step>,
}

/// What can be wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A key that means nothing here; these do.
    UnknownKey(String, Vec<&'static str>),
    /// A word that means nothing here; these do.
    UnknownWord(String, Vec<&'static str>),
    /// A key that must be there.
    Missing(String),
    /// The value is no good; why.
    Value(String),
}

/// Reads `node` as a `T`, and what is wrong with it, with paths that start at `node`. What is returned beside
/// mistakes is what could be read around them: good for finding more mistakes, not for use.
pub(crate) fn read<T: DeserializeOwned>(node: &Node) -> (Option<T>, Vec<Mistake>) {
    let mut copy = node.clone();
    let mut found: Vec<Mistake> = Vec::new();
    while found.len() < MISTAKES_MAX {
        let error = match T::deserialize(Reader { node: &copy }) {
            Ok(value) => return (Some(value), found),
            Err(error) => error,
        };
        let mistake = error.into_mistake(&copy);
        if copy.find(&mistake.path).is_some_and(|node| matches!(node.value, Value::Hole)) {
            break;
        }
        // A key that was taken away because its value was wrong is missing now, which nobody need be told.
        let (known, mended) = match &mistake.kind {
            Kind::Missing(key) => {
                let known = found.iter().any(|earlier| earlier.path == mistake.path);
                let key = key.clone();
                (known, copy.patch(mistake.above(), &key))
            }
            _ => (false, copy.remove(&mistake.path)),
        };
        if !known {
            found.push(mistake);
        }
        if !mended {
            break;
        }
    }
    (None, found)
}

impl Mistake {
    /// The way to the table that holds the value, or lacks it.
    pub(crate) fn above(&self) -> &[Step] {
        self.path.split_last().map_or(&[], |(_, above)| above)
    }
}

/// The error type that serde fills in; the path grows from the inside out.
#[derive(Debug)]
struct Error {
    kind: Kind,
    backwards: Vec<Step>,
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self { kind, backwards: Vec::new() }
    }

    fn below(mut self, step: Step) -> Self {
        self.backwards.push(step);
        self
    }

    fn into_mistake(self, root: &Node) -> Mistake {
        let mut path: Vec<Step> = self.backwards.into_iter().rev().collect();
        if let Kind::UnknownKey(key, _) = &self.kind
            && path.last() != Some(&Step::Key(key.clone()))
            && root.find(&path).is_some_and(|node| node.get(key).is_some())
        {
            path.push(Step::Key(key.clone()));
        }
        if let Kind::Missing(key) = &self.kind {
            path.push(Step::Key(key.clone()));
        }
        Mistake { kind: self.kind, path }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Kind::Value(message.to_string()))
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format!("expected {}, found {}", spoken(&expected.to_string()), spoken_found(&found)))
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format!("expected {}, found {}", spoken(&expected.to_string()), spoken_found(&found)))
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownWord(word.to_owned(), expected.to_vec()))
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownKey(key.to_owned(), expected.to_vec()))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Kind::Missing(key.to_owned()))
    }
}

/// What a type is called by people who don't write Rust.
fn spoken(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a string" => "a text in quotes".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list in brackets".into(),
        "a map" => "a table".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => other.into(),
    }
}

fn spoken_found(found: &serde::de::Unexpected<'_>) -> String {
    use serde::de::Unexpected as U;
    match found {
        U::Bool(yes) => yes.to_string(),
        U::Unsigned(number) => number.to_string(),
        U::Signed(number) => number.to_string(),
        U::Float(number) => number.to_string(),
        U::Str(text) => format!("the text \"{text}\""),
        U::Seq => "a list".into(),
        U::Map | U::StructVariant | U::TupleVariant | U::NewtypeVariant => "a table".into(),
        other => other.to_string(),
    }
}

/// A hole where a number should be is read as 1, which most limits allow.
macro_rules! holes {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.node.value {
                Value::Hole => visitor.visit_u64(1),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

/// A value as serde wants to be given it.
struct Reader<'a> {
    node: &'a Node,
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(yes) => visitor.visit_bool(*yes),
            Value::Date(date) => Err(serde::de::Error::invalid_type(
                serde::de::Unexpected::Other(&format!("the date {date}")),
                &visitor,
            )),
            Value::List(nodes) => {
                visitor.visit_seq(Elements { nodes: nodes.iter().enumerate(), all: nodes.len() })
            }
            Value::Table(entries) => visitor.visit_map(Keys { entries: entries.iter(), value: None }),
            Value::Hole => visitor.visit_str(""),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// A list with a value for each field would do for serde, and nobody means that.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.node.value {
            Value::List(_) => Err(serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &"a map")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Hole => {
                visitor.visit_enum(plain::StrDeserializer::new(words.first().copied().unwrap_or("")))
            }
            Value::Text(text) => visitor.visit_enum(plain::StrDeserializer::new(text)),
            Value::Table(entries) if entries.len() == 1 => {
                let keys = Keys { entries: entries.iter(), value: None };
                visitor.visit_enum(plain::MapAccessDeserializer::new(keys))
            }
            _ => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                Err(serde::de::Error::custom(format!("expected one of {}", words.join(", "))))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Hole => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Hole => visitor.visit_seq(Elements { nodes: [].iter().enumerate(), all: 0 }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Hole => visitor.visit_map(Keys { entries: [].iter(), value: None }),
            _ => self.deserialize_any(visitor),
        }
    }

    holes! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The elements of a list.
struct Elements<'a> {
    nodes: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    all: usize,
}

impl<'de> serde::de::SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some((index, node)) = self.nodes.next() else { return Ok(None) };
        seed.deserialize(Reader { node }).map(Some).map_err(|error| error.below(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.all)
    }
}

/// The keys and values of a table.
struct Keys<'a> {
    entries: std::slice::Iter<'a, super::tree::Entry>,
    value: Option<&'a super::tree::Entry>,
}

impl<'de> serde::de::MapAccess<'de> for Keys<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry);
        seed.deserialize(plain::StrDeserializer::new(&entry.key))
            .map(Some)
            .map_err(|error: Error| error.below(Step::Key(entry.key.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(entry) = self.value.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(Reader { node: &entry.node })
            .map_err(|error| error.below(Step::Key(entry.key.clone())))
    }
}
