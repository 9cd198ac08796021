//! Keys that values are encrypted with, and those values as they are kept.

use super::Postgres;
use super::error::Error;
use super::link::{Link, Value};
use super::rows::{Cells, Single, id, key, limit};
use crate::sealing::{CHANGED, COLUMNS, table};
use crate::table::{Kept, Plans};
use async_trait::async_trait;
use postrider_core::contract::{BodyChange, BodyRows, Sealing, SealingKey, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::Body;

#[async_trait]
impl Sealing for Postgres {
    async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError> {
        self.reader.read(|link| async move { keys(&link).await }).await
    }

    async fn note_sealing_keys(&self, keys: Vec<SealingKey>) -> Result<(), StoreError> {
        self.chore(async |link| note(&link, &keys).await).await
    }

    async fn forget_sealing_keys(&self, names: Vec<Box<str>>) -> Result<(), StoreError> {
        self.chore(async |link| forget(&link, &names).await).await
    }

    async fn bodies(
        &self,
        rows: BodyRows,
        after: MessageId,
        most: usize,
    ) -> Result<Vec<(MessageId, Body)>, StoreError> {
        self.reader.read(|link| async move { bodies(&link, rows, after, most).await }).await
    }

    async fn rewrite_bodies(&self, rows: BodyRows, changes: Vec<BodyChange>) -> Result<(), StoreError> {
        self.chore(async |link| rewrite(&link, rows, &changes).await).await
    }

    async fn rewrite_document(
        &self,
        resource: (Box<str>, Box<str>),
        old: Box<str>,
        new: Box<str>,
    ) -> Result<(), StoreError> {
        self.chore(async |link| rewrite_document(&link, &resource, &old, &new).await).await
    }
}

/// The noted keys.
pub(super) async fn keys(link: &Link) -> Result<Vec<SealingKey>, Error> {
    let rows = link.query("SELECT name, checked FROM sealing_key ORDER BY name", &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, &[u8]>(1)?.into()))).collect()
}

/// Notes keys.
pub(super) async fn note(link: &Link, keys: &[SealingKey]) -> Result<(), Error> {
    let sql = "INSERT INTO sealing_key (name, checked) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    for (name, check) in keys {
        link.execute(sql, &[name, &&**check]).await?;
    }
    Ok(())
}

/// Forgets keys.
pub(super) async fn forget(link: &Link, names: &[Box<str>]) -> Result<(), Error> {
    link.execute("DELETE FROM sealing_key WHERE name = ANY($1)", &[&names]).await?;
    Ok(())
}

/// Bodies as they are kept.
pub(super) async fn bodies(
    link: &Link,
    rows: BodyRows,
    after: MessageId,
    most: usize,
) -> Result<Vec<(MessageId, Body)>, Error> {
    let sql = format!("SELECT id, {COLUMNS} FROM {} WHERE id > $1 ORDER BY id LIMIT $2", table(rows));
    let mut plans = Plans::default();
    let rows = link.query(&sql, &[&key(after), &limit(most)]).await?;
    rows.iter()
        .map(|row| {
            // What can't be read is as good as removed.
            let body = Body::read(&mut Cells::from(row, 1, &mut plans)).unwrap_or(Body::Redacted);
            Ok((id(row, 0)?, body))
        })
        .collect()
}

/// Changes bodies.
pub(super) async fn rewrite(link: &Link, rows: BodyRows, changes: &[BodyChange]) -> Result<(), Error> {
    // PostgreSQL has to be told of the types of what may be nothing.
    let typed = CHANGED.replace("FROM $6", "FROM $6::text").replace("FROM $7", "FROM $7::smallint");
    let typed = typed.replace("FROM $8", "FROM $8::bytea").replace("FROM $9", "FROM $9::bytea");
    let sql = format!("UPDATE {} {typed}", table(rows));
    link.script("BEGIN").await?;
    for change in changes {
        let mut row = Single::default();
        change.id.keep(&mut row);
        change.new.keep(&mut row);
        change.old.keep(&mut row);
        link.execute(&sql, &row.values()).await?;
    }
    link.script("COMMIT").await
}

/// Changes a document.
pub(super) async fn rewrite_document(
    link: &Link,
    (kind, name): &(Box<str>, Box<str>),
    old: &str,
    new: &str,
) -> Result<(), Error> {
    let sql = "UPDATE resource SET document = $4 WHERE kind = $1 AND name = $2 AND document = $3";
    let values: [Value<'_>; 4] = [kind, name, &old, &new];
    link.execute(sql, &values).await?;
    Ok(())
}
