//! What is kept of numbers: what was looked up, and which our own messages did not reach.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::limit;
use crate::number_facts::{assignment, assignment_number, millis};
use async_trait::async_trait;
use postrider_core::contract::{NumberFacts, StoreError};
use postrider_core::dead::{DeadRule, Reach, Unreached};
use postrider_core::lookup::{LookedUp, Said};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_postgres::Row;

const fn digits(number: Number) -> i64 {
    number.digits().cast_signed()
}

fn number(digits: i64) -> Option<Number> {
    Number::from_digits(digits.cast_unsigned())
}

/// What ends of messages said of their recipients.
struct Noting {
    reach: Reach,
    forget: Time,
}

impl Noting {
    /// Of each number its failures, the first and the last.
    fn failures(&self) -> BTreeMap<i64, (i64, i64, i64)> {
        let mut failures = BTreeMap::new();
        for (number, at) in &self.reach.failed {
            let (count, first, last) = failures.entry(digits(*number)).or_insert((0, at.0, at.0));
            *count += 1;
            (*first, *last) = ((*first).min(at.0), (*last).max(at.0));
        }
        failures
    }
}

impl Errand for Noting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        // In one order on every node, so that no two wait for each other.
        let forget = "DELETE FROM unreached WHERE number IN (SELECT number FROM unreached \
                      WHERE last < $1 OR number = ANY($2::bigint[]) ORDER BY number FOR UPDATE)";
        let reached: Vec<i64> = self.reach.reached.iter().map(|number| digits(*number)).collect();
        transaction.execute(forget, &[&self.forget.0, &reached]).await?;
        let failures = self.failures();
        if failures.is_empty() {
            return Ok(());
        }
        let add = "INSERT INTO unreached (number, failures, first, last) \
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) \
                   ON CONFLICT (number) DO UPDATE SET failures = unreached.failures + excluded.failures, \
                   last = greatest(unreached.last, excluded.last)";
        let column = |value: fn(&(i64, i64, i64)) -> i64| failures.values().map(value).collect::<Vec<i64>>();
        let numbers: Vec<i64> = failures.keys().copied().collect();
        let values: [Value<'_>; 4] = [&numbers, &column(|it| it.0), &column(|it| it.1), &column(|it| it.2)];
        transaction.execute(add, &values).await?;
        Ok(())
    }
}

async fn unreached(
    link: &Link,
    rule: DeadRule,
    now: Time,
    behind: Option<(Time, Number)>,
    most: usize,
) -> Result<Vec<Unreached>, Error> {
    let sql = "SELECT number, failures, first, last FROM unreached WHERE last > $1 AND failures >= $2 AND last - first >= $3 \
               AND (last, number) < ($4, $5) ORDER BY last DESC, number DESC LIMIT $6";
    let (last, behind) = behind.map_or((i64::MAX, i64::MAX), |(last, number)| (last.0, digits(number)));
    let (since, over) = ((now - rule.holds).0, millis(rule.over));
    let values: [Value<'_>; 6] = [&since, &i64::from(rule.failures), &over, &last, &behind, &limit(most)];
    let rows = link.query(sql, &values).await?;
    rows.iter().filter_map(|row| read_unreached(row).transpose()).collect()
}

async fn unreached_number(link: &Link, number: Number) -> Result<Option<Unreached>, Error> {
    let sql = "SELECT number, failures, first, last FROM unreached WHERE number = $1";
    let rows = link.query(sql, &[&digits(number)]).await?;
    rows.first().map_or(Ok(None), read_unreached)
}

fn read_unreached(row: &Row) -> Result<Option<Unreached>, Error> {
    let failures = u32::try_from(row.try_get::<_, i64>(1)?).unwrap_or(u32::MAX);
    let (first, last) = (Time(row.try_get(2)?), Time(row.try_get(3)?));
    Ok(number(row.try_get(0)?).map(|number| Unreached { number, failures, first, last }))
}

async fn looked_up(link: &Link, numbers: &[Number], now: Time) -> Result<Vec<LookedUp>, Error> {
    let sql = "SELECT number, network, assignment, provider, at, until FROM looked_up \
               WHERE number = ANY($1::bigint[]) AND until > $2";
    let numbers: Vec<i64> = numbers.iter().map(|number| digits(*number)).collect();
    let mut found = Vec::new();
    for row in link.query(sql, &[&numbers, &now.0]).await? {
        let Some(number) = number(row.try_get(0)?) else { continue };
        let network = row.try_get::<_, Option<&str>>(1)?.and_then(|code| code.parse().ok());
        let said = Said { network, assignment: assignment(row.try_get(2)?) };
        let provider = row.try_get::<_, &str>(3)?.into();
        found.push(LookedUp {
            number,
            said,
            provider,
            at: Time(row.try_get(4)?),
            until: Time(row.try_get(5)?),
        });
    }
    Ok(found)
}

/// What was looked up; of one number once.
struct Keeping {
    found: BTreeMap<i64, LookedUp>,
    now: Time,
}

impl Errand for Keeping {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let forget = "DELETE FROM looked_up WHERE number IN (SELECT number FROM looked_up WHERE until <= $1 \
                      ORDER BY number FOR UPDATE SKIP LOCKED)";
        transaction.execute(forget, &[&self.now.0]).await?;
        let keep = "INSERT INTO looked_up (number, network, assignment, provider, at, until) \
                    SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[]) \
                    ON CONFLICT (number) DO UPDATE SET network = excluded.network, assignment = excluded.assignment, \
                    provider = excluded.provider, at = excluded.at, until = excluded.until";
        let found = || self.found.values();
        let numbers: Vec<i64> = self.found.keys().copied().collect();
        let networks: Vec<Option<String>> =
            found().map(|it| it.said.network.map(|code| code.to_string())).collect();
        let assignments: Vec<i16> = found().map(|it| assignment_number(it.said.assignment)).collect();
        let providers: Vec<&str> = found().map(|it| &*it.provider).collect();
        let at: Vec<i64> = found().map(|it| it.at.0).collect();
        let until: Vec<i64> = found().map(|it| it.until.0).collect();
        let values: [Value<'_>; 6] = [&numbers, &networks, &assignments, &providers, &at, &until];
        transaction.execute(keep, &values).await?;
        Ok(())
    }
}

#[async_trait]
impl NumberFacts for Postgres {
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError> {
        self.errands.run(Noting { reach, forget }).await
    }

    async fn unreached(
        &self,
        rule: DeadRule,
        now: Time,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError> {
        self.reader.read(move |link| async move { unreached(&link, rule, now, behind, most).await }).await
    }

    async fn unreached_number(&self, number: Number) -> Result<Option<Unreached>, StoreError> {
        self.reader.read(move |link| async move { unreached_number(&link, number).await }).await
    }

    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError> {
        let numbers: Arc<[Number]> = numbers.into();
        let read = |link: Arc<Link>| {
            let numbers = Arc::clone(&numbers);
            async move { looked_up(&link, &numbers, now).await }
        };
        self.reader.read(read).await
    }

    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError> {
        let found = found.into_iter().map(|it| (digits(it.number), it)).collect();
        self.errands.run(Keeping { found, now }).await
    }
}
