//! Recipients of campaigns and batches.

use super::Sqlite;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::LIST_MAX;
use crate::recipients::{
    add_count, audience, count, forget, list, next_audience, place, result_columns, row,
};
use async_trait::async_trait;
use postrider_core::contract::{
    AudienceKey, RecipientCounts, RecipientResult, RecipientRow, RecipientStore, StoreError, WantedRecipients,
};
use postrider_core::number::Number;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Joins the end of a recipient's message.
const ENDS: &str = "LEFT JOIN outcome o ON o.id = r.message";

#[async_trait]
impl RecipientStore for Sqlite {
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        recipients: Vec<(Number, Box<str>)>,
    ) -> std::result::Result<Vec<usize>, StoreError> {
        self.write_at_once(Adding { audience, recipients }).await
    }

    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        most: usize,
    ) -> std::result::Result<Vec<RecipientRow>, StoreError> {
        self.reader.read(move |connection| page(connection, audience, wanted, after, most)).await
    }

    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> std::result::Result<(), StoreError> {
        self.write_at_once(Noting { audience, results }).await
    }

    async fn count_recipients(
        &self,
        audience: AudienceKey,
    ) -> std::result::Result<RecipientCounts, StoreError> {
        self.reader.read(move |connection| counts(connection, audience)).await
    }

    async fn forget_recipients(
        &self,
        audience: AudienceKey,
        most: usize,
    ) -> std::result::Result<usize, StoreError> {
        self.write(Forgetting { audience, most }).await
    }

    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> std::result::Result<(), StoreError> {
        self.write(Rewriting { audience, changes }).await
    }

    async fn next_audience(
        &self,
        after: Option<AudienceKey>,
    ) -> std::result::Result<Option<AudienceKey>, StoreError> {
        self.reader.read(move |connection| next(connection, after)).await
    }
}

fn page(
    connection: &Connection,
    audience: AudienceKey,
    wanted: WantedRecipients,
    after: u64,
    most: usize,
) -> Result<Vec<RecipientRow>> {
    let (account, run) = place(audience);
    let mut statement = connection.prepare_cached(&list(wanted, '?', ENDS))?;
    let values = params![account, run, after.cast_signed(), limit(most.min(LIST_MAX))];
    let rows = statement.query_map(values, |columns| {
        let whom = (columns.get(0)?, columns.get(1)?, columns.get(2)?);
        Ok(row(whom, (columns.get(3)?, columns.get(4)?), columns.get(5)?))
    })?;
    rows.collect()
}

fn counts(connection: &Connection, audience: AudienceKey) -> Result<RecipientCounts> {
    let (account, run) = place(audience);
    let mut statement = connection.prepare_cached(&count('?', ENDS))?;
    let mut rows = statement.query(params![account, run])?;
    let mut counts = RecipientCounts::default();
    while let Some(line) = rows.next()? {
        let refusal: Option<Box<str>> = line.get(0)?;
        add_count(&mut counts, refusal.as_deref(), line.get(1)?, line.get(2)?, line.get(3)?);
    }
    Ok(counts)
}

fn next(connection: &Connection, after: Option<AudienceKey>) -> Result<Option<AudienceKey>> {
    let (account, run) = after.map_or((-1, 0), place);
    let mut statement = connection.prepare_cached(&next_audience('?'))?;
    statement.query_row(params![account, run], |row| Ok(audience(row.get(0)?, row.get(1)?))).optional()
}

struct Adding {
    audience: AudienceKey,
    recipients: Vec<(Number, Box<str>)>,
}

impl Verb for Adding {
    type Answer = Vec<usize>;

    fn rows(&self) -> usize {
        self.recipients.len()
    }

    fn needs_room(&self) -> bool {
        true
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<usize>> {
        let (account, run) = place(self.audience);
        let last = "SELECT coalesce(max(position), 0) FROM recipient WHERE account = ?1 AND run = ?2";
        let mut position: i64 =
            tables.connection.prepare_cached(last)?.query_row(params![account, run], |row| row.get(0))?;
        let mut doubled = Vec::new();
        let mut insert = tables.connection.prepare_cached(
            "INSERT INTO recipient (account, run, position, number, document) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO NOTHING",
        )?;
        for (place, (number, document)) in self.recipients.iter().enumerate() {
            let values = params![account, run, position + 1, number.digits().cast_signed(), document];
            match insert.execute(values)? {
                0 => doubled.push(place),
                _ => position += 1,
            }
        }
        Ok(doubled)
    }
}

struct Noting {
    audience: AudienceKey,
    results: Vec<(u64, RecipientResult)>,
}

impl Verb for Noting {
    type Answer = ();

    fn rows(&self) -> usize {
        self.results.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let (account, run) = place(self.audience);
        let mut update = tables.connection.prepare_cached(
            "UPDATE recipient SET message = ?4, refusal = ?5 WHERE account = ?1 AND run = ?2 AND position = ?3",
        )?;
        for (position, result) in &self.results {
            let (message, refusal) = result_columns(result);
            update.execute(params![account, run, position.cast_signed(), message, refusal])?;
        }
        Ok(())
    }
}

struct Forgetting {
    audience: AudienceKey,
    most: usize,
}

impl Verb for Forgetting {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let (account, run) = place(self.audience);
        tables.connection.prepare_cached(&forget('?'))?.execute(params![account, run, limit(self.most)])
    }
}

struct Rewriting {
    audience: AudienceKey,
    changes: Vec<(u64, Box<str>, Box<str>)>,
}

impl Verb for Rewriting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let (account, run) = place(self.audience);
        let mut update = tables.connection.prepare_cached(
            "UPDATE recipient SET document = ?5 \
             WHERE account = ?1 AND run = ?2 AND position = ?3 AND document = ?4",
        )?;
        for (position, old, new) in &self.changes {
            update.execute(params![account, run, position.cast_signed(), old, new])?;
        }
        Ok(())
    }
}
