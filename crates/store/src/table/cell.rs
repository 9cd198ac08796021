//! Cells: the values of columns, on their way into an engine and out of it.

use super::{Kept, Plans};
use std::borrow::Cow;
use std::sync::Arc;

/// The value of a column in one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cell<'v> {
    /// Nothing.
    Null,
    /// A number of any width.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// Text.
    Text(Cow<'v, str>),
    /// A text that many rows share.
    Shared(Arc<str>),
    /// Octets.
    Octets(Cow<'v, [u8]>),
}

impl<'v> Cell<'v> {
    /// A text, if there is one.
    pub(crate) fn text(text: Option<&'v str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// The same, borrowed from nobody.
    pub(crate) fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Number(number) => Cell::Number(number),
            Self::Flag(flag) => Cell::Flag(flag),
            Self::Text(text) => Cell::Text(text.into_owned().into()),
            Self::Shared(text) => Cell::Shared(text),
            Self::Octets(octets) => Cell::Octets(octets.into_owned().into()),
        }
    }

    /// Octets that are borrowed.
    pub(crate) const fn octets(octets: &'v [u8]) -> Self {
        Self::Octets(Cow::Borrowed(octets))
    }
}

/// A row, or a column's value, that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {columns} holds {found}")]
pub(crate) struct Damaged {
    /// The columns.
    pub(crate) columns: &'static str,
    /// What was found there instead of a value.
    pub(crate) found: String,
}

/// A row that is written, column by column.
pub(crate) trait Sink<'v> {
    /// Writes the next column.
    fn put(&mut self, cell: Cell<'v>);

    /// Plans whose texts are known.
    fn plans(&mut self) -> &mut Plans;
}

/// A row that is read, column by column.
pub(crate) trait Source<'r> {
    /// The next column; an error says what it holds.
    fn next(&mut self) -> Result<Cell<'r>, String>;

    /// Plans whose texts are known.
    fn plans(&mut self) -> &mut Plans;

    /// Leaves out columns.
    fn skip(&mut self, columns: usize);

    /// Whether the next column holds nothing. It stays the next one.
    fn is_null(&mut self) -> bool;

    /// A value of the next columns, which are called so when they can't be read.
    fn read<T: Kept>(&mut self, columns: &'static str) -> Result<T, Damaged>
    where
        Self: Sized,
    {
        T::read(self).map_err(|found| Damaged { columns, found })
    }

    /// A number, if there is one.
    fn number(&mut self) -> Result<Option<i64>, String> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Number(number) => Ok(Some(number)),
            other => Err(format!("{other:?} instead of a number")),
        }
    }

    /// A text, if there is one.
    fn text(&mut self) -> Result<Option<Cow<'r, str>>, String> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            other => Err(format!("{other:?} instead of a text")),
        }
    }

    /// Octets, if there are any.
    fn octets(&mut self) -> Result<Option<Cow<'r, [u8]>>, String> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Octets(octets) => Ok(Some(octets)),
            other => Err(format!("{other:?} instead of octets")),
        }
    }
}
