//! Chores, done from time to time: rescue of messages left in hand, search for those that wait too long or in vain, and
//! purging.

use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::find;
use super::lease::{Free, take};
use super::link::{Link, Transaction, Value};
use super::rebuild::complete_read;
use super::rows::{code, key, limit, time, with_queue};
use crate::damage::{Damage, Row};
use crate::limits::{LEASE_MAX, PURGE_MAX};
use crate::rebuild::WAITING;
use crate::table::known_as_numbers;
use postrider_core::contract::{QueuePlace, Stranded, Unheard};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

/// Takes this node's place from the process that had it before, and frees the messages left in its hands: each may have been
/// on the wire. Returns the epoch that begins, and the number of these messages.
///
/// Waits for the transactions that the other process may have under way; it can begin no new ones.
pub(super) async fn take_up(link: &Link, node: i16) -> Result<(i64, u64), Error> {
    link.script("BEGIN").await?;
    link.execute(
        "INSERT INTO batch SELECT $1, lane, 0, 0 FROM generate_series(0, 3) AS lane ON CONFLICT DO NOTHING",
        &[&node],
    )
    .await?;
    let rows = link
        .query(
            "UPDATE batch SET epoch = 1 + (SELECT max(epoch) FROM batch WHERE node = $1), number = 0 \
             WHERE node = $1 RETURNING epoch",
            &[&node],
        )
        .await?;
    let epoch = match rows.first() {
        Some(row) => row.try_get(0)?,
        None => return Err(Error::Damaged("table batch lost the node's rows".into())),
    };
    let left = link
        .execute("UPDATE queue SET owner = 0, possible_duplicate = true WHERE owner = $1", &[&node])
        .await?;
    link.execute("UPDATE notice SET owner = 0 WHERE owner = $1", &[&node]).await?;
    link.script("COMMIT").await?;
    Ok((epoch, left))
}

/// Leaves the store in order: nothing is in this node's hands any more.
pub(super) async fn leave(link: &Link, node: i16, epoch: i64) -> Result<(), Error> {
    link.script("BEGIN").await?;
    // If another process has taken the node's place, its rows are that one's. No transaction comes after this one.
    for lane in 0..4i16 {
        link.execute("SELECT begin_batch($1, $2, $3, $4)", &[&node, &lane, &epoch, &i64::MAX]).await?;
    }
    for table in ["queue", "notice"] {
        link.execute(&format!("UPDATE {table} SET owner = 0 WHERE owner = $1"), &[&node]).await?;
    }
    link.script("COMMIT").await
}

/// Queued messages whose time has run out.
pub(super) struct Overdue {
    /// At most so many.
    pub(super) most: usize,
    /// Messages whose time ran out by then.
    pub(super) now: Time,
}

/// Free rows whose time has run out.
pub(super) const RUN_OUT: Free =
    Free { condition: "f.expires <= $2::bigint", order: "expires", bound: "$3::bigint" };

impl Errand for Overdue {
    type Answer = Vec<Delivery>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Delivery>, Error> {
        let most = self.most.min(LEASE_MAX);
        let deliveries = take(transaction, &RUN_OUT, &[&self.now.0], most).await?;
        if deliveries.is_empty() {
            transaction.nothing();
        }
        Ok(deliveries)
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

/// Upstreams for which something is free: from one to the next along the index, never along the queue.
pub(super) const UPSTREAMS: &str = "WITH RECURSIVE u AS ( \
       (SELECT upstream FROM queue WHERE owner = 0 ORDER BY upstream LIMIT 1) \
       UNION ALL \
       SELECT (SELECT q.upstream FROM queue q WHERE q.owner = 0 AND q.upstream > u.upstream \
               ORDER BY q.upstream LIMIT 1) \
       FROM u WHERE u.upstream IS NOT NULL) \
     SELECT upstream FROM u WHERE upstream IS NOT NULL AND upstream <> ALL($1::bigint[])";

/// Free rows of an upstream, behind a place.
pub(super) const BEHIND: Free = Free {
    condition: "f.upstream = $2::bigint AND (f.class, f.account, f.due, f.id) > ($3::smallint, $4::bigint, $5::bigint, $6::bigint)",
    order: "class, account, due, id",
    bound: "$7::bigint",
};

impl Errand for Stranding {
    type Answer = Stranded;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Stranded, Error> {
        let known: Vec<i64> = self.upstreams.iter().map(|upstream| upstream.0.into()).collect();
        let most = self.most.min(LEASE_MAX);
        let from = self.after.map_or(0, |place| i64::from(place.upstream.0));
        let mut page = Stranded::default();
        for row in transaction.query(UPSTREAMS, &[&known]).await? {
            let upstream: i64 = row.try_get(0)?;
            if upstream < from {
                continue;
            }
            let begin = self.after.filter(|place| i64::from(place.upstream.0) == upstream);
            let begin = begin.map_or((-1, 0, i64::MIN, 0), |place| {
                (code(place.class), i64::from(place.account.0), place.due.0, key(place.message))
            });
            let values: [Value<'_>; 5] = [&upstream, &begin.0, &begin.1, &begin.2, &begin.3];
            let room = most - page.deliveries.len();
            page.deliveries.append(&mut take(transaction, &BEHIND, &values, room).await?);
            if page.deliveries.len() == most {
                page.next = place(transaction, page.deliveries.last()).await?;
                break;
            }
        }
        if page.deliveries.is_empty() {
            transaction.nothing();
        }
        Ok(page)
    }
}

/// The place of a message that was taken.
async fn place(
    transaction: &mut Transaction<'_>,
    delivery: Option<&Delivery>,
) -> Result<Option<QueuePlace>, Error> {
    let Some(delivery) = delivery else { return Ok(None) };
    let message = &delivery.message;
    let rows = transaction.query("SELECT due FROM queue WHERE id = $1", &[&key(message.id)]).await?;
    let place = |row| {
        Ok(QueuePlace {
            upstream: delivery.upstream,
            class: message.class,
            account: message.account,
            due: time(row, 0)?,
            message: message.id,
        })
    };
    rows.first().map(place).transpose()
}

/// The first and the last message accepted before `$1` whose receipts are waited for.
pub(super) const OLDEST: &str = "SELECT min(message), max(message) FROM waiting WHERE message < $1";

/// The statement that finds messages of these days, accepted before `$2`, of which nothing was sent since `$1` and whose
/// receipts are still waited for. It walks over what messages that old wait for.
pub(super) fn long_silent(days: Days) -> String {
    format!(
        "SELECT DISTINCT ON (w.message) w.message, {WAITING} FROM waiting w {} \
         WHERE w.message < $2 AND w.sent_at < $1 AND q.id IS NULL AND NOT w.damaged \
         AND NOT EXISTS (SELECT FROM waiting l WHERE l.message = w.message AND l.sent_at >= $1) \
         AND NOT EXISTS (SELECT FROM part p WHERE p.message = w.message AND {} AND p.sent_at >= $1) \
         ORDER BY w.message LIMIT $3",
        with_queue("w.message"),
        days.hold("p.message")
    )
}

/// Messages sent before `before` whose receipts are still waited for; and what can't be read.
pub(super) async fn silent(link: &Link, before: Time, most: usize) -> Result<(Vec<Delivery>, Damage), Error> {
    let mut damage = Damage::default();
    // A message that was sent before then was accepted before then.
    let accepted = key(MessageId::first_at(before));
    let ends = link.query(OLDEST, &[&accepted]).await?;
    let Some(row) = ends.first() else { return Ok((Vec::new(), damage)) };
    let ends: [Option<i64>; 2] = [row.try_get(0)?, row.try_get(1)?];
    let Some(days) = Days::of(&ends.into_iter().flatten().collect::<Vec<_>>()) else {
        return Ok((Vec::new(), damage));
    };
    let values: [Value<'_>; 3] = [&before.0, &accepted, &limit(most.min(LEASE_MAX))];
    let rows = link.query(&long_silent(days), &values).await?;
    let awaited = find::awaited(link, &rows, &mut damage).await?;
    let mut deliveries: Vec<Delivery> = awaited.into_iter().map(|(_, (delivery, _))| delivery).collect();
    let several = deliveries.iter_mut().filter(|delivery| delivery.parts > 1).collect();
    let unreadable = complete_read(link, several).await?;
    unreadable.leave_out(&mut deliveries, |message| Row::Waiting { message }, &mut damage);
    Ok((deliveries, damage))
}

/// The statement that finds parts of upstream `$4` whose receipts are overdue, from behind a place (`$1`, `$2`) on.
pub(super) const UNHEARD: &str = "SELECT w.message, w.reference, coalesce(w.given, w.reference) FROM waiting w \
     WHERE w.message >= $1 AND (w.message > $1 OR w.reference > $2 COLLATE \"C\") AND w.message < $3 \
     AND w.upstream = $4 AND w.sent_at < $5 AND NOT w.damaged ORDER BY w.message, w.reference LIMIT $6";

/// Parts whose receipts are overdue, from behind the place `after` on. It walks over what is waited for from there on.
pub(super) async fn unheard(
    link: &Link,
    upstream: UpstreamId,
    before: Time,
    (message, name): &(MessageId, Box<str>),
    most: usize,
) -> Result<(Vec<Unheard>, Damage), Error> {
    let (message, accepted) = (key(*message), key(MessageId::first_at(before)));
    let (upstream, most) = (i64::from(upstream.0), limit(most));
    let values: [Value<'_>; 6] = [&message, &&**name, &accepted, &upstream, &before.0, &most];
    let rows = link.query(UNHEARD, &values).await?;
    let mut damage = Damage::default();
    let messages = find::read(link, &rows, &mut damage).await?;
    let mut unheard = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(message) = messages.get(&row.try_get(0)?) {
            let message = Arc::clone(message);
            unheard.push(Unheard { message, key: row.try_get(1)?, given: row.try_get(2)? });
        }
    }
    Ok((unheard, damage))
}

/// Forgets parts, at most `$2`, accepted before `$1`, of texts that clients cut themselves and that were put together.
const FORGET_PARTS: &str = "DELETE FROM client_part WHERE id IN \
     (SELECT id FROM client_part WHERE id < $1 AND joined IS NOT NULL ORDER BY id LIMIT $2)";

/// Forgets messages from handsets that meet a condition, the oldest first, with their notices and attempts.
pub(super) fn forget_received(condition: &str, most: &str) -> String {
    format!(
        "WITH old AS (SELECT id, account FROM inbound WHERE {condition} ORDER BY id LIMIT {most}), \
         notices AS (DELETE FROM notice n USING old WHERE n.id = old.id AND n.lane IN (-2, -1, old.account)), \
         posts AS (DELETE FROM notice n USING old WHERE n.id = old.id AND n.lane <= -16), \
         attempts AS (DELETE FROM attempt a USING old WHERE a.message = old.id) \
         DELETE FROM inbound i USING old WHERE i.id = old.id"
    )
}

/// Forgets whole days that ended before `before` and of which nothing is under way any more; of days of which
/// something is, what has ended, message by message.
pub(super) async fn purge(link: &Link, before: Time, most: usize) -> Result<usize, Error> {
    link.execute("DELETE FROM parked WHERE at < $1", &[&before.0]).await?;
    let most_of_each = limit(most.min(PURGE_MAX));
    for forget in [&*forget_received("id < $1", "$2"), FORGET_PARTS] {
        link.execute(forget, &[&key(MessageId::first_at(before)), &most_of_each]).await?;
    }
    super::conversations::forget(link, before, most_of_each).await?;
    let first_kept = key(MessageId::first_at(before)) / super::days::DAY;
    let mut forgotten = 0;
    for row in link.query("SELECT day FROM day WHERE day < $1 ORDER BY day", &[&first_kept]).await? {
        let day: i64 = row.try_get(0)?;
        let room = most.saturating_sub(forgotten);
        if room == 0 {
            break;
        }
        let rows = link.query("SELECT forget_day($1)", &[&day]).await?;
        let ended: Option<i64> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
        forgotten += match ended {
            // A day goes at once, however much it held.
            Some(ended) => usize::try_from(ended).unwrap_or(0).min(room),
            None => one_by_one(link, day, room).await?,
        };
    }
    Ok(forgotten)
}

/// Forgets messages of a day that have ended.
async fn one_by_one(link: &Link, day: i64, most: usize) -> Result<usize, Error> {
    let (low, high) = (day * super::days::DAY, (day + 1) * super::days::DAY);
    let rows = link
        .query(
            "SELECT id FROM outcome WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3",
            &[&low, &high, &limit(most.min(PURGE_MAX))],
        )
        .await?;
    let ended = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    link.script("BEGIN").await?;
    forget_messages(link, &ended).await?;
    link.script("COMMIT").await?;
    Ok(ended.len())
}

/// Forgets messages, and the parts that their clients cut themselves.
pub(super) async fn forget_messages(link: &Link, messages: &[i64]) -> Result<(), Error> {
    let sql = "SELECT known_as FROM message WHERE id = ANY($1) AND known_as IS NOT NULL";
    let mut parts = Vec::new();
    for row in link.query(sql, &[&messages]).await? {
        parts.extend(known_as_numbers(row.try_get(0)?));
    }
    link.execute("DELETE FROM client_part WHERE id = ANY($1)", &[&parts]).await?;
    // The notices first: they are found by way of their messages.
    link.execute(
        "DELETE FROM notice n USING message m WHERE m.id = ANY($1) AND n.id = m.id AND n.lane IN (-2, -1, m.account)",
        &[&messages],
    )
    .await?;
    link.execute("DELETE FROM notice WHERE id = ANY($1) AND lane <= -16", &[&messages]).await?;
    for table in ["part", "remark", "attempt", "waiting"] {
        link.execute(&format!("DELETE FROM {table} WHERE message = ANY($1)"), &[&messages]).await?;
    }
    for table in ["outcome", "message"] {
        link.execute(&format!("DELETE FROM {table} WHERE id = ANY($1)"), &[&messages]).await?;
    }
    Ok(())
}
