//! Rows of SQLite as cells, and cells as values of statements.

use crate::codes::{self, Code, ENDED};
use crate::table::{Cell, Damaged, Plans, Sink, Source, Stored, names, places};
use postrider_core::consent::Change;
use postrider_core::delivery::Outcome;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::Message;
use postrider_core::notice::What;
use postrider_core::report::EndedMessage;
use postrider_core::time::Time;
use rusqlite::types::{ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Error, Result, Row, Statement};
use std::borrow::Cow;
use std::sync::Arc;

/// The columns of `message m`.
pub(super) const MESSAGE: &str = Message::SELECTED;
/// The columns of `outcome o`, which may be outer-joined.
pub(super) const OUTCOME: &str = Outcome::SELECTED;
/// The columns of `inbound i`, which may be outer-joined.
pub(super) const RECEIVED: &str = Received::SELECTED;
/// The columns of `consent c`, which may be outer-joined.
pub(super) const CONSENT: &str = Change::SELECTED;

/// A message's identifier as a column keeps it.
pub(super) const fn key(id: MessageId) -> i64 {
    id.number().cast_signed()
}

/// The identifier kept in a column.
pub(super) fn id(row: &Row<'_>, column: usize) -> Result<MessageId> {
    let number: i64 = row.get(column)?;
    u64::try_from(number)
        .map(MessageId::from_number)
        .map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// The value whose number is kept in a column.
pub(super) fn coded<T: Code>(row: &Row<'_>, column: usize) -> Result<T> {
    let code = row.get(column)?;
    T::from_code(code).ok_or(Error::IntegralValueOutOfRange(column, code))
}

/// The time kept in a column.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Time> {
    row.get(column).map(Time)
}

/// A bound as SQL's LIMIT takes it.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The statement that writes a row of a table.
pub(super) fn insert<T: Stored>(table: &str) -> String {
    format!("INSERT INTO {table} ({}) VALUES ({})", names(T::COLUMNS), places('?', T::COLUMNS.len()))
}

impl From<Damaged> for Error {
    fn from(damaged: Damaged) -> Self {
        Self::FromSqlConversionFailure(0, Type::Null, Box::new(damaged))
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Flag(flag) => ValueRef::Integer((*flag).into()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Shared(text) => ValueRef::Text(text.as_bytes()),
            Self::Octets(octets) => ValueRef::Blob(octets),
        }))
    }
}

/// Binds a row's cells to a statement, one after the other.
pub(super) struct Binding<'s, 'c> {
    statement: &'s mut Statement<'c>,
    plans: &'s mut Plans,
    /// The place of the last value that was bound.
    place: usize,
    bound: Result<()>,
}

impl<'s, 'c> Binding<'s, 'c> {
    /// Nothing is bound yet.
    pub(super) const fn new(statement: &'s mut Statement<'c>, plans: &'s mut Plans) -> Self {
        Self { statement, plans, place: 0, bound: Ok(()) }
    }

    /// Runs the statement; returns how many rows it changed.
    pub(super) fn execute(self) -> Result<usize> {
        self.bound?;
        self.statement.raw_execute()
    }
}

impl<'v> Sink<'v> for Binding<'_, '_> {
    fn put(&mut self, cell: Cell<'v>) {
        self.place += 1;
        if self.bound.is_ok() {
            self.bound = self.statement.raw_bind_parameter(self.place, cell);
        }
    }

    fn plans(&mut self) -> &mut Plans {
        self.plans
    }
}

/// Reads a row's cells, one after the other.
pub(super) struct Cells<'r, 's> {
    row: &'r Row<'s>,
    plans: &'r mut Plans,
    /// The column that is read next.
    column: usize,
}

impl<'r, 's> Cells<'r, 's> {
    /// The cells from this column on.
    pub(super) const fn from(row: &'r Row<'s>, column: usize, plans: &'r mut Plans) -> Self {
        Self { row, plans, column }
    }

    /// A message.
    pub(super) fn message(&mut self) -> Result<Arc<Message>> {
        Ok(Arc::new(Message::read(self)?))
    }

    /// What reports count of a message, and its outcome, which must be there.
    pub(super) fn ended_message(&mut self) -> Result<(EndedMessage, Outcome)> {
        Ok((EndedMessage::read(self)?, Outcome::read(self)?))
    }

    /// The outcome; `None` where the join found none.
    pub(super) fn outcome(&mut self) -> Result<Option<Outcome>> {
        if self.is_null() {
            self.skip(Outcome::COLUMNS.len());
            return Ok(None);
        }
        Ok(Some(Outcome::read(self)?))
    }

    /// A message from a handset.
    pub(super) fn received(&mut self) -> Result<Arc<Received>> {
        Ok(Arc::new(Received::read(self)?))
    }

    /// The subject of a notice, which the number `what` names: the columns are those of its message, outcome, message from a
    /// handset and change of what holds of a number.
    pub(super) fn subject(&mut self, what: i64) -> Result<What> {
        match what {
            ENDED => {
                let unknown = || Damaged { columns: "id", found: "a message that has not ended".into() };
                let message = self.message()?;
                Ok(What::Ended { message, outcome: self.outcome()?.ok_or_else(unknown)? })
            }
            codes::RECEIVED => {
                self.skip(Message::COLUMNS.len() + Outcome::COLUMNS.len());
                let unowned = || Damaged { columns: "account", found: "nobody".into() };
                let received = self.received()?;
                Ok(What::Received { account: received.account.ok_or_else(unowned)?, received })
            }
            codes::CONSENT => {
                self.skip(Message::COLUMNS.len() + Outcome::COLUMNS.len() + Received::COLUMNS.len());
                let of_all = || Damaged { columns: "account", found: "nobody".into() };
                let change = Arc::new(Change::read(self)?);
                Ok(What::Consent { account: change.scope.account.ok_or_else(of_all)?, change })
            }
            _ => Err(Damaged { columns: "what", found: format!("{what}, which is no value of it") }.into()),
        }
    }
}

impl<'r> Source<'r> for Cells<'r, '_> {
    fn next(&mut self) -> std::result::Result<Cell<'r>, String> {
        let value = self.row.get_ref(self.column).map_err(|error| error.to_string())?;
        self.column += 1;
        Ok(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Real(number) => return Err(format!("the fraction {number}")),
            ValueRef::Text(text) => {
                Cell::Text(Cow::Borrowed(std::str::from_utf8(text).map_err(|error| error.to_string())?))
            }
            ValueRef::Blob(octets) => Cell::octets(octets),
        })
    }

    fn plans(&mut self) -> &mut Plans {
        self.plans
    }

    fn skip(&mut self, columns: usize) {
        self.column += columns;
    }

    fn is_null(&mut self) -> bool {
        matches!(self.row.get_ref(self.column), Ok(ValueRef::Null))
    }
}
