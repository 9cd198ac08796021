//! Deliveries as the tables know them: where a message stands, for those who lost it from memory. What
//! happens to it next is the core's.

use super::days::Days;
use super::error::Error;
use super::link::{Link, Transaction};
use super::rows::{self, coded, count, octet, time, upstream};
use postrider_core::delivery::{Delivery, PartSet, State};
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::Row;

/// The columns of `queue q` that [`queued`] reads, after a message's.
pub(super) const QUEUE: &str = "q.upstream, q.failed, q.taken, q.possible_duplicate";

/// The columns of `waiting w` and, outer-joined, `queue q` that [`awaited`] reads, after a message's.
pub(super) const WAITING: &str = "w.upstream, w.part, w.parts, w.sent_at, w.possible_duplicate, \
                                  coalesce(w.given, w.reference), \
                                  q.failed, q.taken, q.possible_duplicate";

/// The delivery of a row that starts with a message's columns and goes on with [`QUEUE`]; what its parts have
/// come to is missing.
pub(super) fn queued(row: &Row) -> Result<Delivery, Error> {
    let first = rows::AFTER_MESSAGE;
    let mut delivery = Delivery::new(rows::message(row)?, upstream(row, first)?);
    delivery.failed = count(row, first + 1)?;
    delivery.taken = PartSet(row.try_get::<_, i64>(first + 2)?.cast_unsigned());
    delivery.possible_duplicate = row.try_get(first + 3)?;
    Ok(delivery)
}

/// The delivery, and the part, of a row that starts with a message's columns and goes on with [`WAITING`]; what
/// the other parts have come to is missing.
pub(super) fn awaited(row: &Row) -> Result<(Delivery, u8), Error> {
    awaited_of(rows::message(row)?, row, rows::AFTER_MESSAGE)
}

/// The same of a message that is known, from a row whose columns from `first` on are [`WAITING`].
pub(super) fn awaited_of(message: Arc<Message>, row: &Row, first: usize) -> Result<(Delivery, u8), Error> {
    let mut delivery = Delivery::new(message, upstream(row, first)?);
    let part = octet(row, first + 1)?;
    delivery.parts = octet(row, first + 2)?;
    delivery.sent_at = Some(time(row, first + 3)?);
    delivery.possible_duplicate = row.try_get(first + 4)?;
    delivery.reference = Some(row.try_get(first + 5)?);
    if row.try_get::<_, Option<i32>>(first + 6)?.is_some() {
        // Some of its parts still wait to be sent.
        delivery.failed = count(row, first + 6)?;
        delivery.taken = PartSet(row.try_get::<_, i64>(first + 7)?.cast_unsigned());
        delivery.possible_duplicate |= row.try_get::<_, bool>(first + 8)?;
    } else {
        delivery.state = State::Sent;
        delivery.taken = all(delivery.parts);
    }
    Ok((delivery, part))
}

const STILL_AWAITED: &str = "SELECT message, part, coalesce(given, reference), sent_at, parts, possible_duplicate FROM waiting WHERE message = ANY($1)";

/// The statement that reads how parts of messages of these days ended. The days stand in it for the reason that
/// [`super::lease::messages`] gives.
pub(super) fn ended(days: Days) -> String {
    format!(
        "SELECT message, part, reference, sent_at, state, error FROM part WHERE message = ANY($1) AND {} \
         ORDER BY message, at, part",
        days.hold("message")
    )
}

/// Adds what the parts of messages of several have come to.
pub(super) async fn complete(
    transaction: &mut Transaction<'_>,
    deliveries: Vec<&mut Delivery>,
) -> Result<(), Error> {
    let messages = keys(&deliveries);
    let Some(days) = Days::of(&messages) else { return Ok(()) };
    let waiting = transaction.query(STILL_AWAITED, &[&messages]).await?;
    let ended = transaction.query(&ended(days), &[&messages]).await?;
    fill_in(deliveries, &waiting, &ended)
}

/// The same for who only reads.
pub(super) async fn complete_read(link: &Link, deliveries: Vec<&mut Delivery>) -> Result<(), Error> {
    let messages = keys(&deliveries);
    let Some(days) = Days::of(&messages) else { return Ok(()) };
    let waiting = link.query(STILL_AWAITED, &[&messages]).await?;
    let ended = link.query(&ended(days), &[&messages]).await?;
    fill_in(deliveries, &waiting, &ended)
}

fn keys(deliveries: &[&mut Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| rows::key(delivery.message.id)).collect()
}

/// What is known of a message's parts.
#[derive(Default)]
struct Known<'r> {
    waiting: Vec<&'r Row>,
    ended: Vec<&'r Row>,
}

fn fill_in(deliveries: Vec<&mut Delivery>, waiting: &[Row], ended: &[Row]) -> Result<(), Error> {
    let mut known: HashMap<i64, Known<'_>> = HashMap::new();
    for row in waiting {
        known.entry(row.try_get(0)?).or_default().waiting.push(row);
    }
    for row in ended {
        known.entry(row.try_get(0)?).or_default().ended.push(row);
    }
    for delivery in deliveries {
        if let Some(known) = known.get(&rows::key(delivery.message.id)) {
            add(delivery, known)?;
        }
    }
    Ok(())
}

fn add(delivery: &mut Delivery, known: &Known<'_>) -> Result<(), Error> {
    let mut first: Option<(u8, Box<str>)> = None;
    let mut named = |part: u8, reference: Option<Box<str>>| {
        if let Some(reference) = reference
            && first.as_ref().is_none_or(|(earliest, _)| part < *earliest)
        {
            first = Some((part, reference));
        }
    };
    for row in &known.waiting {
        named(octet(row, 1)?, row.try_get(2)?);
        delivery.sent_at = delivery.sent_at.max(Some(time(row, 3)?));
        delivery.parts = octet(row, 4)?;
        delivery.possible_duplicate |= row.try_get::<_, bool>(5)?;
    }
    for row in &known.ended {
        let part = octet(row, 1)?;
        named(part, row.try_get(2)?);
        delivery.sent_at = delivery.sent_at.max(row.try_get::<_, Option<i64>>(3)?.map(Time));
        delivery.reported = delivery.reported.with(part);
        let state = coded(row, 4)?;
        let is_worse = match &delivery.worst {
            None => true,
            Some((worst, _)) => *worst == State::Delivered && state != State::Delivered,
        };
        if is_worse {
            delivery.worst = Some((state, row.try_get(5)?));
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
