//! Putting queued messages into this node's hands, and returning them. Who sends what when is decided by
//! those who ask. What another node takes at the same moment is passed over, never waited for.

use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::link::{Transaction, Value};
use super::rebuild::{self, QUEUE};
use super::rows::{MESSAGE, code, key, limit};
use postrider_core::delivery::{Delivery, PartSet};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use tokio_postgres::Row;

/// Messages that are given out at once at most.
pub(super) const LEASE_MAX: usize = 10_000;

/// Queued messages of an upstream that are due.
pub(super) struct Leasing {
    /// The way they go.
    pub(super) upstream: UpstreamId,
    /// At most so many.
    pub(super) most: usize,
    /// What is due by then.
    pub(super) now: Time,
}

/// Free rows of one class; `$1` is the node.
pub(super) const DUE: Free = Free {
    condition: "f.upstream = $2::bigint AND f.class = $3::smallint AND f.due <= $4::bigint",
    order: "due, id",
    bound: "$5::bigint",
};

impl Errand for Leasing {
    type Answer = Vec<Delivery>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Delivery>, Error> {
        let mut deliveries = Vec::new();
        // A class at a time, so that what is not due yet is never walked over.
        for class in Class::ALL {
            let room = self.most.min(LEASE_MAX).saturating_sub(deliveries.len());
            if room == 0 {
                break;
            }
            let values: [Value<'_>; 4] =
                [&i64::from(self.upstream.0), &code(class), &self.now.0, &limit(room)];
            deliveries.append(&mut take(transaction, &DUE, &values).await?);
        }
        if deliveries.is_empty() {
            transaction.nothing();
        }
        Ok(deliveries)
    }
}

/// Which free rows of the queue (as `f`) to take.
pub(super) struct Free {
    /// Those that meet this.
    pub(super) condition: &'static str,
    /// The columns of the queue by which the first are found.
    pub(super) order: &'static str,
    /// At most so many.
    pub(super) bound: &'static str,
}

impl Free {
    /// The statement that takes them into the hands of node `$1`, and returns what the queue says of them.
    pub(super) fn sql(&self) -> String {
        let Self { condition, order, bound } = self;
        let by = |table: &str| {
            order.split(", ").map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
        };
        format!(
            "WITH free AS (SELECT f.id FROM queue f WHERE f.owner = 0 AND {condition} ORDER BY {} LIMIT {bound} \
             FOR UPDATE SKIP LOCKED), \
             own AS (UPDATE queue u SET owner = $1::smallint FROM free, \
             LATERAL (SELECT x.ctid AS place FROM queue x WHERE x.id = free.id OFFSET 0) x \
             WHERE u.ctid = x.place RETURNING u.*) \
             SELECT q.id, {QUEUE} FROM own q ORDER BY {}",
            by("f"),
            by("q")
        )
    }
}

/// The statement that reads the messages of places in the queue, whose columns are arrays, in the same order.
///
/// It is one by itself, since the days of the messages are known only when they are taken: a statement that does both
/// locks the tables of all days there are, each time.
pub(super) fn messages(days: Days) -> String {
    format!(
        "SELECT {MESSAGE}, {QUEUE} FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::boolean[]) \
         WITH ORDINALITY AS q (id, upstream, failed, taken, possible_duplicate, place) \
         JOIN LATERAL (SELECT * FROM message WHERE message.id = q.id AND {} OFFSET 0) m ON true ORDER BY q.place",
        days.hold("message.id")
    )
}

/// Places in the queue, column by column.
#[derive(Default)]
struct Places {
    id: Vec<i64>,
    upstream: Vec<i64>,
    failed: Vec<i32>,
    taken: Vec<i64>,
    possible_duplicate: Vec<bool>,
}

impl Places {
    fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut places = Self::default();
        for row in rows {
            places.id.push(row.try_get(0)?);
            places.upstream.push(row.try_get(1)?);
            places.failed.push(row.try_get(2)?);
            places.taken.push(row.try_get(3)?);
            places.possible_duplicate.push(row.try_get(4)?);
        }
        Ok(places)
    }
}

/// Takes free rows into this node's hands. `values` are those from `$2` on.
pub(super) async fn take(
    transaction: &mut Transaction<'_>,
    free: &Free,
    values: &[Value<'_>],
) -> Result<Vec<Delivery>, Error> {
    let node = transaction.node();
    let values: Vec<Value<'_>> = std::iter::once(&node as Value<'_>).chain(values.iter().copied()).collect();
    let places = Places::read(&transaction.query(&free.sql(), &values).await?)?;
    let Some(days) = Days::of(&places.id) else { return Ok(Vec::new()) };
    let values: [Value<'_>; 5] =
        [&places.id, &places.upstream, &places.failed, &places.taken, &places.possible_duplicate];
    let rows = transaction.query(&messages(days), &values).await?;
    let mut deliveries = rows.iter().map(rebuild::queued).collect::<Result<Vec<_>, _>>()?;
    let half_sent = deliveries.iter_mut().filter(|delivery| delivery.taken != PartSet::default()).collect();
    rebuild::complete(transaction, half_sent).await?;
    Ok(deliveries)
}

/// Messages to be returned unsent.
pub(super) struct Releasing(pub(super) Vec<MessageId>);

impl Errand for Releasing {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let messages: Vec<i64> = self.0.iter().map(|message| key(*message)).collect();
        let node = transaction.node();
        transaction
            .execute("UPDATE queue SET owner = 0 WHERE id = ANY($1) AND owner = $2", &[&messages, &node])
            .await?;
        Ok(())
    }
}
