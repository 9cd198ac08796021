//! `null` in JSON: a field that is null is a field left out.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Reads a value; for `null`, the default.
pub(super) fn null_or<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    value: D,
) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Reads an object without its fields that are null.
pub(super) fn without_nulls<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    object: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let fields: Option<BTreeMap<String, Option<T>>> = Option::deserialize(object)?;
    let given = |(name, value): (String, Option<T>)| Some((name, value?));
    Ok(fields.unwrap_or_default().into_iter().filter_map(given).collect())
}
