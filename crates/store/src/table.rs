//! Tables as both engines have them. The columns of a table are declared once, in [`declared`]: statements, rows and copies
//! are made from the declaration.

mod cell;
pub(crate) mod declared;
mod kept;
mod plans;

pub(crate) use cell::{Cell, Damaged, Sink, Source};
pub(crate) use kept::{
    Kept, Numbered, REMOVED, TextNumbers, known_as_numbers, numbers_of_texts, read_marks, reference_numbers,
    scope_account, upstream_numbers,
};
pub(crate) use plans::Plans;

/// The kind of values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number of two octets.
    Small,
    /// A number of four octets.
    Int,
    /// A number of eight octets.
    Big,
    /// Yes or no; SQLite has 1 or 0.
    Flag,
    /// Text.
    Text,
    /// Octets.
    Octets,
}

impl Kind {
    /// Its name in PostgreSQL.
    pub(crate) const fn postgres(self) -> &'static str {
        match self {
            Self::Small => "smallint",
            Self::Int => "integer",
            Self::Big => "bigint",
            Self::Flag => "boolean",
            Self::Text => "text",
            Self::Octets => "bytea",
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// A value that columns of a table keep.
pub(crate) trait Stored: Sized {
    /// The columns, in the table's order.
    const COLUMNS: &'static [Column];
    /// The columns as a query selects them, under the table's usual alias.
    const SELECTED: &'static str;

    /// Writes the value, a cell for each column.
    fn write<'v>(&'v self, sink: &mut impl Sink<'v>);

    /// Reads the value, a cell of each column.
    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, Damaged>;
}

/// The columns' names, joined by commas.
pub(crate) fn names<'c>(columns: impl IntoIterator<Item = &'c Column>) -> String {
    joined(columns.into_iter().map(|column| column.name.to_owned()))
}

/// A place for a value of each column, from `?1` or `$1` on, joined by commas.
pub(crate) fn places(sign: char, columns: usize) -> String {
    joined((1..=columns).map(|place| format!("{sign}{place}")))
}

/// Assignments of values to all columns but the first, which is the key and has the first place.
pub(crate) fn assignments(sign: char, columns: &[Column]) -> String {
    joined(columns.iter().zip(1..).skip(1).map(|(column, place)| format!("{} = {sign}{place}", column.name)))
}

/// Parts of a statement, joined by commas.
pub(crate) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}
