//! Which delivery a carrier's receipt is about.

use super::error::Error;
use super::link::Link;
use super::rebuild::{self, WAITING};
use super::rows::{AFTER_MESSAGE, MESSAGE, coded, limit, name, time, upstream, with_message, with_queue};
use postrider_core::contract::Parked;
use postrider_core::delivery::Delivery;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::borrow::Cow;

/// The statement that finds messages by carriers' names: upstreams and names, in two arrays.
pub(super) fn query() -> String {
    format!(
        "SELECT {MESSAGE}, {WAITING}, n.place FROM unnest($1::bigint[], $2::text[]) \
         WITH ORDINALITY AS n (upstream, reference, place) \
         JOIN LATERAL (SELECT * FROM waiting x WHERE x.upstream = n.upstream AND x.reference = n.reference OFFSET 0) w \
         ON true {} {}",
        with_message("w.message"),
        with_queue("w.message")
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
    for row in link.query(&query(), &[&upstreams, &names]).await? {
        let place: i64 = row.try_get(AFTER_MESSAGE + 9)?;
        if let Some(found) = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place)) {
            *found = Some(rebuild::awaited(&row)?);
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

/// Receipts that found no message, newest first.
pub(super) async fn parked(link: &Link, most: usize) -> Result<Vec<Parked>, Error> {
    let sql = "SELECT upstream, reference, reported, error, at FROM parked ORDER BY id DESC LIMIT $1";
    link.query(sql, &[&limit(most)])
        .await?
        .iter()
        .map(|row| {
            let report =
                Report { reference: row.try_get(1)?, reported: coded(row, 2)?, error: row.try_get(3)? };
            Ok(Parked { upstream: upstream(row, 0)?, report, at: time(row, 4)? })
        })
        .collect()
}
