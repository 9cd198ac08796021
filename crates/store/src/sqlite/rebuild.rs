//! The results of parts of long messages, read from the tables.

use super::rows::{Cells, key};
use crate::rebuild::{PART_ENDED, PART_WAITING, Parts};
use crate::table::Plans;
use postrider_core::delivery::Delivery;
use rusqlite::{Connection, Result};

/// Adds the results of parts to a delivery of several parts.
pub(super) fn complete(connection: &Connection, delivery: &mut Delivery) -> Result<()> {
    let message = key(delivery.message.id);
    // Parts have no plans.
    let mut plans = Plans::default();
    let mut parts = Parts::of(delivery);
    let mut waiting =
        connection.prepare_cached(&format!("SELECT {PART_WAITING} FROM waiting WHERE message = ?1"))?;
    let mut rows = waiting.query([message])?;
    while let Some(row) = rows.next()? {
        parts.waiting(&mut Cells::from(row, 0, &mut plans))?;
    }
    let mut ended = connection
        .prepare_cached(&format!("SELECT {PART_ENDED} FROM part WHERE message = ?1 ORDER BY at, part"))?;
    let mut rows = ended.query([message])?;
    while let Some(row) = rows.next()? {
        parts.ended(&mut Cells::from(row, 0, &mut plans))?;
    }
    parts.finish();
    Ok(())
}
