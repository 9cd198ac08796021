//! Counts of rows that wait.

use super::open::DATABASE;
use super::rows::id;
use postrider_core::account::AccountId;
use postrider_core::contract::Depths;
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, OptionalExtension, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Counts what waits. It walks over the queue, and over the leaves of the other working tables.
pub(super) fn depths(connection: &Connection, directory: &Path) -> Result<Depths> {
    let count = |table: &str| -> Result<u64> {
        connection
            .prepare_cached(&format!("SELECT count(*) FROM {table}"))?
            .query_row([], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
    };
    let Queued { queued, queued_by_account, damaged } = queued(connection)?;
    Ok(Depths {
        queued,
        queued_by_account,
        // The smallest id is the oldest.
        oldest: connection
            .prepare_cached("SELECT id FROM queue WHERE owner >= 0 ORDER BY id LIMIT 1")?
            .query_row([], |row| id(row, 0))
            .optional()?
            .map(postrider_core::id::MessageId::time),
        awaited: count("waiting")?,
        notices: count("notice")?,
        parked: count("parked")?,
        collected: super::client_parts::waiting(connection)?,
        damaged: damaged
            + count("notice WHERE owner < 0")?
            + count("waiting WHERE damaged")?
            + count("parked WHERE damaged")?
            + count("client_part WHERE damaged")?,
        octets: match octets(directory) {
            0 => pages(connection)?,
            octets => octets,
        },
    })
}

/// Counts of the queue.
struct Queued {
    queued: Vec<(UpstreamId, u64)>,
    queued_by_account: Vec<(AccountId, u64)>,
    /// Rows that are set aside.
    damaged: u64,
}

fn queued(connection: &Connection) -> Result<Queued> {
    let mut statement = connection.prepare_cached("SELECT upstream, owner, account FROM queue")?;
    let mut found = statement.query([])?;
    let (mut upstreams, mut accounts) = (BTreeMap::<u32, u64>::new(), BTreeMap::<u32, u64>::new());
    let mut damaged = 0;
    while let Some(row) = found.next()? {
        if row.get::<_, i64>(1)? < 0 {
            damaged += 1;
        } else {
            *upstreams.entry(row.get(0)?).or_default() += 1;
            *accounts.entry(row.get(2)?).or_default() += 1;
        }
    }
    Ok(Queued {
        queued: upstreams.into_iter().map(|(id, count)| (UpstreamId(id), count)).collect(),
        queued_by_account: accounts.into_iter().map(|(id, count)| (AccountId(id), count)).collect(),
        damaged,
    })
}

/// The size of a database that has no files.
fn pages(connection: &Connection) -> Result<u64> {
    connection
        .prepare_cached("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// The size of the database and of its log.
fn octets(directory: &Path) -> u64 {
    ["", "-wal"]
        .iter()
        .filter_map(|suffix| std::fs::metadata(directory.join(format!("{DATABASE}{suffix}"))).ok())
        .map(|file| file.len())
        .sum()
}
