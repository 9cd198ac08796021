//! Rows as values of the core: which columns a message or an outcome is read from, and how.

use crate::codes::Code;
use postrider_core::account::AccountId;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Parameter};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use std::sync::Arc;

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

/// The message in a row that starts with [`MESSAGE`].
pub(super) fn message(row: &Row<'_>) -> Result<Arc<Message>> {
    Ok(Arc::new(Message {
        id: id(row, 0)?,
        account: AccountId(row.get(1)?),
        class: coded(row, 2)?,
        from: sender(row, 3)?,
        to: recipient(row, 4)?,
        body: body(row)?,
        parts: row.get(9)?,
        due: time(row, 10)?,
        expires: time(row, 11)?,
        reference: row.get(12)?,
        metadata: row.get(13)?,
        callback: row.get(14)?,
        receipts: coded(row, 15)?,
        via: coded(row, 16)?,
        flash: row.get(17)?,
        parameters: parameters(row, 18)?,
    }))
}

fn parameters(row: &Row<'_>, column: usize) -> Result<Box<[Parameter]>> {
    let block: Option<Vec<u8>> = row.get(column)?;
    crate::parameters::read(block.as_deref())
        .ok_or_else(|| Error::InvalidColumnType(column, "parameters".into(), Type::Blob))
}

fn sender(row: &Row<'_>, column: usize) -> Result<Option<Sender>> {
    let text: Option<Box<str>> = row.get(column)?;
    text.map(|text| {
        Sender::parse(&text)
            .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
    })
    .transpose()
}

fn recipient(row: &Row<'_>, column: usize) -> Result<Number> {
    let digits: i64 = row.get(column)?;
    u64::try_from(digits)
        .ok()
        .and_then(Number::from_digits)
        .ok_or(Error::IntegralValueOutOfRange(column, digits))
}

fn body(row: &Row<'_>) -> Result<Body> {
    if let Some(text) = row.get(5)? {
        return Ok(Body::Text(text));
    }
    Ok(Body::Data { encoding: coded(row, 6)?, header: row.get(7)?, data: row.get(8)? })
}

/// The outcome in a row whose columns from `first` on are [`OUTCOME`]; `None` where the join found none.
pub(super) fn outcome(row: &Row<'_>, first: usize) -> Result<Option<Outcome>> {
    let Some(code) = row.get(first)? else { return Ok(None) };
    Ok(Some(Outcome {
        state: State::from_code(code).ok_or(Error::IntegralValueOutOfRange(first, code))?,
        upstream: UpstreamId(row.get(first + 1)?),
        reference: row.get(first + 2)?,
        error: row.get(first + 3)?,
        sent_at: row.get::<_, Option<i64>>(first + 4)?.map(Time),
        done_at: time(row, first + 5)?,
        parts: row.get(first + 6)?,
        possible_duplicate: row.get(first + 7)?,
    }))
}
