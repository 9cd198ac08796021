//! Which delivery a carrier's receipt is about.

use super::rebuild::{self, WAITING};
use super::rows::{MESSAGE, coded, limit, time};
use postrider_core::contract::Parked;
use postrider_core::delivery::Delivery;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, Row, params};

/// Deliveries, with the part, whose receipts are waited for by these names, in the same order.
pub(super) fn find(
    connection: &Connection,
    references: &[(UpstreamId, Box<str>)],
) -> Result<Vec<Option<(Delivery, u8)>>> {
    let mut finder = Finder::prepare(connection)?;
    references.iter().map(|(upstream, reference)| finder.find(*upstream, reference)).collect()
}

/// Looks for deliveries by carriers' names.
pub(super) struct Finder<'c> {
    connection: &'c Connection,
    statement: CachedStatement<'c>,
}

impl<'c> Finder<'c> {
    /// Compiles its statement.
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        let statement = connection.prepare_cached(&format!(
            "SELECT {MESSAGE}, {WAITING} FROM waiting w CROSS JOIN message m ON m.id = w.message \
             LEFT JOIN queue q ON q.id = w.message WHERE w.upstream = ?1 AND w.reference = ?2"
        ))?;
        Ok(Self { connection, statement })
    }

    /// The delivery, with the part, whose receipt is waited for by this name.
    pub(super) fn find(&mut self, upstream: UpstreamId, reference: &str) -> Result<Option<(Delivery, u8)>> {
        let mut found =
            self.statement.query_row(params![upstream.0, reference], rebuild::awaited).optional()?;
        if let Some((delivery, _)) = &mut found
            && delivery.parts > 1
        {
            rebuild::complete(self.connection, delivery)?;
        }
        Ok(found)
    }
}

/// Receipts that found no message, newest first.
pub(super) fn parked(connection: &Connection, most: usize) -> Result<Vec<Parked>> {
    connection
        .prepare_cached(
            "SELECT upstream, reference, key, one, other, reported, error, at, also FROM parked ORDER BY id DESC LIMIT ?1",
        )?
        .query_map([limit(most)], |row| {
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
        })?
        .collect()
}

fn digits(row: &Row<'_>, column: usize) -> Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.and_then(|digits| u64::try_from(digits).ok()))
}
