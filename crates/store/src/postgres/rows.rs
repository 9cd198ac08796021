//! Rows as values of the core: which columns a message or an outcome is read from, and how; and values of the core
//! as columns hold them.

use super::error::Error;
use crate::codes::Code;
use postrider_core::account::AccountId;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Parameter};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::borrow::Cow;
use std::sync::Arc;
use tokio_postgres::Row;

/// The columns of `message m` that [`message`] reads, first in a row.
pub(super) const MESSAGE: &str = "m.id, m.account, m.class, m.sender, m.recipient, m.text, m.encoding, m.header, \
     m.data, m.parts, m.due, m.expires, m.reference, m.metadata, m.callback, m.receipts, m.via, m.flash, \
     m.parameters";
/// Where the columns after a message's begin.
pub(super) const AFTER_MESSAGE: usize = 19;
/// The columns of `outcome o` that [`outcome`] reads.
pub(super) const OUTCOME: &str =
    "o.state, o.upstream, o.reference, o.error, o.sent_at, o.done_at, o.parts, o.possible_duplicate";
/// Where the columns after a message's and an outcome's begin.
pub(super) const AFTER_OUTCOME: usize = AFTER_MESSAGE + 8;

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

/// Octets of a carrier's name that are kept: more than any protocol allows, less than an index can't hold.
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

/// A carrier's name for a part, as a column and its index can hold it. The same name becomes the same.
pub(super) fn name(reference: &str) -> Cow<'_, str> {
    text(&reference[..reference.floor_char_boundary(NAME_MAX)])
}

fn damaged(column: usize, what: impl std::fmt::Display) -> Error {
    Error::Damaged(format!("column {column} holds {what}, which is no value of it"))
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

/// How often something failed.
pub(super) fn count(row: &Row, column: usize) -> Result<u16, Error> {
    let number: i32 = row.try_get(column)?;
    u16::try_from(number).map_err(|_| damaged(column, number))
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

/// The message in a row that starts with [`MESSAGE`].
pub(super) fn message(row: &Row) -> Result<Arc<Message>, Error> {
    Ok(Arc::new(Message {
        id: id(row, 0)?,
        account: AccountId(narrow(row, 1)?),
        class: coded(row, 2)?,
        from: sender(row, 3)?,
        to: recipient(row, 4)?,
        body: body(row)?,
        parts: octet(row, 9)?,
        due: time(row, 10)?,
        expires: time(row, 11)?,
        reference: row.try_get(12)?,
        metadata: row.try_get(13)?,
        callback: row.try_get(14)?,
        receipts: coded(row, 15)?,
        via: coded(row, 16)?,
        flash: row.try_get(17)?,
        parameters: parameters(row, 18)?,
    }))
}

fn parameters(row: &Row, column: usize) -> Result<Box<[Parameter]>, Error> {
    crate::parameters::read(row.try_get(column)?).ok_or_else(|| damaged(column, "no parameters"))
}

fn sender(row: &Row, column: usize) -> Result<Option<Sender>, Error> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| Sender::parse(text).map_err(|error| damaged(column, error))).transpose()
}

fn recipient(row: &Row, column: usize) -> Result<Number, Error> {
    Number::from_digits(narrow(row, column)?).ok_or_else(|| damaged(column, "a number of wrong length"))
}

fn body(row: &Row) -> Result<Body, Error> {
    if let Some(text) = row.try_get(5)? {
        return Ok(Body::Text(text));
    }
    let octets =
        |column| row.try_get::<_, Option<&[u8]>>(column).map(|octets| octets.unwrap_or_default().into());
    if row.try_get::<_, Option<i16>>(6)?.is_none() {
        let text = std::str::from_utf8(row.try_get(8)?).map_err(|error| damaged(8, error))?;
        return Ok(Body::Text(text.into()));
    }
    Ok(Body::Data { encoding: coded(row, 6)?, header: octets(7)?, data: octets(8)? })
}

/// A body as its columns keep it. What `text` can't hold stands in `data`, without an encoding.
pub(super) struct Columns<'b> {
    pub(super) text: Option<&'b str>,
    pub(super) encoding: Option<i16>,
    pub(super) header: Option<&'b [u8]>,
    pub(super) data: Option<&'b [u8]>,
}

impl<'b> From<&'b Body> for Columns<'b> {
    fn from(body: &'b Body) -> Self {
        match body {
            Body::Text(text) if text.contains('\0') => {
                Self { text: None, encoding: None, header: None, data: Some(text.as_bytes()) }
            }
            Body::Text(text) => Self { text: Some(text), encoding: None, header: None, data: None },
            Body::Data { encoding, header, data } => {
                Self { text: None, encoding: Some(code(*encoding)), header: Some(header), data: Some(data) }
            }
        }
    }
}

/// The outcome in a row whose columns from `first` on are [`OUTCOME`]; `None` where the join found none.
pub(super) fn outcome(row: &Row, first: usize) -> Result<Option<Outcome>, Error> {
    if row.try_get::<_, Option<i16>>(first)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Outcome {
        state: coded::<State>(row, first)?,
        upstream: upstream(row, first + 1)?,
        reference: row.try_get(first + 2)?,
        error: row.try_get(first + 3)?,
        sent_at: row.try_get::<_, Option<i64>>(first + 4)?.map(Time),
        done_at: time(row, first + 5)?,
        parts: octet(row, first + 6)?,
        possible_duplicate: row.try_get(first + 7)?,
    }))
}
