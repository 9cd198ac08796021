//! Which delivery a carrier's receipt is about.

use super::days::Days;
use super::error::Error;
use super::link::Link;
use super::rebuild::{self, WAITING};
use super::rows::{self, MESSAGE, coded, limit, name, time, upstream};
use postrider_core::contract::Parked;
use postrider_core::delivery::Delivery;
use postrider_core::message::Message;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::Row;

/// The statement that finds parts by carriers' names: upstreams and names, in two arrays. Something of a message may be in
/// the queue yet only if it has other parts, or was sent twice.
pub(super) fn query() -> String {
    format!(
        "SELECT w.message, {WAITING}, n.place FROM unnest($1::bigint[], $2::text[]) \
         WITH ORDINALITY AS n (upstream, reference, place) \
         JOIN LATERAL (SELECT * FROM waiting x WHERE x.upstream = n.upstream AND x.reference = n.reference OFFSET 0) w \
         ON true LEFT JOIN LATERAL (SELECT * FROM queue WHERE queue.id = w.message \
         AND (w.parts > 1 OR w.possible_duplicate) OFFSET 0) q ON true"
    )
}

/// The statement that reads messages of these days. It is one by itself for the reason that [`super::lease::messages`] is.
pub(super) fn messages(days: Days) -> String {
    format!(
        "SELECT {MESSAGE} FROM unnest($1::bigint[]) AS n (id) \
         JOIN LATERAL (SELECT * FROM message WHERE message.id = n.id AND {} OFFSET 0) m ON true",
        days.hold("message.id")
    )
}

/// Deliveries, with the part, whose receipts are waited for by these names, in the same order.
pub(super) async fn find(
    link: &Link,
    references: &[(UpstreamId, Box<str>)],
) -> Result<Vec<Option<(Delivery, u8)>>, Error> {
    let upstreams: Vec<i64> = references.iter().map(|(upstream, _)| upstream.0.into()).collect();
    let names: Vec<Cow<'_, str>> = references.iter().map(|(_, reference)| name(reference)).collect();
    let mut found: Vec<Option<(Delivery, u8)>> = references.iter().map(|_| None).collect();
    let awaited = link.query(&query(), &[&upstreams, &names]).await?;
    let messages = read(link, &awaited).await?;
    for row in &awaited {
        let Some(message) = messages.get(&row.try_get(0)?) else { continue };
        let place: i64 = row.try_get(10)?;
        if let Some(found) = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place)) {
            *found = Some(rebuild::awaited_of(Arc::clone(message), row, 1)?);
        }
    }
    let of_several = found
        .iter_mut()
        .flatten()
        .map(|(delivery, _)| delivery)
        .filter(|delivery| delivery.parts > 1)
        .collect();
    rebuild::complete_read(link, of_several).await?;
    Ok(found)
}

/// The messages whose ids rows begin with.
pub(super) async fn read(link: &Link, rows: &[Row]) -> Result<HashMap<i64, Arc<Message>>, Error> {
    let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    let Some(days) = Days::of(&ids) else { return Ok(HashMap::new()) };
    let rows = link.query(&messages(days), &[&ids]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, rows::message(row)?))).collect()
}

/// Receipts that found no message, newest first.
pub(super) async fn parked(link: &Link, most: usize) -> Result<Vec<Parked>, Error> {
    let sql = "SELECT upstream, reference, reported, error, one, other, also, key, at FROM parked ORDER BY id DESC LIMIT $1";
    link.query(sql, &[&limit(most)])
        .await?
        .iter()
        .map(|row| {
            let (upstream, report) = early(row)?;
            Ok(Parked { upstream, report, key: row.try_get(7)?, at: time(row, 8)? })
        })
        .collect()
}

/// A parked receipt of a row that starts with upstream, reference, reported, error, one, other and also.
pub(super) fn early(row: &Row) -> Result<(UpstreamId, Report), Error> {
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
