//! The results of parts of long messages, read from the tables.

use super::days::Days;
use super::error::Error;
use super::link::{Link, Transaction};
use super::rows::{Cells, key};
use crate::damage::{Damage, Row as Place};
use crate::rebuild::{PART_ENDED, PART_WAITING, Parts};
use crate::table::{Damaged, Plans};
use postrider_core::delivery::Delivery;
use std::collections::HashMap;
use tokio_postgres::Row;

fn still_awaited() -> String {
    format!("SELECT message, {PART_WAITING} FROM waiting WHERE message = ANY($1)")
}

/// The statement that reads how parts of messages of these days ended. The days stand in it for the reason that
/// [`super::lease::messages`] gives.
pub(super) fn ended(days: Days) -> String {
    format!(
        "SELECT message, {PART_ENDED} FROM part WHERE message = ANY($1) AND {} ORDER BY message, at, part",
        days.hold("message")
    )
}

/// Messages that have parts which can't be read, and why.
#[derive(Debug, Default)]
pub(super) struct Unreadable(HashMap<i64, Damaged>);

impl Unreadable {
    /// Takes them out of deliveries, and notes the rows that they were found by.
    pub(super) fn leave_out(
        &self,
        deliveries: &mut Vec<Delivery>,
        row: impl Fn(i64) -> Place,
        damage: &mut Damage,
    ) {
        deliveries.retain(|delivery| self.is_readable(delivery, &row, damage));
    }

    /// Whether a delivery is none of them. Otherwise the row that it was found by is noted.
    pub(super) fn is_readable(
        &self,
        delivery: &Delivery,
        row: impl Fn(i64) -> Place,
        damage: &mut Damage,
    ) -> bool {
        let message = key(delivery.message.id);
        let why = self.0.get(&message);
        if let Some(why) = why {
            damage.note(row(message), why);
        }
        why.is_none()
    }
}

/// Adds the results of parts to deliveries of several parts.
pub(super) async fn complete(
    transaction: &mut Transaction<'_>,
    deliveries: Vec<&mut Delivery>,
) -> Result<Unreadable, Error> {
    let messages = keys(&deliveries);
    let Some(days) = Days::of(&messages) else { return Ok(Unreadable::default()) };
    let waiting = transaction.query(&still_awaited(), &[&messages]).await?;
    let ended = transaction.query(&ended(days), &[&messages]).await?;
    fill_in(deliveries, &waiting, &ended)
}

/// The same over a connection that only reads.
pub(super) async fn complete_read(link: &Link, deliveries: Vec<&mut Delivery>) -> Result<Unreadable, Error> {
    let messages = keys(&deliveries);
    let Some(days) = Days::of(&messages) else { return Ok(Unreadable::default()) };
    let waiting = link.query(&still_awaited(), &[&messages]).await?;
    let ended = link.query(&ended(days), &[&messages]).await?;
    fill_in(deliveries, &waiting, &ended)
}

fn keys(deliveries: &[&mut Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| key(delivery.message.id)).collect()
}

/// The rows of a message's parts.
#[derive(Default)]
struct Known<'r> {
    waiting: Vec<&'r Row>,
    ended: Vec<&'r Row>,
}

fn fill_in(deliveries: Vec<&mut Delivery>, waiting: &[Row], ended: &[Row]) -> Result<Unreadable, Error> {
    let mut known: HashMap<i64, Known<'_>> = HashMap::new();
    for row in waiting {
        known.entry(row.try_get(0)?).or_default().waiting.push(row);
    }
    for row in ended {
        known.entry(row.try_get(0)?).or_default().ended.push(row);
    }
    let mut unreadable = Unreadable::default();
    for delivery in deliveries {
        let message = key(delivery.message.id);
        if let Some(known) = known.get(&message)
            && let Err(why) = add(delivery, known)
        {
            unreadable.0.insert(message, why);
        }
    }
    Ok(unreadable)
}

fn add(delivery: &mut Delivery, known: &Known<'_>) -> Result<(), Damaged> {
    // Parts have no plans.
    let mut plans = Plans::default();
    let mut parts = Parts::of(delivery);
    for row in &known.waiting {
        parts.waiting(&mut Cells::from(row, 1, &mut plans))?;
    }
    for row in &known.ended {
        parts.ended(&mut Cells::from(row, 1, &mut plans))?;
    }
    parts.finish();
    Ok(())
}
