//! Putting queued messages into this node's hands, and returning them. Who sends what when is decided by
//! those who ask.

use super::rebuild::{self, QUEUE};
use super::rows::{MESSAGE, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use postrider_core::delivery::{Delivery, PartSet};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use rusqlite::{Params, Result, params};

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

impl Verb for Leasing {
    type Answer = Vec<Delivery>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<Delivery>> {
        let mut deliveries = Vec::new();
        // A class at a time, so that what is not due yet is never walked over.
        for class in Class::ALL {
            let room = self.most.min(LEASE_MAX).saturating_sub(deliveries.len());
            if room == 0 {
                break;
            }
            let place = "INDEXED BY queue_free CROSS JOIN message m ON m.id = q.id \
                         WHERE q.owner = 0 AND q.upstream = ?1 AND q.class = ?2 AND q.due <= ?3 \
                         ORDER BY q.due, q.id LIMIT ?4";
            let values = params![self.upstream.0, class.code(), self.now.0, limit(room)];
            deliveries.append(&mut take(tables, place, values)?);
        }
        Ok(deliveries)
    }
}

/// Takes what `FROM queue q` and `place` find into this node's hands.
pub(super) fn take(tables: &Tables<'_>, place: &str, values: impl Params) -> Result<Vec<Delivery>> {
    let connection = tables.connection;
    let mut deliveries = connection
        .prepare_cached(&format!("SELECT {MESSAGE}, {QUEUE} FROM queue q {place}"))?
        .query_map(values, rebuild::queued)?
        .collect::<Result<Vec<_>>>()?;
    let mut own = connection.prepare_cached("UPDATE queue SET owner = ?2 WHERE id = ?1")?;
    for delivery in &mut deliveries {
        own.execute(params![key(delivery.message.id), tables.owner])?;
        if delivery.taken != PartSet::default() {
            rebuild::complete(connection, delivery)?;
        }
    }
    Ok(deliveries)
}

/// Messages to be returned unsent.
pub(super) struct Releasing(pub(super) Vec<MessageId>);

impl Verb for Releasing {
    type Answer = ();

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = "UPDATE queue SET owner = 0 WHERE id = ?1 AND owner = ?2";
        let mut free = tables.connection.prepare_cached(sql)?;
        for message in &self.0 {
            free.execute(params![key(*message), tables.owner])?;
        }
        Ok(())
    }
}
