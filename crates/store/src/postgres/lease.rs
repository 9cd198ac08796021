//! Leases: queued messages are put into this node's hands, fairly between accounts, and returned. The engine
//! decides what is sent when. Rows that another node takes at the same moment are passed over, never waited for.

use super::damage::{readable, set_aside};
use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::link::{Transaction, Value};
use super::rebuild::complete;
use super::rows::{Cells, MESSAGE, code, key, limit};
use crate::damage::{self, Damage};
use crate::limits::{LEASE_MAX, VISITS_MAX};
use crate::rebuild::{self, QUEUE};
use crate::table::{Numbered, Plans, Source};
use postrider_core::account::AccountId;
use postrider_core::contract::{Leased, Wanted};
use postrider_core::delivery::{Delivery, PartSet};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Queued messages of an upstream that are due.
pub(super) struct Leasing {
    /// The upstream.
    pub(super) upstream: UpstreamId,
    /// The wanted messages among them.
    pub(super) wanted: Wanted,
    /// Messages due by then.
    pub(super) now: Time,
}

/// The statement that leases: see `lease_queue` in the database.
pub(super) const LEASE: &str = "SELECT id, upstream, failed, taken, possible_duplicate, class, account \
     FROM lease_queue($1::smallint, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::integer, $8::bigint[], $9::smallint)";

impl Errand for Leasing {
    type Answer = Leased;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Leased, Error> {
        let mut leased = Leased::default();
        let mut except = self.wanted.except.clone();
        loop {
            let most = self.wanted.most.min(LEASE_MAX).saturating_sub(leased.deliveries.len());
            let places = Places::read(&self.lease(most, &except, transaction).await?)?;
            let (taken, damage) = places.deliveries(transaction).await?;
            leased.more.extend(places.more(self.wanted.each));
            leased.next = leased.next.or(places.next);
            except.extend(taken.iter().map(|delivery| (delivery.message.class, delivery.message.account)));
            leased.deliveries.extend(taken);
            if damage.is_none() {
                break;
            }
            // Others are taken in the place of those that can't be read.
            set_aside(transaction, &damage).await?;
        }
        if leased.deliveries.is_empty() {
            transaction.nothing();
        }
        Ok(leased)
    }
}

impl Leasing {
    async fn lease(
        &self,
        most: usize,
        except: &[(Class, AccountId)],
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<Row>, Error> {
        let except = except.iter().map(|(class, account)| class.to_number() << 32 | i64::from(account.0));
        let except: Vec<i64> = except.collect();
        let visits = i32::try_from(VISITS_MAX).unwrap_or(i32::MAX);
        let down_to = code(self.wanted.down_to);
        let values: [Value<'_>; 9] = [
            &transaction.node(),
            &i64::from(self.upstream.0),
            &self.now.0,
            &limit(most),
            &limit(self.wanted.each),
            &i64::from(self.wanted.from.0),
            &visits,
            &except,
            &down_to,
        ];
        transaction.query(LEASE, &values).await
    }
}

/// Which free rows of the queue (as `f`) to take.
pub(super) struct Free {
    /// The condition that they meet.
    pub(super) condition: &'static str,
    /// The columns of the queue by which the first are found.
    pub(super) order: &'static str,
    /// The place of the value that says how many at most.
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
             SELECT q.id, {QUEUE}, q.class, q.account FROM own q ORDER BY {}",
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
        "SELECT q.id, {QUEUE}, {MESSAGE} FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::boolean[]) \
         WITH ORDINALITY AS q (id, upstream, failed, taken, possible_duplicate, place) \
         LEFT JOIN LATERAL (SELECT * FROM message WHERE message.id = q.id AND {} OFFSET 0) m ON true ORDER BY q.place",
        days.hold("message.id")
    )
}

/// Places in the queue that were taken, column by column.
#[derive(Default)]
struct Places {
    id: Vec<i64>,
    upstream: Vec<i64>,
    failed: Vec<i32>,
    taken: Vec<i64>,
    possible_duplicate: Vec<bool>,
    /// How many there are of each class and account.
    counts: HashMap<(i16, i64), usize>,
    /// The account to begin with next time.
    next: Option<AccountId>,
}

impl Places {
    fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut places = Self::default();
        for row in rows {
            let Some(id) = row.try_get(0)? else {
                places.next = Some(Cells::from(row, 6, &mut Plans::default()).read("account")?);
                continue;
            };
            places.id.push(id);
            places.upstream.push(row.try_get(1)?);
            places.failed.push(row.try_get(2)?);
            places.taken.push(row.try_get(3)?);
            places.possible_duplicate.push(row.try_get(4)?);
            *places.counts.entry((row.try_get(5)?, row.try_get(6)?)).or_default() += 1;
        }
        Ok(places)
    }

    /// The accounts and classes of which `each` were taken.
    fn more(&self, each: usize) -> impl Iterator<Item = (Class, AccountId)> + '_ {
        let full = self.counts.iter().filter(move |(_, count)| **count == each).map(|(place, _)| *place);
        let account = |account: i64| account.try_into().ok().map(AccountId);
        full.filter_map(move |(class, of)| {
            Some((Class::ALL.into_iter().find(|known| code(*known) == class)?, account(of)?))
        })
    }

    /// The deliveries, and the rows that can't be read.
    async fn deliveries(&self, transaction: &mut Transaction<'_>) -> Result<(Vec<Delivery>, Damage), Error> {
        let (mut deliveries, mut damage) = (Vec::new(), Damage::default());
        let Some(days) = Days::of(&self.id) else { return Ok((deliveries, damage)) };
        let values: [Value<'_>; 5] =
            [&self.id, &self.upstream, &self.failed, &self.taken, &self.possible_duplicate];
        let mut plans = Plans::default();
        for row in transaction.query(&messages(days), &values).await? {
            let delivery = rebuild::queued(&mut Cells::from(&row, 1, &mut plans)).map_err(Error::from);
            let place = || Ok(damage::Row::Queue { id: row.try_get(0)? });
            deliveries.extend(readable(delivery, &mut damage, place)?);
        }
        let half_sent = deliveries.iter_mut().filter(|delivery| delivery.taken != PartSet::default());
        let unreadable = complete(transaction, half_sent.collect()).await?;
        unreadable.leave_out(&mut deliveries, |id| damage::Row::Queue { id }, &mut damage);
        Ok((deliveries, damage))
    }
}

/// Takes free rows into this node's hands, `most` of them or all. `values` are those from `$2` on but the last, which is the
/// bound. A row that can't be read is set aside, and another taken in its place.
pub(super) async fn take(
    transaction: &mut Transaction<'_>,
    free: &Free,
    values: &[Value<'_>],
    most: usize,
) -> Result<Vec<Delivery>, Error> {
    let (node, sql) = (transaction.node(), free.sql());
    let mut taken = Vec::new();
    while taken.len() < most {
        let bound = limit(most - taken.len());
        let first = std::iter::once(&node as Value<'_>);
        let values: Vec<Value<'_>> =
            first.chain(values.iter().copied()).chain([&bound as Value<'_>]).collect();
        let places = Places::read(&transaction.query(&sql, &values).await?)?;
        let (deliveries, damage) = places.deliveries(transaction).await?;
        taken.extend(deliveries);
        if damage.is_none() {
            break;
        }
        set_aside(transaction, &damage).await?;
    }
    Ok(taken)
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
