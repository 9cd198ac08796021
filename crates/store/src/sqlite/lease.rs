//! Leases: queued messages are put into this node's hands, fairly between accounts, and returned. The engine
//! decides what is sent when.

use super::damage::{readable, set_aside};
use super::rebuild::complete;
use super::rows::{Cells, MESSAGE, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::damage::{Damage, Row};
use crate::limits::{LEASE_MAX, VISITS_MAX};
use crate::rebuild::{self, QUEUE};
use crate::table::{Numbered, Plans};
use postrider_core::account::AccountId;
use postrider_core::contract::{Leased, Wanted};
use postrider_core::delivery::{Delivery, PartSet};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, ToSql, params};
use std::collections::HashSet;

/// The statement that finds the next account that has a free message of a class, and when its first one is due.
pub(super) const NEXT_ACCOUNT: &str = "SELECT account, due FROM queue INDEXED BY queue_free WHERE owner = 0 AND upstream = ?1 \
     AND class = ?2 AND account >= ?3 AND account < ?4 ORDER BY account, due, id LIMIT 1";
/// An account's free messages of a class that are due, the oldest first, but those behind an earlier one with the same ordering key.
pub(super) const OF_ACCOUNT: Free = Free {
    index: "INDEXED BY queue_free",
    condition: "q.owner = 0 AND q.upstream = ?1 AND q.class = ?2 AND q.account = ?3 AND q.due <= ?4 \
                AND (q.ordering_key IS NULL OR NOT EXISTS (SELECT 1 FROM queue e WHERE e.account = q.account \
                AND e.ordering_key = q.ordering_key AND e.id < q.id AND e.owner <> -1)) \
                ORDER BY q.due, q.id LIMIT ?5",
};

/// Queued messages of an upstream that are due.
pub(super) struct Leasing {
    upstream: UpstreamId,
    wanted: Wanted,
    except: HashSet<(Class, AccountId)>,
    now: Time,
}

impl Leasing {
    /// The wanted messages of an upstream that are due by `now`.
    pub(super) fn new(upstream: UpstreamId, wanted: Wanted, now: Time) -> Self {
        let except = wanted.except.iter().copied().collect();
        Self { upstream, wanted, except, now }
    }
}

impl Verb for Leasing {
    type Answer = Leased;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Leased> {
        let mut leased = Leased::default();
        for class in Class::ALL.into_iter().filter(|class| *class <= self.wanted.down_to) {
            let unvisited = self.visit(class, tables, &mut leased)?;
            leased.next = self.earlier(leased.next, unvisited);
            if self.room(&leased) == 0 && leased.next.is_some() {
                break;
            }
        }
        Ok(leased)
    }
}

impl Leasing {
    /// Visits accounts that have free messages of a class: from `wanted.from` on, and then from the lowest. Returns the first
    /// one that was not visited.
    fn visit(&self, class: Class, tables: &mut Tables<'_>, leased: &mut Leased) -> Result<Option<AccountId>> {
        let first = i64::from(self.wanted.from.0);
        let mut visits = 0;
        for (mut from, until) in [(first, i64::MAX), (0, first)] {
            while let Some((account, due)) = self.next_account(class, from, until, tables.connection)? {
                if visits == VISITS_MAX || self.room(leased) == 0 {
                    return Ok(Some(account));
                }
                visits += 1;
                from = i64::from(account.0) + 1;
                if due <= self.now && !self.except.contains(&(class, account)) {
                    self.take_of(class, account, tables, leased)?;
                }
            }
        }
        Ok(None)
    }

    /// The next account that has a free message of a class, and when its first one is due: one step along the index,
    /// however many messages lie between.
    fn next_account(
        &self,
        class: Class,
        from: i64,
        until: i64,
        connection: &Connection,
    ) -> Result<Option<(AccountId, Time)>> {
        connection
            .prepare_cached(NEXT_ACCOUNT)?
            .query_row(params![self.upstream.0, class.to_number(), from, until], |row| {
                Ok((AccountId(row.get(0)?), Time(row.get(1)?)))
            })
            .optional()
    }

    fn take_of(
        &self,
        class: Class,
        account: AccountId,
        tables: &mut Tables<'_>,
        leased: &mut Leased,
    ) -> Result<()> {
        let most = self.wanted.each.min(self.room(leased));
        let values = (self.upstream.0, class.to_number(), account.0, self.now.0);
        let values: [&dyn ToSql; 4] = [&values.0, &values.1, &values.2, &values.3];
        let mut taken = take(tables, &OF_ACCOUNT, &values, most)?;
        if taken.len() == self.wanted.each {
            leased.more.push((class, account));
        }
        leased.deliveries.append(&mut taken);
        Ok(())
    }

    /// How many more messages the lease may take.
    fn room(&self, leased: &Leased) -> usize {
        self.wanted.most.min(LEASE_MAX).saturating_sub(leased.deliveries.len())
    }

    /// Which of two accounts is visited first.
    fn earlier(&self, one: Option<AccountId>, other: Option<AccountId>) -> Option<AccountId> {
        one.into_iter().chain(other).min_by_key(|account| account.0.wrapping_sub(self.wanted.from.0))
    }
}

/// Which rows of the queue (as `q`) to take.
pub(super) struct Free {
    /// `INDEXED BY` the index that they are found along, or nothing.
    pub(super) index: &'static str,
    /// The condition that they meet, their order, and `LIMIT` by the last value.
    pub(super) condition: &'static str,
}

impl Free {
    /// The statement that reads them, with their messages.
    pub(super) fn sql(&self) -> String {
        let Self { index, condition } = self;
        format!(
            "SELECT q.id, {QUEUE}, {MESSAGE} FROM queue q {index} LEFT JOIN message m ON m.id = q.id WHERE {condition}"
        )
    }
}

/// Takes rows into this node's hands, `most` of them or all. A row that can't be read is set aside, and another taken in its
/// place.
pub(super) fn take(
    tables: &mut Tables<'_>,
    free: &Free,
    values: &[&dyn ToSql],
    most: usize,
) -> Result<Vec<Delivery>> {
    let mut taken = Vec::new();
    while taken.len() < most {
        let mut damage = Damage::default();
        let most = limit(most - taken.len());
        let values: Vec<&dyn ToSql> = values.iter().copied().chain([&most as &dyn ToSql]).collect();
        let mut found = select(tables.connection, free, &values, &mut tables.plans, &mut damage)?;
        let mut own = tables.connection.prepare_cached("UPDATE queue SET owner = ?2 WHERE id = ?1")?;
        for delivery in &found {
            own.execute(params![key(delivery.message.id), tables.owner])?;
        }
        taken.append(&mut found);
        if damage.is_none() {
            break;
        }
        set_aside(tables.connection, &damage)?;
    }
    Ok(taken)
}

/// The deliveries of rows; those that can't be read are noted.
fn select(
    connection: &Connection,
    free: &Free,
    values: &[&dyn ToSql],
    plans: &mut Plans,
    damage: &mut Damage,
) -> Result<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(&free.sql())?;
    let mut rows = statement.query(values)?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let delivery = rebuild::queued(&mut Cells::from(row, 1, plans)).map_err(Into::into);
        let delivery = delivery.and_then(|mut delivery| {
            if delivery.taken != PartSet::default() {
                complete(connection, &mut delivery)?;
            }
            Ok(delivery)
        });
        deliveries.extend(readable(delivery, damage, || Ok(Row::Queue { id }))?);
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
