//! What is kept of numbers: what was looked up, and which our own messages did not reach.

use super::Sqlite;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::number_facts::{assignment, assignment_number, millis};
use async_trait::async_trait;
use postrider_core::contract::{NumberFacts, StoreError};
use postrider_core::dead::{DeadRule, Reach, Unreached};
use postrider_core::lookup::{LookedUp, Said};
use postrider_core::number::Number;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

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

impl Verb for Noting {
    type Answer = ();

    fn rows(&self) -> usize {
        self.reach.reached.len() + self.reach.failed.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let connection = tables.connection;
        connection.prepare_cached("DELETE FROM unreached WHERE last < ?1")?.execute([self.forget.0])?;
        let mut forget = connection.prepare_cached("DELETE FROM unreached WHERE number = ?1")?;
        for number in &self.reach.reached {
            forget.execute([digits(*number)])?;
        }
        let mut add = connection.prepare_cached(
            "INSERT INTO unreached (number, failures, first, last) VALUES (?1, 1, ?2, ?2) \
             ON CONFLICT DO UPDATE SET failures = failures + 1, last = max(last, excluded.last)",
        )?;
        for (number, at) in &self.reach.failed {
            add.execute(params![digits(*number), at.0])?;
        }
        Ok(())
    }
}

fn unreached(
    connection: &Connection,
    rule: DeadRule,
    now: Time,
    behind: Option<(Time, Number)>,
    most: usize,
) -> Result<Vec<Unreached>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, failures, first, last FROM unreached WHERE last > ?1 AND failures >= ?2 AND last - first >= ?3 \
         AND (last, number) < (?4, ?5) ORDER BY last DESC, number DESC LIMIT ?6",
    )?;
    let (last, behind) = behind.map_or((i64::MAX, i64::MAX), |(last, number)| (last.0, digits(number)));
    let (since, over) = ((now - rule.holds).0, millis(rule.over));
    let values = params![since, rule.failures, over, last, behind, limit(most)];
    let rows = statement.query_map(values, read_unreached)?;
    rows.filter_map(Result::transpose).collect()
}

fn unreached_number(connection: &Connection, number: Number) -> Result<Option<Unreached>> {
    let sql = "SELECT number, failures, first, last FROM unreached WHERE number = ?1";
    let found = connection.prepare_cached(sql)?.query_row([digits(number)], read_unreached).optional()?;
    Ok(found.flatten())
}

fn read_unreached(row: &Row<'_>) -> Result<Option<Unreached>> {
    let (failures, first, last) = (row.get(1)?, Time(row.get(2)?), Time(row.get(3)?));
    Ok(number(row.get(0)?).map(|number| Unreached { number, failures, first, last }))
}

fn looked_up(connection: &Connection, numbers: &[Number], now: Time) -> Result<Vec<LookedUp>> {
    let mut statement = connection.prepare_cached(
        "SELECT network, assignment, provider, at, until FROM looked_up WHERE number = ?1 AND until > ?2",
    )?;
    let mut found = Vec::new();
    for number in numbers {
        let rows = statement.query_map([digits(*number), now.0], |row| {
            let network = row.get::<_, Option<String>>(0)?.and_then(|code| code.parse().ok());
            let said = Said { network, assignment: assignment(row.get(1)?) };
            let (at, until) = (Time(row.get(3)?), Time(row.get(4)?));
            Ok(LookedUp { number: *number, said, provider: row.get(2)?, at, until })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// What was looked up.
struct Keeping {
    found: Vec<LookedUp>,
    now: Time,
}

impl Verb for Keeping {
    type Answer = ();

    fn rows(&self) -> usize {
        self.found.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let connection = tables.connection;
        connection.prepare_cached("DELETE FROM looked_up WHERE until <= ?1")?.execute([self.now.0])?;
        let mut keep = connection.prepare_cached(
            "INSERT OR REPLACE INTO looked_up (number, network, assignment, provider, at, until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for LookedUp { number, said, provider, at, until } in &self.found {
            let network = said.network.map(|code| code.to_string());
            let assignment = assignment_number(said.assignment);
            keep.execute(params![digits(*number), network, assignment, provider, at.0, until.0])?;
        }
        Ok(())
    }
}

#[async_trait]
impl NumberFacts for Sqlite {
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError> {
        self.write(Noting { reach, forget }).await
    }

    async fn unreached(
        &self,
        rule: DeadRule,
        now: Time,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError> {
        self.reader.read(move |connection| unreached(connection, rule, now, behind, most)).await
    }

    async fn unreached_number(&self, number: Number) -> Result<Option<Unreached>, StoreError> {
        self.reader.read(move |connection| unreached_number(connection, number)).await
    }

    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError> {
        self.reader.read(move |connection| looked_up(connection, &numbers, now)).await
    }

    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError> {
        self.write(Keeping { found, now }).await
    }
}
