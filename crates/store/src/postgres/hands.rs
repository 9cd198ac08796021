//! The hands in which a message is when a step of it is recorded. A node that stood still, or was cut off from the database,
//! records late: what it had in hand may be in another node's by then, which has sent a copy or will. Nothing is taken out of
//! another's hands but by a receipt. What is recorded late is marked as one copy of two.

use super::days::Days;
use super::error::Error;
use super::link::Link;
use super::money::settle;
use super::record::{Recording, notify, outcomes};
use super::rows::key;
use crate::table::{Numbered, Stored};
use postrider_core::contract::Recorded;
use postrider_core::delivery::{Outcome, Queue};
use postrider_core::id::MessageId;
use postrider_core::notice::NoticeId;
use tokio_postgres::Row;

/// A receipt ends a message wherever it is.
pub(super) const ENDED: &str = "DELETE FROM queue WHERE id = ANY($1)";

/// The statement by which messages `$1` leave the queue, of which `$3` are known to be marked. It returns those that were not
/// in the hands of node `$2`, or were there for another copy, and marks what is waited for of them.
///
/// Of such a message nobody need send the copy that nobody has in hand yet: the carrier has it.
pub(super) fn leave() -> String {
    with_astray(
        "DELETE FROM queue q WHERE q.id = ANY($1) \
         AND (q.owner = 0 OR q.owner = $2::smallint AND (NOT q.possible_duplicate OR q.id = ANY($3::bigint[]))) \
         RETURNING q.id, NOT q.possible_duplicate OR q.id = ANY($3::bigint[]) AS is_own",
    )
}

/// The statement by which messages `$1` return to the queue, if they are in the hands of node `$2`. It returns those that are
/// not, and marks what is waited for of them. Each row is looked up by itself, see [`super::rows::with_message`].
pub(super) fn put() -> String {
    with_astray(
        "UPDATE queue q SET upstream = p.upstream, due = p.due, failed = p.failed, taken = p.taken, \
         possible_duplicate = q.possible_duplicate OR p.possible_duplicate, owner = 0 \
         FROM unnest($1::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[], $7::boolean[]) \
         AS p (id, upstream, due, failed, taken, possible_duplicate), \
         LATERAL (SELECT x.ctid AS place FROM queue x WHERE x.id = p.id AND x.owner = $2::smallint OFFSET 0) x \
         WHERE q.ctid = x.place RETURNING q.id, true AS is_own",
    )
}

/// A statement that changes the places of messages `$1` in the queue, and returns those that it should have found and didn't.
fn with_astray(change: &str) -> String {
    format!(
        "WITH own AS ({change}), \
         astray AS (SELECT l.id FROM unnest($1::bigint[]) AS l (id) \
         WHERE (l.id IN (SELECT o.id FROM own o WHERE o.is_own)) IS NOT TRUE), \
         marked AS (UPDATE waiting w SET possible_duplicate = true FROM astray a, \
         LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.message = a.id AND NOT x.possible_duplicate OFFSET 0) x \
         WHERE w.ctid = x.place) \
         SELECT id FROM astray"
    )
}

/// The statement that ends messages `$1` in the queue, of which `$3` are known to be marked and `$4` wait for nothing any more.
/// It returns those that it ended: a message that another node has in hand, or has sent, is that node's to end. With
/// `is_settled` it also does to balances what the ends do.
pub(super) fn verdict(is_settled: bool) -> String {
    let notice = Outcome::COLUMNS.len() + 6;
    let settled = if is_settled { format!(", {}", settle(notice + 7)) } else { String::new() };
    format!(
        "WITH own AS (DELETE FROM queue q WHERE q.id = ANY($1) AND q.owner IN (0, $2::smallint) \
         AND (NOT q.possible_duplicate OR q.id = ANY($3::bigint[])) RETURNING q.id), \
         astray AS (SELECT l.id FROM unnest($1::bigint[]) AS l (id) \
         LEFT JOIN LATERAL (SELECT true AS has FROM queue x WHERE x.id = l.id OFFSET 0) q ON true \
         LEFT JOIN LATERAL (SELECT true AS has FROM waiting x WHERE x.message = l.id AND x.possible_duplicate LIMIT 1) w ON true \
         WHERE (l.id IN (SELECT id FROM own)) IS NOT TRUE AND (q.has OR w.has)), \
         forgotten AS (DELETE FROM waiting w USING unnest($4::bigint[]) AS f (id), \
         LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.message = f.id OFFSET 0) x \
         WHERE w.ctid = x.place AND (f.id IN (SELECT id FROM astray)) IS NOT TRUE), \
         ended AS ({} WHERE (o.id IN (SELECT id FROM astray)) IS NOT TRUE ON CONFLICT DO NOTHING RETURNING id), \
         told AS ({} WHERE (n.id IN (SELECT id FROM ended)) IS TRUE ON CONFLICT DO NOTHING){settled} \
         SELECT id FROM ended",
        outcomes("$1", 5),
        notify(notice)
    )
}

/// The notices that were to be a node's and are not.
const NOT_KEPT: &str = "SELECT n.id FROM unnest($1::bigint[], $2::bigint[]) AS n (lane, id) WHERE NOT EXISTS \
     (SELECT FROM notice x WHERE x.lane = n.lane AND x.id = n.id AND x.owner = $3::smallint)";

/// The statement that finds those of messages `$1` that the store knows as marked. A message that `$2` says was ended here has
/// ended here if it has an outcome.
pub(super) fn taken_over(days: Days) -> String {
    format!(
        "SELECT l.id FROM unnest($1::bigint[], $2::boolean[]) AS l (id, ended) \
         LEFT JOIN LATERAL (SELECT x.possible_duplicate AS is FROM queue x WHERE x.id = l.id OFFSET 0) q ON true \
         LEFT JOIN LATERAL (SELECT true AS is FROM waiting x WHERE x.message = l.id AND x.possible_duplicate LIMIT 1) w ON true \
         LEFT JOIN LATERAL (SELECT x.possible_duplicate AS is FROM outcome x WHERE x.id = l.id AND {} OFFSET 0) o ON true \
         WHERE CASE WHEN l.ended THEN o.is IS NULL ELSE coalesce(q.is OR w.is OR o.is, false) END",
        days.hold("x.id")
    )
}

/// The statement that waits no more for what belongs to messages `$1` that have ended: a copy was recorded after the end.
pub(super) fn overdue_copies(days: Days) -> String {
    format!(
        "DELETE FROM waiting w USING unnest($1::bigint[]) AS l (id), \
         LATERAL (SELECT x.id FROM outcome x WHERE x.id = l.id AND {} OFFSET 0) o, \
         LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.message = o.id OFFSET 0) x WHERE w.ctid = x.place",
        days.hold("x.id")
    )
}

/// What became of a batch that was recorded and met what other nodes did.
pub(super) async fn aftermath(link: &Link, node: i16, batch: &[&Recording]) -> Result<Recorded, Error> {
    let changes = || batch.iter().flat_map(|recording| &recording.0.changes);
    let (lanes, notices): (Vec<i64>, Vec<i64>) = changes()
        .filter(|change| change.outcome.is_some())
        .filter_map(|change| change.notice.as_ref().filter(|notice| notice.owned))
        .map(|notice| (notice.lane.to_number(), notice.id.to_number()))
        .unzip();
    let rows = link.query(NOT_KEPT, &[&lanes, &notices, &node]).await?;
    let number = |row: &Row| row.try_get(0).map(i64::cast_unsigned);
    let dropped = rows.iter().map(|row| number(row).map(NoticeId::from_number)).collect::<Result<_, _>>()?;
    let moved = || changes().filter(|change| change.queue != Queue::Keep);
    let all: Vec<i64> = moved().map(|change| key(change.message)).collect();
    let Some(days) = Days::of(&all) else { return Ok(Recorded { dropped, taken_over: Vec::new() }) };
    link.execute(&overdue_copies(days), &[&all]).await?;
    let doubtful: (Vec<i64>, Vec<bool>) = moved()
        .filter(|change| change.ends_in_queue() || !change.is_marked())
        .map(|change| (key(change.message), change.ends_in_queue()))
        .unzip();
    let rows = link.query(&taken_over(days), &[&doubtful.0, &doubtful.1]).await?;
    let taken_over =
        rows.iter().map(|row| number(row).map(MessageId::from_number)).collect::<Result<_, _>>()?;
    Ok(Recorded { dropped, taken_over })
}
