//! Look-up of the delivery that a carrier's receipt is about.

use super::damage::readable;
use super::days::Days;
use super::error::Error;
use super::link::Link;
use super::rebuild::complete_read;
use super::rows::{Cells, MESSAGE, coded, limit, name, time, upstream};
use crate::damage::{Damage, Row as Place};
use crate::rebuild::{self, WAITING};
use crate::table::Plans;
use postrider_core::contract::Parked;
use postrider_core::delivery::Delivery;
use postrider_core::message::Message;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::Row;

/// The statement that finds parts by carriers' references: upstreams and references, in two arrays. Something of a message may be in
/// the queue yet only if it has other parts, or was sent twice.
pub(super) fn query() -> String {
    format!(
        "SELECT w.message, {WAITING}, n.place FROM unnest($1::bigint[], $2::text[]) \
         WITH ORDINALITY AS n (upstream, reference, place) \
         JOIN LATERAL (SELECT * FROM waiting x WHERE x.upstream = n.upstream AND x.reference = n.reference \
         AND NOT x.damaged OFFSET 0) w \
         ON true LEFT JOIN LATERAL (SELECT * FROM queue WHERE queue.id = w.message \
         AND (w.parts > 1 OR w.possible_duplicate) OFFSET 0) q ON true"
    )
}

/// The statement that reads messages of these days. It is one by itself for the reason that [`super::lease::messages`] is.
pub(super) fn messages(days: Days) -> String {
    format!(
        "SELECT n.id, {MESSAGE} FROM unnest($1::bigint[]) AS n (id) \
         LEFT JOIN LATERAL (SELECT * FROM message WHERE message.id = n.id AND {} OFFSET 0) m ON true",
        days.hold("message.id")
    )
}

/// Deliveries, with the part, whose receipts are waited for by these references, in the same order; and what can't be read.
pub(super) async fn find(
    link: &Link,
    references: &[(UpstreamId, Box<str>)],
) -> Result<(Vec<Option<(Delivery, u8)>>, Damage), Error> {
    let upstreams: Vec<i64> = references.iter().map(|(upstream, _)| upstream.0.into()).collect();
    let names: Vec<Cow<'_, str>> = references.iter().map(|(_, reference)| name(reference)).collect();
    let mut found: Vec<Option<(Delivery, u8)>> = references.iter().map(|_| None).collect();
    let mut damage = Damage::default();
    let rows = link.query(&query(), &[&upstreams, &names]).await?;
    for (row, awaited) in awaited(link, &rows, &mut damage).await? {
        let place: i64 = row.try_get(10)?;
        if let Some(found) = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place)) {
            *found = Some(awaited);
        }
    }
    let several = found.iter_mut().flatten().map(|(delivery, _)| delivery);
    let unreadable = complete_read(link, several.filter(|delivery| delivery.parts > 1).collect()).await?;
    for found in &mut found {
        found.take_if(|(delivery, _)| {
            !unreadable.is_readable(delivery, |message| Place::Waiting { message }, &mut damage)
        });
    }
    Ok((found, damage))
}

/// The deliveries, with the part, of rows that begin with a message's id and [`WAITING`]. Those that can't be read are noted.
pub(super) async fn awaited<'r>(
    link: &Link,
    rows: &'r [Row],
    damage: &mut Damage,
) -> Result<Vec<(&'r Row, (Delivery, u8))>, Error> {
    let messages = read(link, rows, damage).await?;
    let mut plans = Plans::default();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let message = row.try_get(0)?;
        let Some(known) = messages.get(&message) else { continue };
        let cells = &mut Cells::from(row, 1, &mut plans);
        let awaited = rebuild::awaited(Arc::clone(known), cells).map_err(Error::from);
        found.extend(
            readable(awaited, damage, || Ok(Place::Waiting { message }))?.map(|awaited| (row, awaited)),
        );
    }
    Ok(found)
}

/// The messages whose ids rows of `waiting` begin with. Those that can't be read are noted.
pub(super) async fn read(
    link: &Link,
    rows: &[Row],
    damage: &mut Damage,
) -> Result<HashMap<i64, Arc<Message>>, Error> {
    let mut ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    let Some(days) = Days::of(&ids) else { return Ok(HashMap::new()) };
    let mut plans = Plans::default();
    let mut known = HashMap::with_capacity(ids.len());
    for row in link.query(&messages(days), &[&ids]).await? {
        let message = row.try_get(0)?;
        let read = Cells::from(&row, 1, &mut plans).message();
        known.extend(readable(read, damage, || Ok(Place::Waiting { message }))?.map(|read| (message, read)));
    }
    Ok(known)
}

/// Receipts that found no message, newest first; and what can't be read.
pub(super) async fn parked(link: &Link, most: usize) -> Result<(Vec<Parked>, Damage), Error> {
    let sql = "SELECT upstream, reference, reported, error, one, other, also, id, key, at FROM parked \
               WHERE NOT damaged ORDER BY id DESC LIMIT $1";
    let (mut parked, mut damage) = (Vec::new(), Damage::default());
    for row in link.query(sql, &[&limit(most)]).await? {
        if let Some((upstream, report)) = early(&row, &mut damage)? {
            parked.push(Parked { upstream, report, key: row.try_get(8)?, at: time(&row, 9)? });
        }
    }
    Ok((parked, damage))
}

/// A parked receipt of a row that starts with upstream, reference, reported, error, one, other, also and id. One that can't
/// be read is noted.
pub(super) fn early(row: &Row, damage: &mut Damage) -> Result<Option<(UpstreamId, Report)>, Error> {
    readable(report(row), damage, || Ok(Place::Parked { id: row.try_get(7)? }))
}

fn report(row: &Row) -> Result<(UpstreamId, Report), Error> {
    let digits = |column| row.try_get::<_, Option<i64>>(column);
    let digits = |column| digits(column).map(|digits| digits.and_then(|digits| u64::try_from(digits).ok()));
    let report = Report {
        reference: row.try_get(1)?,
        also: row.try_get(6)?,
        between: [digits(4)?, digits(5)?],
        reported: coded(row, 2)?,
        error: row.try_get(3)?,
    };
    Ok((upstream(row, 0)?, report))
}
