//! Chores, done from time to time: rescue of messages left in hand, search for those that wait too long or in vain, and
//! purging.

use super::damage::readable;
use super::find::Finder;
use super::lease::{Free, take};
use super::rows::{Cells, MESSAGE, key, limit, time};
use super::tables::Tables;
use super::writer::Verb;
use crate::damage::{Damage, Row};
use crate::limits::{LEASE_MAX, PURGE_MAX};
use crate::table::{Numbered, Plans, Source, known_as_numbers};
use postrider_core::contract::{QueuePlace, Stranded, Unheard};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, ToSql, params};
use std::collections::HashSet;

/// Frees the messages that a process had in hand when it died: each may have been on the wire. Returns their number.
///
/// It walks over queue and notices once, some 100 ns a row, since an index of what is in somebody's hands would cost
/// more on every message than this does at a start.
pub(super) fn take_up(connection: &Connection) -> Result<usize> {
    connection.execute("UPDATE notice SET owner = 0 WHERE owner > 0", [])?;
    connection.execute("UPDATE queue SET owner = 0, possible_duplicate = 1 WHERE owner > 0", [])
}

/// The same for one owner, where several share the database.
pub(super) fn take_up_of(connection: &Connection, owner: i64) -> Result<usize> {
    connection.execute("UPDATE notice SET owner = 0 WHERE owner = ?1", [owner])?;
    connection.execute("UPDATE queue SET owner = 0, possible_duplicate = 1 WHERE owner = ?1", [owner])
}

/// Leaves the store in order where several owners share the database: nothing is in this one's hands any more.
pub(super) fn leave_of(connection: &Connection, owner: i64) -> Result<()> {
    for table in ["queue", "notice"] {
        connection.execute(&format!("UPDATE {table} SET owner = 0 WHERE owner = ?1"), [owner])?;
    }
    Ok(())
}

/// Leaves the store in order: nothing is in this process's hands any more, and the log is carried over.
pub(super) fn leave(connection: &Connection) -> Result<()> {
    for table in ["queue", "notice"] {
        connection.execute(&format!("UPDATE {table} SET owner = 0 WHERE owner > 0"), [])?;
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Queued messages whose time has run out.
pub(super) struct Overdue {
    /// At most so many.
    pub(super) most: usize,
    /// Messages whose time ran out by then.
    pub(super) now: Time,
}

impl Verb for Overdue {
    type Answer = Vec<Delivery>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<Delivery>> {
        let free = Free {
            index: "INDEXED BY queue_free_expires",
            condition: "q.owner = 0 AND q.expires <= ?1 ORDER BY q.expires LIMIT ?2",
        };
        take(tables, &free, &[&self.now.0], self.most.min(LEASE_MAX))
    }
}

/// Queued messages whose upstream is none of these.
pub(super) struct Stranding {
    /// The upstreams whose messages stay.
    pub(super) upstreams: Vec<UpstreamId>,
    /// The place where the page before ended.
    pub(super) after: Option<QueuePlace>,
    /// At most so many.
    pub(super) most: usize,
}

/// Free rows of an upstream, behind a place.
pub(super) const BEHIND: Free = Free {
    index: "INDEXED BY queue_free",
    condition: "q.owner = 0 AND q.upstream = ?1 AND (q.class, q.account, q.due, q.id) > (?2, ?3, ?4, ?5) \
                ORDER BY q.class, q.account, q.due, q.id LIMIT ?6",
};

impl Verb for Stranding {
    type Answer = Stranded;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Stranded> {
        let known: HashSet<u32> = self.upstreams.iter().map(|upstream| upstream.0).collect();
        let most = self.most.min(LEASE_MAX);
        let mut page = Stranded::default();
        let mut last = self.after.map_or(-1, |place| i64::from(place.upstream.0) - 1);
        // From upstream to upstream along the index, never along the queue.
        while let Some(upstream) = next_upstream(tables.connection, last)? {
            last = i64::from(upstream);
            if known.contains(&upstream) {
                continue;
            }
            let begin = self.after.filter(|place| place.upstream.0 == upstream);
            let begin = begin.map_or((-1, 0, i64::MIN, 0), |place| {
                (place.class.to_number(), place.account.0, place.due.0, key(place.message))
            });
            let values: [&dyn ToSql; 5] = [&upstream, &begin.0, &begin.1, &begin.2, &begin.3];
            let room = most - page.deliveries.len();
            page.deliveries.append(&mut take(tables, &BEHIND, &values, room)?);
            if page.deliveries.len() == most {
                page.next = page.deliveries.last().map(|last| place(tables.connection, last)).transpose()?;
                break;
            }
        }
        Ok(page)
    }
}

/// The place of a message that was taken.
fn place(connection: &Connection, delivery: &Delivery) -> Result<QueuePlace> {
    let message = &delivery.message;
    let due = connection
        .prepare_cached("SELECT due FROM queue WHERE id = ?1")?
        .query_row([key(message.id)], |row| time(row, 0))?;
    Ok(QueuePlace {
        upstream: delivery.upstream,
        class: message.class,
        account: message.account,
        due,
        message: message.id,
    })
}

/// The next upstream, by number, for which something is queued.
fn next_upstream(connection: &Connection, last: i64) -> Result<Option<u32>> {
    connection
        .prepare_cached(
            "SELECT upstream FROM queue INDEXED BY queue_free WHERE owner = 0 AND upstream > ?1 \
             ORDER BY upstream LIMIT 1",
        )?
        .query_row([last], |row| row.get(0))
        .optional()
}

/// Messages sent before `before` whose receipts are still waited for. It walks over what is waited for.
pub(super) fn silent(
    connection: &Connection,
    before: Time,
    most: usize,
    damage: &mut Damage,
) -> Result<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(
        "SELECT w.upstream, w.reference, w.message FROM waiting w WHERE w.sent_at < ?1 AND NOT w.damaged \
         AND NOT EXISTS (SELECT 1 FROM queue WHERE id = w.message)",
    )?;
    let mut found = statement.query([before.0])?;
    let mut finder = Finder::prepare(connection)?;
    let mut seen = HashSet::new();
    let mut deliveries = Vec::new();
    while deliveries.len() < most.min(LEASE_MAX) {
        let Some(row) = found.next()? else { break };
        if !seen.insert(row.get::<_, i64>(2)?) {
            continue;
        }
        let place = || Ok(Row::Waiting { message: row.get(2)? });
        let name = row.get::<_, u32>(0).and_then(|upstream| Ok((UpstreamId(upstream), row.get(1)?)));
        let Some((upstream, reference)) = readable(name, damage, place)? else { continue };
        let reference: Box<str> = reference;
        if let Some((delivery, _)) = finder.find(upstream, &reference, damage)?
            && delivery.sent_at < Some(before)
        {
            deliveries.push(delivery);
        }
    }
    Ok(deliveries)
}

/// Parts whose receipts are overdue, from behind the place `after` on. It walks over what is waited for from there on.
pub(super) fn unheard(
    connection: &Connection,
    upstream: UpstreamId,
    before: Time,
    (message, name): &(MessageId, Box<str>),
    most: usize,
    damage: &mut Damage,
) -> Result<Vec<Unheard>> {
    let values =
        params![key(*message), name, key(MessageId::first_at(before)), upstream.0, before.0, limit(most)];
    let mut statement = connection.prepare_cached(&format!(
            "SELECT w.message, w.reference, coalesce(w.given, w.reference), {MESSAGE} \
             FROM waiting w INDEXED BY waiting_message LEFT JOIN message m ON m.id = w.message \
             WHERE w.message >= ?1 AND (w.message > ?1 OR w.reference > ?2) AND w.message < ?3 \
             AND w.upstream = ?4 AND w.sent_at < ?5 AND NOT w.damaged ORDER BY w.message, w.reference LIMIT ?6"
        ))?;
    let mut rows = statement.query(values)?;
    let (mut plans, mut parts) = (Plans::default(), Vec::new());
    while let Some(row) = rows.next()? {
        let part = unheard_part(&mut Cells::from(row, 1, &mut plans));
        let place = || Ok(Row::Waiting { message: row.get(0)? });
        parts.extend(readable(part, damage, place)?);
    }
    Ok(parts)
}

fn unheard_part(row: &mut Cells<'_, '_>) -> Result<Unheard> {
    let (key, given) = (row.read("reference")?, row.read("given")?);
    Ok(Unheard { message: row.message()?, key, given })
}

/// Ended messages to be forgotten.
pub(super) struct Purging {
    /// Messages accepted before then.
    pub(super) before: Time,
    /// At most so many.
    pub(super) most: usize,
}

impl Verb for Purging {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.most.min(PURGE_MAX)
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        connection.prepare_cached("DELETE FROM parked WHERE at < ?1")?.execute([self.before.0])?;
        let before = key(MessageId::first_at(self.before));
        let most = limit(self.most.min(PURGE_MAX));
        let received = connection
            .prepare_cached("SELECT id FROM inbound WHERE id < ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![before, most], |row| row.get(0))?
            .collect::<Result<Vec<i64>>>()?;
        for message in received {
            forget_received(connection, message)?;
        }
        super::client_parts::forget(connection, before, most)?;
        super::conversations::forget(connection, self.before, most)?;
        let ended = connection
            .prepare_cached("SELECT id FROM outcome WHERE id < ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![before, limit(self.most.min(PURGE_MAX))], |row| row.get(0))?
            .collect::<Result<Vec<i64>>>()?;
        for message in &ended {
            forget_message(connection, *message)?;
        }
        Ok(ended.len())
    }
}

/// Forgets what URLs of rules are still to be told of a message.
const OF_RULE_URLS: &str = "DELETE FROM notice WHERE id = ?1 AND lane <= -16";

/// Forgets a message from a handset.
pub(super) fn forget_received(connection: &Connection, message: i64) -> Result<()> {
    let notices =
        "DELETE FROM notice WHERE id = ?1 AND lane IN (-2, -1, (SELECT account FROM inbound WHERE id = ?1))";
    let of_message = "DELETE FROM attempt WHERE message = ?1";
    for statement in [notices, OF_RULE_URLS, of_message, "DELETE FROM inbound WHERE id = ?1"] {
        connection.prepare_cached(statement)?.execute([message])?;
    }
    Ok(())
}

/// Forgets a message, and the parts that its client cut itself.
pub(super) fn forget_message(connection: &Connection, message: i64) -> Result<()> {
    let known_as: Option<Option<String>> = connection
        .prepare_cached("SELECT known_as FROM message WHERE id = ?1")?
        .query_row([message], |row| row.get(0))
        .optional()?;
    for part in known_as_numbers(known_as.flatten().as_deref()) {
        connection.prepare_cached("DELETE FROM client_part WHERE id = ?1")?.execute([part])?;
    }
    // The notice first: it is found by way of its message.
    connection
        .prepare_cached(
            "DELETE FROM notice WHERE id = ?1 AND lane IN (-2, -1, (SELECT account FROM message WHERE id = ?1))",
        )?
        .execute([message])?;
    connection.prepare_cached(OF_RULE_URLS)?.execute([message])?;
    for table in ["part", "remark", "attempt", "waiting"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE message = ?1"))?.execute([message])?;
    }
    for table in ["outcome", "message"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([message])?;
    }
    Ok(())
}
