//! Keys that values are encrypted with, and those values as they are kept.

use super::Sqlite;
use super::rows::{Binding, Cells, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::sealing::{CHANGED, COLUMNS, table};
use crate::table::{Kept, Plans};
use async_trait::async_trait;
use postrider_core::contract::{BodyChange, BodyRows, Sealing, SealingKey, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use rusqlite::{Connection, Result, params};

#[async_trait]
impl Sealing for Sqlite {
    async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError> {
        self.reader.read(keys).await
    }

    async fn note_sealing_keys(&self, keys: Vec<SealingKey>) -> Result<(), StoreError> {
        self.write_at_once(Noting(keys)).await
    }

    async fn forget_sealing_keys(&self, names: Vec<Box<str>>) -> Result<(), StoreError> {
        self.write_at_once(Forgetting(names)).await
    }

    async fn bodies(
        &self,
        rows: BodyRows,
        after: MessageId,
        most: usize,
    ) -> Result<Vec<(MessageId, Body)>, StoreError> {
        self.reader.read(move |connection| bodies(connection, rows, after, most)).await
    }

    async fn rewrite_bodies(&self, rows: BodyRows, changes: Vec<BodyChange>) -> Result<(), StoreError> {
        self.write(Rewriting { rows, changes }).await
    }

    async fn rewrite_document(
        &self,
        resource: (Box<str>, Box<str>),
        old: Box<str>,
        new: Box<str>,
    ) -> Result<(), StoreError> {
        self.write(RewritingDocument { resource, old, new }).await
    }
}

/// The noted keys.
pub(super) fn keys(connection: &Connection) -> Result<Vec<SealingKey>> {
    connection
        .prepare_cached("SELECT name, checked FROM sealing_key ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?.into())))?
        .collect()
}

/// Keys to be noted.
pub(super) struct Noting(pub(super) Vec<SealingKey>);

impl Verb for Noting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = "INSERT INTO sealing_key (name, checked) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let mut insert = tables.connection.prepare_cached(sql)?;
        self.0.iter().try_for_each(|(name, check)| insert.execute(params![name, check]).map(drop))
    }
}

/// Keys to be forgotten.
pub(super) struct Forgetting(pub(super) Vec<Box<str>>);

impl Verb for Forgetting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let mut delete = tables.connection.prepare_cached("DELETE FROM sealing_key WHERE name = ?1")?;
        self.0.iter().try_for_each(|name| delete.execute([name]).map(drop))
    }
}

/// Bodies as they are kept.
pub(super) fn bodies(
    connection: &Connection,
    rows: BodyRows,
    after: MessageId,
    most: usize,
) -> Result<Vec<(MessageId, Body)>> {
    let sql = format!("SELECT id, {COLUMNS} FROM {} WHERE id > ?1 ORDER BY id LIMIT ?2", table(rows));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([key(after), limit(most)])?;
    let (mut plans, mut bodies) = (Plans::default(), Vec::new());
    while let Some(row) = found.next()? {
        // What can't be read is as good as removed.
        let body = Body::read(&mut Cells::from(row, 1, &mut plans)).unwrap_or(Body::Redacted);
        bodies.push((super::rows::id(row, 0)?, body));
    }
    Ok(bodies)
}

/// Bodies to be changed.
pub(super) struct Rewriting {
    /// Of these rows.
    pub(super) rows: BodyRows,
    /// The changes.
    pub(super) changes: Vec<BodyChange>,
}

impl Verb for Rewriting {
    type Answer = ();

    fn rows(&self) -> usize {
        self.changes.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = format!("UPDATE {} {}", table(self.rows), CHANGED.replace('$', "?"));
        let mut statement = tables.connection.prepare_cached(&sql)?;
        for BodyChange { id, old, new } in &self.changes {
            let mut row = Binding::new(&mut statement, &mut tables.plans);
            id.keep(&mut row);
            new.keep(&mut row);
            old.keep(&mut row);
            row.execute()?;
        }
        Ok(())
    }
}

/// A document to be changed.
pub(super) struct RewritingDocument {
    /// Its kind and name.
    pub(super) resource: (Box<str>, Box<str>),
    /// The document that it has.
    pub(super) old: Box<str>,
    /// The document that it gets.
    pub(super) new: Box<str>,
}

impl Verb for RewritingDocument {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = "UPDATE resource SET document = ?4 WHERE kind = ?1 AND name = ?2 AND document = ?3";
        let (kind, name) = &self.resource;
        tables.connection.prepare_cached(sql)?.execute(params![kind, name, self.old, self.new])?;
        Ok(())
    }
}
