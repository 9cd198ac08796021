//! Messages of several parts whose receipts came to several nodes at once. Each node knew of the others' parts what
//! was recorded when it looked, and so took them for still to come: none saw the end.
//!
//! Reports that leave a message open are therefore recorded one after the other, whichever node records them. The one
//! that turns out to be the last leaves its part in `waiting`, and the message in `gathered`, from where it is ended.

use super::error::Error;
use super::find;
use super::link::{Call, Link, Value};
use super::rebuild::complete_read;
use super::rows::{name, with_queue};
use crate::damage::{Damage, Row};
use crate::rebuild::WAITING;
use postrider_core::delivery::{Change, Delivery};
use std::borrow::Cow;

/// Reports of parts after which, as their node saw it, others were still to come.
#[derive(Default)]
pub(super) struct Open<'c> {
    message: Vec<i64>,
    upstream: Vec<i64>,
    reference: Vec<Cow<'c, str>>,
}

pub(super) const LOCK: &str = "SELECT x.part FROM (SELECT DISTINCT m FROM unnest($1::bigint[]) AS m ORDER BY m) a (message), \
     LATERAL (SELECT x.part FROM waiting x WHERE x.message = a.message ORDER BY x.part OFFSET 0 FOR UPDATE) x";
pub(super) const ARRIVE: &str = "DELETE FROM waiting w USING unnest($1::bigint[], $2::text[]) AS a (upstream, reference), \
     LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.upstream = a.upstream AND x.reference = a.reference \
     AND (SELECT count(*) FROM part p WHERE p.message = x.message) < x.parts OFFSET 0) x WHERE w.ctid = x.place";
pub(super) const GATHER: &str = "INSERT INTO gathered (message) SELECT DISTINCT a.message FROM unnest($1::bigint[]) AS a (message), \
     LATERAL (SELECT x.parts FROM waiting x WHERE x.message = a.message LIMIT 1) x \
     WHERE (SELECT count(*) FROM part p WHERE p.message = a.message) >= x.parts ON CONFLICT DO NOTHING";

impl<'c> Open<'c> {
    /// Whether it is such a report.
    pub(super) fn is(change: &Change) -> bool {
        change.part.is_some() && change.outcome.is_none() && !change.forget_awaited
    }

    /// Takes in such a report of a message.
    pub(super) fn push(&mut self, message: i64, change: &'c Change) {
        for (upstream, reference) in &change.arrived {
            self.message.push(message);
            self.upstream.push(upstream.0.into());
            self.reference.push(name(reference));
        }
    }

    /// Statements before parts are written.
    pub(super) fn before<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        if !self.message.is_empty() {
            let values: [Value<'w>; 1] = [&self.message];
            calls.push(Call::new(LOCK, values));
        }
    }

    /// Statements after that.
    pub(super) fn after<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        if !self.message.is_empty() {
            let arrived: [Value<'w>; 2] = [&self.upstream, &self.reference];
            let gathered: [Value<'w>; 1] = [&self.message];
            calls.extend([Call::new(ARRIVE, arrived), Call::new(GATHER, gathered)]);
        }
    }
}

/// The statement that finds messages all of whose parts were reported. What they say is read by itself, see
/// [`super::find::messages`].
pub(super) fn complete() -> String {
    format!(
        "SELECT w.message, {WAITING} FROM (SELECT message FROM gathered a WHERE NOT EXISTS (SELECT FROM waiting d \
         WHERE d.message = a.message AND d.damaged) ORDER BY message LIMIT $1) g \
         JOIN LATERAL (SELECT * FROM waiting x WHERE x.message = g.message AND NOT x.damaged ORDER BY x.part LIMIT 1) w ON true {}",
        with_queue("w.message")
    )
}

/// Messages all of whose parts were reported, and that nobody has ended yet; and what can't be read.
pub(super) async fn gathered(link: &Link, most: i64) -> Result<(Vec<Delivery>, Damage), Error> {
    let over = "DELETE FROM gathered g WHERE NOT EXISTS (SELECT FROM waiting w WHERE w.message = g.message)";
    link.execute(over, &[]).await?;
    let mut damage = Damage::default();
    let rows = link.query(&complete(), &[&most]).await?;
    let awaited = find::awaited(link, &rows, &mut damage).await?;
    let mut deliveries: Vec<Delivery> = awaited.into_iter().map(|(_, (delivery, _))| delivery).collect();
    let unreadable = complete_read(link, deliveries.iter_mut().collect()).await?;
    unreadable.leave_out(&mut deliveries, |message| Row::Waiting { message }, &mut damage);
    Ok((deliveries, damage))
}
