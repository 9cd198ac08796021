//! Vacuuming the tables that messages only pass through. What was deleted costs whoever comes by until it is vacuumed, all the
//! more when several nodes' connections do. PostgreSQL itself looks once a minute, by when busy nodes have left half a
//! million dead rows in each of these tables.

use super::open::{Connector, Purpose};
use super::reader::Reader;
use super::writer::jittered;
use postrider_core::contract::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked whether there is enough to do.
const EVERY: Duration = Duration::from_secs(5);
/// The same while vacuuming is of little use: somebody's long transaction keeps what was deleted in its sight.
const SELDOM: Duration = Duration::from_mins(2);
/// So many dead rows are worth it.
const ENOUGH: i64 = 30_000;

const DEAD: &str = "SELECT coalesce(sum(pg_stat_get_dead_tuples(t)), 0)::bigint \
     FROM unnest('{queue,waiting,notice}'::regclass[]) AS t";
/// A table that another node is vacuuming is passed over. Pages at the end are kept, since giving them back stops all who write.
const VACUUM: &str = "VACUUM (SKIP_LOCKED, TRUNCATE false, PARALLEL 0) queue, waiting, notice";

/// Vacuums for as long as the task is left alive. Nodes needn't agree on who does it: what one has vacuumed, others find
/// clean.
pub(super) async fn keep_vacuuming(connector: Arc<Connector>, reader: Arc<Reader>) {
    let mut pause = EVERY;
    loop {
        tokio::time::sleep(jittered(pause)).await;
        pause = match vacuum(&connector, &reader).await {
            Ok(true) => EVERY,
            Ok(false) => (pause * 2).min(SELDOM),
            Err(error) => {
                tracing::debug!(%error, "the working tables could not be vacuumed; it is tried again");
                (pause * 2).min(SELDOM)
            }
        };
    }
}

/// Vacuums if there is enough to do. Returns whether that was of use, or not needed.
pub(super) async fn vacuum(connector: &Connector, reader: &Reader) -> Result<bool, StoreError> {
    let before = dead(reader).await?;
    if before < ENOUGH {
        return Ok(true);
    }
    let vacuumed = match connector.connect(Purpose::Chores).await {
        Ok(link) => link.script(VACUUM).await,
        Err(error) => Err(error),
    };
    vacuumed.map_err(|error| error.meaning())?;
    Ok(dead(reader).await? < before / 2)
}

async fn dead(reader: &Reader) -> Result<i64, StoreError> {
    reader
        .read(|link| async move {
            let rows = link.query(DEAD, &[]).await?;
            Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
        })
        .await
}
