//! Look-up of the delivery that a carrier's receipt is about.

use super::damage::readable;
use super::rebuild::complete;
use super::rows::{Cells, MESSAGE, coded, limit, time};
use crate::damage::{Damage, Row};
use crate::rebuild::{self, WAITING};
use crate::table::Plans;
use postrider_core::contract::Parked;
use postrider_core::delivery::Delivery;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use rusqlite::{CachedStatement, Connection, Result, params};

/// Deliveries, with the part, whose receipts are waited for by these references, in the same order.
pub(super) fn find(
    connection: &Connection,
    references: &[(UpstreamId, Box<str>)],
    damage: &mut Damage,
) -> Result<Vec<Option<(Delivery, u8)>>> {
    let mut finder = Finder::prepare(connection)?;
    references.iter().map(|(upstream, reference)| finder.find(*upstream, reference, damage)).collect()
}

/// Looks for deliveries by carriers' references.
pub(super) struct Finder<'c> {
    connection: &'c Connection,
    statement: CachedStatement<'c>,
    plans: Plans,
}

impl<'c> Finder<'c> {
    /// Compiles its statement.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        let statement = connection.prepare_cached(&format!(
            "SELECT w.message, {MESSAGE}, {WAITING} FROM waiting w LEFT JOIN message m ON m.id = w.message \
             LEFT JOIN queue q ON q.id = w.message WHERE w.upstream = ?1 AND w.reference = ?2 AND NOT w.damaged"
        ))?;
        Ok(Self { connection, statement, plans: Plans::default() })
    }

    /// The delivery, with the part, whose receipt is waited for by this reference.
    pub(super) fn find(
        &mut self,
        upstream: UpstreamId,
        reference: &str,
        damage: &mut Damage,
    ) -> Result<Option<(Delivery, u8)>> {
        let mut rows = self.statement.query(params![upstream.0, reference])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let found = awaited(&mut Cells::from(row, 1, &mut self.plans), self.connection);
        readable(found, damage, || Ok(Row::Waiting { message: row.get(0)? }))
    }
}

fn awaited(row: &mut Cells<'_, '_>, connection: &Connection) -> Result<(Delivery, u8)> {
    let message = row.message()?;
    let mut found = rebuild::awaited(message, row)?;
    if found.0.parts > 1 {
        complete(connection, &mut found.0)?;
    }
    Ok(found)
}

/// Receipts that found no message, newest first.
pub(super) fn parked(connection: &Connection, most: usize, damage: &mut Damage) -> Result<Vec<Parked>> {
    let mut statement = connection.prepare_cached(
        "SELECT upstream, reference, key, one, other, reported, error, at, also, id FROM parked \
         WHERE NOT damaged ORDER BY id DESC LIMIT ?1",
    )?;
    let mut rows = statement.query([limit(most)])?;
    let mut parked = Vec::new();
    while let Some(row) = rows.next()? {
        parked.extend(readable(receipt(row), damage, || Ok(Row::Parked { id: row.get(9)? }))?);
    }
    Ok(parked)
}

fn receipt(row: &rusqlite::Row<'_>) -> Result<Parked> {
    Ok(Parked {
        upstream: UpstreamId(row.get(0)?),
        report: Report {
            reference: row.get(1)?,
            also: row.get(8)?,
            between: [digits(row, 3)?, digits(row, 4)?],
            reported: coded(row, 5)?,
            error: row.get(6)?,
        },
        key: row.get(2)?,
        at: time(row, 7)?,
    })
}

fn digits(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.and_then(|digits| u64::try_from(digits).ok()))
}
