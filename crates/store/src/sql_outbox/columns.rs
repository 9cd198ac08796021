//! The columns of an outbox table, and its name.

use std::fmt;
use std::str::FromStr;

/// Columns that say what a message is to be. Only the first two must be there.
const INPUTS: [&str; 7] = ["recipient", "text", "sender", "class", "send_at", "valid_for", "reference"];
/// How many of them must be there.
const INPUTS_NEEDED: usize = 2;
/// Columns besides that must be there: the key, and what the gateway writes.
const NEEDED: [&str; 9] = [
    "id",
    "state",
    "message_id",
    "claimed_by",
    "claimed_at",
    "error_code",
    "error_detail",
    "accepted_at",
    "ended_at",
];

/// The name of a table, with its schema if need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// In quotes, as statements have it.
    quoted: String,
    plain: String,
}

impl TableName {
    /// For statements.
    pub(crate) fn quoted(&self) -> &str {
        &self.quoted
    }
}

impl FromStr for TableName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |part: &str| {
            let mut characters = part.chars();
            characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
                && part.len() <= 63
        };
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() > 2 || !parts.iter().all(|part| is_name(part)) {
            return Err("a table's name has letters, digits and '_', and its schema before a dot if need be");
        }
        let quoted: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
        Ok(Self { quoted: quoted.join("."), plain: text.to_owned() })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain)
    }
}

/// The columns of a table that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Those of [`INPUTS`] that it has.
    pub(crate) inputs: Vec<&'static str>,
}

impl Columns {
    /// What a table with these columns offers.
    ///
    /// # Errors
    /// What it lacks.
    pub(crate) fn of(table: &TableName, found: &[String]) -> Result<Self, String> {
        if found.is_empty() {
            return Err(format!("there is no table {table}, or it may not be read"));
        }
        let has = |column: &str| found.iter().any(|name| name == column);
        let needed = NEEDED.iter().chain(INPUTS.iter().take(INPUTS_NEEDED));
        let lacking: Vec<&str> = needed.copied().filter(|column| !has(column)).collect();
        if !lacking.is_empty() {
            return Err(format!("the table {table} lacks columns: {}", lacking.join(", ")));
        }
        Ok(Self { inputs: INPUTS.into_iter().filter(|column| has(column)).collect() })
    }
}
