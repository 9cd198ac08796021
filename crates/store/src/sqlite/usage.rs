//! What was used of limits.

use super::Sqlite;
use super::tables::Tables;
use super::writer::Verb;
use async_trait::async_trait;
use postrider_core::contract::{StoreError, Usage, Used};
use postrider_core::time::Time;
use rusqlite::{Connection, Result, params};

fn all(connection: &Connection, whats: &[Box<str>], now: Time) -> Result<Vec<Used>> {
    let mut statement = connection.prepare_cached(
        "SELECT what, start, until, count FROM usage WHERE what = ?1 AND until > ?2 ORDER BY start",
    )?;
    let mut found = Vec::new();
    for what in whats {
        let rows = statement.query_map(params![what, now.0], |row| {
            let (start, end) = (Time(row.get(1)?), Time(row.get(2)?));
            Ok(Used { what: row.get(0)?, start, end, count: row.get::<_, i64>(3)?.cast_unsigned() })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_by(|one, other| (&one.what, one.start).cmp(&(&other.what, other.start)));
    Ok(found)
}

/// What was used, to be added.
struct Adding {
    used: Vec<Used>,
    now: Time,
}

impl Verb for Adding {
    type Answer = ();

    fn rows(&self) -> usize {
        self.used.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        tables.connection.prepare_cached("DELETE FROM usage WHERE until <= ?1")?.execute([self.now.0])?;
        let mut add = tables.connection.prepare_cached(
            "INSERT INTO usage (what, start, until, count) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?;
        for Used { what, start, end, count } in self.used.iter().filter(|used| used.end > self.now) {
            add.execute(params![what, start.0, end.0, count.cast_signed()])?;
        }
        Ok(())
    }
}

#[async_trait]
impl Usage for Sqlite {
    async fn add_used(&self, used: Vec<Used>, now: Time) -> Result<(), StoreError> {
        self.write(Adding { used, now }).await
    }

    async fn used(&self, whats: Vec<Box<str>>, now: Time) -> Result<Vec<Used>, StoreError> {
        self.reader.read(move |connection| all(connection, &whats, now)).await
    }
}
