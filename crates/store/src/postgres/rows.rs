//! Rows of PostgreSQL as cells, cells as values of statements, and many rows as arrays.

use super::error::Error;
use super::link::Value;
use crate::codes::{self, Code, ENDED};
use crate::table::{Cell, Column, Damaged, Plans, Sink, Source, Stored, joined, names};
use bytes::BytesMut;
use postrider_core::consent::Change;
use postrider_core::delivery::Outcome;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::Message;
use postrider_core::notice::What;
use postrider_core::report::EndedMessage;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::borrow::Cow;
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// The columns of `message m`.
pub(super) const MESSAGE: &str = Message::SELECTED;
/// The columns of `outcome o`, which may be outer-joined.
pub(super) const OUTCOME: &str = Outcome::SELECTED;
/// The columns of `inbound i`, which may be outer-joined.
pub(super) const RECEIVED: &str = Received::SELECTED;
/// The columns of `consent c`, which may be outer-joined.
pub(super) const CONSENT: &str = Change::SELECTED;

/// Joins the message, its outcome, or its place in the queue to rows that have its identifier.
///
/// `OFFSET 0` keeps each look-up one: the planner, which may have seen a table empty, would otherwise like to walk over
/// all of it, and go on doing so when it has grown.
pub(super) fn with_message(id: &str) -> String {
    format!("JOIN LATERAL (SELECT * FROM message WHERE message.id = {id} OFFSET 0) m ON true")
}

/// See [`with_message`].
pub(super) fn with_outcome(id: &str) -> String {
    format!("LEFT JOIN LATERAL (SELECT * FROM outcome WHERE outcome.id = {id} OFFSET 0) o ON true")
}

/// See [`with_message`].
pub(super) fn with_queue(id: &str) -> String {
    format!("LEFT JOIN LATERAL (SELECT * FROM queue WHERE queue.id = {id} OFFSET 0) q ON true")
}

/// Octets of a carrier's reference that are kept: more than any protocol allows, less than an index can't hold.
const NAME_MAX: usize = 1024;

/// A message's identifier as a column keeps it.
pub(super) const fn key(id: MessageId) -> i64 {
    id.number().cast_signed()
}

/// The number by which a column keeps a value.
pub(super) fn code(value: impl Code) -> i16 {
    i16::try_from(value.code()).unwrap_or(-1)
}

/// A bound as SQL's LIMIT takes it.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// A text as a column can hold it: PostgreSQL has no zero in its texts.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// A carrier's reference of a part, as a column and its index can hold it. The same one becomes the same.
pub(super) fn name(reference: &str) -> Cow<'_, str> {
    text(&reference[..reference.floor_char_boundary(NAME_MAX)])
}

fn damaged(column: usize, what: impl std::fmt::Display) -> Error {
    Error::Damaged(format!("column {column} holds {what}, which is no value of it"))
}

impl From<Damaged> for Error {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged.to_string())
    }
}

/// A number that a column keeps wider than it is.
pub(super) fn narrow<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Error> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| damaged(column, number))
}

/// A number below 256.
pub(super) fn octet(row: &Row, column: usize) -> Result<u8, Error> {
    let number: i16 = row.try_get(column)?;
    u8::try_from(number).map_err(|_| damaged(column, number))
}

/// The identifier kept in a column.
pub(super) fn id(row: &Row, column: usize) -> Result<MessageId, Error> {
    narrow(row, column).map(MessageId::from_number)
}

/// The upstream kept in a column.
pub(super) fn upstream(row: &Row, column: usize) -> Result<UpstreamId, Error> {
    narrow(row, column).map(UpstreamId)
}

/// The value whose number is kept in a column.
pub(super) fn coded<T: Code>(row: &Row, column: usize) -> Result<T, Error> {
    let code: i16 = row.try_get(column)?;
    T::from_code(code.into()).ok_or_else(|| damaged(column, code))
}

/// The time kept in a column.
pub(super) fn time(row: &Row, column: usize) -> Result<Time, Error> {
    Ok(Time(row.try_get(column)?))
}

type AnyError = Box<dyn std::error::Error + Sync + Send>;

fn is_of_cells(ty: &Type) -> bool {
    [Type::INT2, Type::INT4, Type::INT8, Type::BOOL, Type::TEXT, Type::BYTEA].contains(ty)
}

impl<'r> FromSql<'r> for Cell<'r> {
    fn from_sql(ty: &Type, raw: &'r [u8]) -> Result<Self, AnyError> {
        Ok(match *ty {
            Type::INT2 => Self::Number(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Self::Number(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::Number(i64::from_sql(ty, raw)?),
            Type::BOOL => Self::Flag(bool::from_sql(ty, raw)?),
            Type::BYTEA => Self::octets(raw),
            _ => Self::Text(Cow::Borrowed(<&str>::from_sql(ty, raw)?)),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, AnyError> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        is_of_cells(ty)
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, AnyError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Number(number) => match *ty {
                Type::INT2 => i16::try_from(*number)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
                Type::BOOL => (*number != 0).to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
            Self::Flag(flag) => flag.to_sql(ty, out),
            Self::Text(held) => text(held).to_sql(ty, out),
            Self::Shared(held) => text(held).to_sql(ty, out),
            Self::Octets(octets) => octets.as_ref().to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        is_of_cells(ty)
    }

    to_sql_checked!();
}

/// Reads a row's cells, one after the other.
pub(super) struct Cells<'r> {
    row: &'r Row,
    plans: &'r mut Plans,
    /// The column that is read next.
    column: usize,
}

impl<'r> Cells<'r> {
    /// The cells from this column on.
    pub(super) const fn from(row: &'r Row, column: usize, plans: &'r mut Plans) -> Self {
        Self { row, plans, column }
    }

    /// A message.
    pub(super) fn message(&mut self) -> Result<Arc<Message>, Error> {
        Ok(Arc::new(Message::read(self)?))
    }

    /// What reports count of a message, and its outcome, which must be there.
    pub(super) fn ended_message(&mut self) -> Result<(EndedMessage, Outcome), Error> {
        Ok((EndedMessage::read(self)?, Outcome::read(self)?))
    }

    /// The outcome; `None` where the join found none.
    pub(super) fn outcome(&mut self) -> Result<Option<Outcome>, Error> {
        if self.is_null() {
            self.skip(Outcome::COLUMNS.len());
            return Ok(None);
        }
        Ok(Some(Outcome::read(self)?))
    }

    /// A message from a handset.
    pub(super) fn received(&mut self) -> Result<Arc<Received>, Error> {
        Ok(Arc::new(Received::read(self)?))
    }

    /// The subject of a notice, which the number `what` names: the columns are those of its message, outcome, message from a
    /// handset and change of what holds of a number.
    pub(super) fn subject(&mut self, what: i64) -> Result<What, Error> {
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

impl<'r> Source<'r> for Cells<'r> {
    fn next(&mut self) -> Result<Cell<'r>, String> {
        let cell = self.row.try_get(self.column).map_err(|error| error.to_string())?;
        self.column += 1;
        Ok(cell)
    }

    fn plans(&mut self) -> &mut Plans {
        self.plans
    }

    fn skip(&mut self, columns: usize) {
        self.column += columns;
    }

    fn is_null(&mut self) -> bool {
        matches!(self.row.try_get(self.column), Ok(Cell::Null))
    }
}

/// Rows that one statement writes: an array of cells for each column.
#[derive(Default)]
pub(super) struct Arrays<'v> {
    columns: Vec<Vec<Cell<'v>>>,
    plans: Plans,
    /// The column that is written next.
    column: usize,
}

impl<'v> Arrays<'v> {
    /// Adds a row.
    pub(super) fn push<T: Stored>(&mut self, row: &'v T) {
        self.columns.resize_with(T::COLUMNS.len(), Vec::new);
        self.column = 0;
        row.write(self);
    }

    /// The arrays, in the order of columns.
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        self.columns.iter().map(|column| column as Value<'_>)
    }
}

impl<'v> Sink<'v> for Arrays<'v> {
    fn put(&mut self, cell: Cell<'v>) {
        if let Some(column) = self.columns.get_mut(self.column) {
            column.push(cell);
        }
        self.column += 1;
    }

    fn plans(&mut self) -> &mut Plans {
        &mut self.plans
    }
}

/// A statement's arrays of columns, the first of which has place `first`.
pub(crate) fn arrays(columns: &[Column], first: usize) -> String {
    joined(
        columns.iter().zip(first..).map(|(column, place)| format!("${place}::{}[]", column.kind.postgres())),
    )
}

/// The statement that writes rows of a table.
pub(super) fn insert<T: Stored>(table: &str) -> String {
    format!("INSERT INTO {table} ({}) SELECT * FROM unnest({})", names(T::COLUMNS), arrays(T::COLUMNS, 1))
}

/// Writes one row's cells, for a statement whose values they are.
#[derive(Default)]
pub(super) struct Single<'v> {
    cells: Vec<Cell<'v>>,
    plans: Plans,
}

impl<'v> Single<'v> {
    /// The cells of a row.
    pub(super) fn of<T: Stored>(row: &'v T) -> Self {
        let mut single = Self::default();
        row.write(&mut single);
        single
    }

    /// The values, in the order of columns.
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        self.cells.iter().map(|cell| cell as Value<'_>).collect()
    }
}

impl<'v> Sink<'v> for Single<'v> {
    fn put(&mut self, cell: Cell<'v>) {
        self.cells.push(cell);
    }

    fn plans(&mut self) -> &mut Plans {
        &mut self.plans
    }
}
