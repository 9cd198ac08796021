//! Declared resources: accounts, upstreams, routes as documents, and who changed them. What the documents
//! mean only those know who declare them.

use super::accept::CLOCK;
use super::audit;
use super::rows::{limit, time};
use super::tables::Tables;
use super::writer::Verb;
use crate::audit::changed;
use postrider_core::contract::{Keeping, Resource, ResourceChange};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// Every resource ever named.
pub(super) fn all(connection: &Connection) -> Result<Vec<Resource>> {
    connection
        .prepare_cached("SELECT id, kind, name, document, updated FROM resource ORDER BY id")?
        .query_map([], |row| {
            Ok(Resource {
                id: row.get(0)?,
                kind: row.get(1)?,
                name: row.get(2)?,
                document: row.get(3)?,
                updated: time(row, 4)?,
            })
        })?
        .collect()
}

/// The octets beside a resource's document.
pub(super) fn data(connection: &Connection, kind: &str, name: &str) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT data FROM resource WHERE kind = ?1 AND name = ?2";
    let row = connection.prepare_cached(sql)?.query_row([kind, name], |row| row.get(0)).optional()?;
    Ok(row.flatten())
}

/// Recorded changes, newest first, older than the position `before`.
pub(super) fn changes(
    connection: &Connection,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<(u64, ResourceChange)>> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    connection
        .prepare_cached(
            "SELECT id, at, who, kind, name, before, after FROM resource_change WHERE id < ?1 \
             ORDER BY id DESC LIMIT ?2",
        )?
        .query_map(params![before, limit(most)], change)?
        .collect()
}

fn change(row: &Row<'_>) -> Result<(u64, ResourceChange)> {
    Ok((
        row.get::<_, i64>(0)?.cast_unsigned(),
        ResourceChange {
            at: time(row, 1)?,
            who: row.get(2)?,
            kind: row.get(3)?,
            name: row.get(4)?,
            before: row.get(5)?,
            after: row.get(6)?,
        },
    ))
}

/// Names that need numbers.
pub(super) struct Numbering(pub(super) Vec<(Box<str>, Box<str>)>);

impl Verb for Numbering {
    type Answer = Vec<u32>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<u32>> {
        self.0.iter().map(|(kind, name)| number(tables.connection, kind, name)).collect()
    }
}

/// The number of a name, given anew if the name is new. Rows are never deleted, so no number comes twice.
fn number(connection: &Connection, kind: &str, name: &str) -> Result<u32> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO resource (kind, name, updated) VALUES (?1, ?2, {CLOCK}) ON CONFLICT DO NOTHING"
        ))?
        .execute([kind, name])?;
    connection
        .prepare_cached("SELECT id FROM resource WHERE kind = ?1 AND name = ?2")?
        .query_row([kind, name], |row| row.get(0))
}

/// Resources to be declared, with their documents, or deleted.
pub(super) struct Declaring(pub(super) Vec<(ResourceChange, Keeping)>);

impl Verb for Declaring {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        for (change, keeping) in &self.0 {
            keep(tables.connection, change, keeping)?;
            tables
                .connection
                .prepare_cached(
                    "INSERT INTO resource_change (at, who, kind, name, before, after) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    change.at.0,
                    change.who,
                    change.kind,
                    change.name,
                    change.before,
                    change.after
                ])?;
        }
        audit::note(tables.connection, self.0.iter().map(|(change, _)| changed(change)).collect())
    }
}

fn keep(connection: &Connection, change: &ResourceChange, keeping: &Keeping) -> Result<()> {
    let (document, data) = match keeping {
        Keeping::Document(document) => (Some(document), None),
        Keeping::DocumentAndData(document, data) => (Some(document), Some(&**data)),
        Keeping::Number => (None, None),
        Keeping::OldNumber => {
            let sql = "UPDATE resource SET name = name || '~' || id, document = NULL, data = NULL, updated = ?3 \
                       WHERE kind = ?1 AND name = ?2";
            let values = params![change.kind, change.name, change.at.0];
            return connection.prepare_cached(sql)?.execute(values).map(drop);
        }
    };
    let sql = "INSERT INTO resource (kind, name, document, updated, data) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (kind, name) DO UPDATE \
               SET document = excluded.document, updated = excluded.updated, data = excluded.data";
    let values = params![change.kind, change.name, document, change.at.0, data];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}
