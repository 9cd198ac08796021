//! Declared resources: accounts, upstreams, routes as documents, and who changed them. What the documents
//! mean only those know who declare them.

use super::audit;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction};
use super::rows::{limit, narrow, text, time};
use crate::audit::changed;
use postrider_core::contract::{Keeping, Resource, ResourceChange};
use tokio_postgres::Row;

/// Every resource ever named.
pub(super) async fn all(link: &Link) -> Result<Vec<Resource>, Error> {
    link.query("SELECT id, kind, name, document, updated FROM resource ORDER BY id", &[])
        .await?
        .iter()
        .map(|row| {
            Ok(Resource {
                id: narrow(row, 0)?,
                kind: row.try_get(1)?,
                name: row.try_get(2)?,
                document: row.try_get(3)?,
                updated: time(row, 4)?,
            })
        })
        .collect()
}

/// The octets beside a resource's document.
pub(super) async fn data(link: &Link, kind: &str, name: &str) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT data FROM resource WHERE kind = $1 AND name = $2";
    let rows = link.query(sql, &[&kind, &name]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
}

/// Recorded changes, newest first, older than the position `before`.
pub(super) async fn changes(
    link: &Link,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<(u64, ResourceChange)>, Error> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let sql = "SELECT id, at, who, kind, name, before, after FROM resource_change WHERE id < $1 \
               ORDER BY id DESC LIMIT $2";
    link.query(sql, &[&before, &limit(most)]).await?.iter().map(change).collect()
}

fn change(row: &Row) -> Result<(u64, ResourceChange), Error> {
    Ok((
        narrow(row, 0)?,
        ResourceChange {
            at: time(row, 1)?,
            who: row.try_get(2)?,
            kind: row.try_get(3)?,
            name: row.try_get(4)?,
            before: row.try_get(5)?,
            after: row.try_get(6)?,
        },
    ))
}

/// Names that need numbers.
pub(super) struct Numbering(pub(super) Vec<(Box<str>, Box<str>)>);

impl Errand for Numbering {
    type Answer = Vec<u32>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<u32>, Error> {
        let mut numbers = Vec::with_capacity(self.0.len());
        for (kind, name) in &self.0 {
            numbers.push(number(transaction, kind, name).await?);
        }
        Ok(numbers)
    }
}

/// The number of a name, given anew if the name is new. Rows are never deleted, so no number comes twice.
async fn number(transaction: &mut Transaction<'_>, kind: &str, name: &str) -> Result<u32, Error> {
    let known = "SELECT id FROM resource WHERE kind = $1 AND name = $2";
    let (kind, name) = (text(kind), text(name));
    if let Some(row) = transaction.query(known, &[&kind, &name]).await?.first() {
        return narrow(row, 0);
    }
    let new = "INSERT INTO resource (kind, name, updated) VALUES ($1, $2, now_ms()) ON CONFLICT DO NOTHING \
               RETURNING id";
    match transaction.query(new, &[&kind, &name]).await?.first() {
        Some(row) => narrow(row, 0),
        None => Err(Error::Raced),
    }
}

/// Resources to be declared, with their documents, or deleted.
pub(super) struct Declaring(pub(super) Vec<(ResourceChange, Keeping)>);

impl Errand for Declaring {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        for (change, keeping) in &self.0 {
            keep(transaction, change, keeping).await?;
            let (kind, name) = (text(&change.kind), text(&change.name));
            transaction
                .execute(
                    "INSERT INTO resource_change (at, who, kind, name, before, after) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                    &[
                        &change.at.0,
                        &text(&change.who),
                        &kind,
                        &name,
                        &change.before.as_deref().map(text),
                        &change.after.as_deref().map(text),
                    ],
                )
                .await?;
        }
        audit::note(transaction, self.0.iter().map(|(change, _)| changed(change)).collect()).await
    }
}

async fn keep(
    transaction: &mut Transaction<'_>,
    change: &ResourceChange,
    keeping: &Keeping,
) -> Result<(), Error> {
    let (kind, name) = (text(&change.kind), text(&change.name));
    let (document, data) = match keeping {
        Keeping::Document(document) => (Some(text(document)), None),
        Keeping::DocumentAndData(document, data) => (Some(text(document)), Some(&**data)),
        Keeping::Number => (None, None),
        Keeping::OldNumber => {
            let sql = "UPDATE resource SET name = name || '~' || id, document = NULL, data = NULL, updated = $3 \
                       WHERE kind = $1 AND name = $2";
            transaction.execute(sql, &[&kind, &name, &change.at.0]).await?;
            return Ok(());
        }
    };
    let sql = "INSERT INTO resource (kind, name, document, updated, data) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (kind, name) DO UPDATE \
               SET document = excluded.document, updated = excluded.updated, data = excluded.data";
    transaction.execute(sql, &[&kind, &name, &document, &change.at.0, &data]).await?;
    Ok(())
}
