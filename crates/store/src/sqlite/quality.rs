//! What was measured of upstreams.

use super::Sqlite;
use super::tables::Tables;
use super::writer::Verb;
use async_trait::async_trait;
use postrider_core::contract::{Measured, Measurements, StoreError};
use postrider_core::quality::Count;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use rusqlite::{Connection, Result, params};

/// All that was measured in stretches from this one on. A place that this version doesn't know is for another to use.
fn all(connection: &Connection, since: Time) -> Result<Vec<Measured>> {
    let mut statement = connection.prepare_cached(
        "SELECT stretch, upstream, place, ended, delivered, log_ms, convertible, converted FROM quality \
         WHERE stretch >= ?1 ORDER BY stretch, upstream, place",
    )?;
    let rows = statement.query_map([since.0], |row| {
        let count = Count {
            ended: row.get(3)?,
            delivered: row.get(4)?,
            log_ms: row.get::<_, i64>(5)?.cast_unsigned(),
            convertible: row.get(6)?,
            converted: row.get(7)?,
        };
        let (stretch, upstream) = (Time(row.get(0)?), UpstreamId(row.get(1)?));
        let place = row.get::<_, String>(2)?.parse().ok();
        Ok(place.map(|place| Measured { stretch, upstream, place, count }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// Counts to be added.
struct Measuring {
    /// The counts.
    measured: Vec<Measured>,
    /// Stretches before this one are forgotten.
    since: Time,
}

impl Verb for Measuring {
    type Answer = ();

    fn rows(&self) -> usize {
        self.measured.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        tables
            .connection
            .prepare_cached("DELETE FROM quality WHERE stretch < ?1")?
            .execute([self.since.0])?;
        let mut add = tables.connection.prepare_cached(
            "INSERT INTO quality (stretch, upstream, place, ended, delivered, log_ms, convertible, converted) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT DO UPDATE SET ended = ended + excluded.ended, delivered = delivered + excluded.delivered, \
             log_ms = log_ms + excluded.log_ms, convertible = convertible + excluded.convertible, \
             converted = converted + excluded.converted",
        )?;
        for Measured { stretch, upstream, place, count } in &self.measured {
            add.execute(params![
                stretch.0,
                upstream.0,
                place.to_string(),
                count.ended,
                count.delivered,
                count.log_ms.cast_signed(),
                count.convertible,
                count.converted
            ])?;
        }
        Ok(())
    }
}

#[async_trait]
impl Measurements for Sqlite {
    async fn measure(&self, measured: Vec<Measured>, since: Time) -> Result<(), StoreError> {
        self.write(Measuring { measured, since }).await
    }

    async fn measured(&self, since: Time) -> Result<Vec<Measured>, StoreError> {
        self.reader.read(move |connection| all(connection, since)).await
    }
}
