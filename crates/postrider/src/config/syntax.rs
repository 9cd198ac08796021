//! TOML files as trees of values.

use postrider_declare::tree::{Entry, Node, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A mistake in a file's syntax.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    /// Its place, in octets.
    pub(crate) span: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
}

/// Reads a file as far as it can be read, and what is wrong with its syntax.
pub(crate) fn parse(text: &str) -> (Node, Vec<SyntaxError>) {
    let (file, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().map(|error| SyntaxError {
        span: error.span().unwrap_or(0..0),
        message: error.message().trim().replace('\n', "; "),
    });
    let span = file.span();
    (Node { span, value: table(file.into_inner()) }, errors.collect())
}

fn table(table: DeTable<'_>) -> Value {
    let entries = table.into_iter().map(|(key, value)| Entry {
        key_span: key.span(),
        key: key.into_inner().into_owned(),
        node: node(value),
    });
    Value::Table(entries.collect())
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => Value::Integer(whole),
            Err(_) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Boolean(yes),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(node).collect()),
        DeValue::Table(inner) => table(inner),
    };
    Node { span, value }
}
