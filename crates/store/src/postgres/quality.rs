//! What was measured of upstreams.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::upstream;
use async_trait::async_trait;
use postrider_core::contract::{Measured, Measurements, StoreError};
use postrider_core::quality::Count;
use postrider_core::time::Time;

/// All that was measured in stretches from this one on. A place that this version doesn't know is for another to use.
async fn all(link: &Link, since: Time) -> Result<Vec<Measured>, Error> {
    let sql = "SELECT stretch, upstream, place, ended, delivered, log_ms, convertible, converted FROM quality \
               WHERE stretch >= $1 ORDER BY stretch, upstream, place COLLATE \"C\"";
    let mut found = Vec::new();
    for row in link.query(sql, &[&since.0]).await? {
        let count = |index| row.try_get::<_, i64>(index);
        let Ok(place) = row.try_get::<_, &str>(2)?.parse() else { continue };
        let small = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let count = Count {
            ended: small(count(3)?),
            delivered: small(count(4)?),
            log_ms: count(5)?.cast_unsigned(),
            convertible: small(count(6)?),
            converted: small(count(7)?),
        };
        found.push(Measured { stretch: Time(row.try_get(0)?), upstream: upstream(&row, 1)?, place, count });
    }
    Ok(found)
}

/// Counts to be added.
struct Measuring {
    /// The counts.
    measured: Vec<Measured>,
    /// Stretches before this one are forgotten.
    since: Time,
}

impl Errand for Measuring {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        // In one order on every node, so that no two wait for each other. Whoever holds rows to be forgotten forgets them.
        let forget = "DELETE FROM quality WHERE (stretch, upstream, place) IN (SELECT stretch, upstream, place FROM quality \
                      WHERE stretch < $1 ORDER BY stretch, upstream, place FOR UPDATE SKIP LOCKED)";
        transaction.execute(forget, &[&self.since.0]).await?;
        let add = "INSERT INTO quality (stretch, upstream, place, ended, delivered, log_ms, convertible, converted) \
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
                   $7::bigint[], $8::bigint[]) ON CONFLICT (stretch, upstream, place) DO UPDATE SET ended = quality.ended + excluded.ended, \
                   delivered = quality.delivered + excluded.delivered, log_ms = quality.log_ms + excluded.log_ms, \
                   convertible = quality.convertible + excluded.convertible, converted = quality.converted + excluded.converted";
        let column = |value: fn(&Measured) -> i64| self.measured.iter().map(value).collect::<Vec<i64>>();
        let places: Vec<String> = self.measured.iter().map(|it| it.place.to_string()).collect();
        let values: [Value<'_>; 8] = [
            &column(|it| it.stretch.0),
            &column(|it| it.upstream.0.into()),
            &places,
            &column(|it| it.count.ended.into()),
            &column(|it| it.count.delivered.into()),
            &column(|it| it.count.log_ms.cast_signed()),
            &column(|it| it.count.convertible.into()),
            &column(|it| it.count.converted.into()),
        ];
        transaction.execute(add, &values).await?;
        Ok(())
    }
}

#[async_trait]
impl Measurements for Postgres {
    async fn measure(&self, measured: Vec<Measured>, since: Time) -> Result<(), StoreError> {
        self.errands.run(Measuring { measured, since }).await
    }

    async fn measured(&self, since: Time) -> Result<Vec<Measured>, StoreError> {
        self.reader.read(|link| async move { all(&link, since).await }).await
    }
}
