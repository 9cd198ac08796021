//! Deliveries as the tables know them: where a message stands, for those who lost it from memory. What
//! happens to it next is the core's.

use super::rows::{self, coded, time};
use postrider_core::delivery::{Delivery, PartSet, State};
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, Result, Row};

/// The columns of `queue q` that [`queued`] reads, after a message's.
pub(super) const QUEUE: &str = "q.upstream, q.failed, q.taken, q.possible_duplicate";

/// The columns of `waiting w` and, outer-joined, `queue q` that [`awaited`] reads, after a message's.
pub(super) const WAITING: &str = "w.upstream, w.part, w.parts, w.sent_at, w.possible_duplicate, \
                                  coalesce(w.given, w.reference), \
                                  q.failed, q.taken, q.possible_duplicate";

/// The delivery of a row that starts with a message's columns and goes on with [`QUEUE`]; what its parts have
/// come to is missing.
pub(super) fn queued(row: &Row<'_>) -> Result<Delivery> {
    let first = rows::AFTER_MESSAGE;
    let mut delivery = Delivery::new(rows::message(row)?, UpstreamId(row.get(first)?));
    delivery.failed = row.get(first + 1)?;
    delivery.taken = PartSet(row.get::<_, i64>(first + 2)?.cast_unsigned());
    delivery.possible_duplicate = row.get(first + 3)?;
    Ok(delivery)
}

/// The delivery, and the part, of a row that starts with a message's columns and goes on with [`WAITING`]; what
/// the other parts have come to is missing.
pub(super) fn awaited(row: &Row<'_>) -> Result<(Delivery, u8)> {
    let first = rows::AFTER_MESSAGE;
    let mut delivery = Delivery::new(rows::message(row)?, UpstreamId(row.get(first)?));
    let part = row.get(first + 1)?;
    delivery.parts = row.get(first + 2)?;
    delivery.sent_at = Some(time(row, first + 3)?);
    delivery.possible_duplicate = row.get(first + 4)?;
    delivery.reference = Some(row.get(first + 5)?);
    if let Some(failed) = row.get(first + 6)? {
        // Some of its parts still wait to be sent.
        delivery.failed = failed;
        delivery.taken = PartSet(row.get::<_, i64>(first + 7)?.cast_unsigned());
        delivery.possible_duplicate |= row.get::<_, bool>(first + 8)?;
    } else {
        delivery.state = State::Sent;
        delivery.taken = all(delivery.parts);
    }
    Ok((delivery, part))
}

/// Adds what the parts of a message of several have come to.
pub(super) fn complete(connection: &Connection, delivery: &mut Delivery) -> Result<()> {
    let message = rows::key(delivery.message.id);
    let mut first: Option<(u8, Box<str>)> = None;
    let mut named = |part: u8, reference: Option<Box<str>>| {
        if let Some(reference) = reference
            && first.as_ref().is_none_or(|(earliest, _)| part < *earliest)
        {
            first = Some((part, reference));
        }
    };
    let mut waiting = connection.prepare_cached(
        "SELECT part, coalesce(given, reference), sent_at, parts, possible_duplicate FROM waiting WHERE message = ?1",
    )?;
    let mut found = waiting.query([message])?;
    while let Some(row) = found.next()? {
        named(row.get(0)?, row.get(1)?);
        delivery.sent_at = delivery.sent_at.max(Some(time(row, 2)?));
        delivery.parts = row.get(3)?;
        delivery.possible_duplicate |= row.get::<_, bool>(4)?;
    }
    let mut ended = connection.prepare_cached(
        "SELECT part, reference, sent_at, state, error FROM part WHERE message = ?1 ORDER BY at, part",
    )?;
    let mut found = ended.query([message])?;
    while let Some(row) = found.next()? {
        let part = row.get(0)?;
        named(part, row.get(1)?);
        delivery.sent_at =
            delivery.sent_at.max(row.get::<_, Option<i64>>(2)?.map(postrider_core::time::Time));
        delivery.reported = delivery.reported.with(part);
        let state = coded(row, 3)?;
        let is_worse = match &delivery.worst {
            None => true,
            Some((worst, _)) => *worst == State::Delivered && state != State::Delivered,
        };
        if is_worse {
            delivery.worst = Some((state, row.get(4)?));
        }
    }
    if let Some((_, reference)) = first {
        delivery.reference = Some(reference);
    }
    Ok(())
}

/// The set of the first `parts` parts.
fn all(parts: u8) -> PartSet {
    (0..parts).fold(PartSet::default(), PartSet::with)
}
