//! Media and their pages.

use super::Sqlite;
use super::rows::{key, limit, time};
use super::tables::Tables;
use super::writer::Verb;
use crate::media::{Columns, ITEM, MEDIA, PAGE, item, items_of, items_text, purge, purge_pages, stored};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{MediaStore, StoreError};
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaPage, PageToken};
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

#[async_trait]
impl MediaStore for Sqlite {
    async fn keep_media(&self, media: Media, most: u64) -> Result<bool, StoreError> {
        self.write_at_once(Keeping { media, most }).await
    }

    async fn media(&self, id: MessageId) -> Result<Option<Media>, StoreError> {
        self.reader.read(move |connection| find(connection, "id = ?1", key(id))).await
    }

    async fn hold_media(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError> {
        self.write_at_once(Holding { account, media, until }).await
    }

    async fn keep_media_page(&self, page: MediaPage) -> Result<(), StoreError> {
        self.write_at_once(KeepingPage(page)).await
    }

    async fn media_page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError> {
        self.reader.read(move |connection| page(connection, &token)).await
    }

    async fn purge_media(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.write(Purging { now, most }).await
    }

    async fn media_after(&self, after: MessageId) -> Result<Option<Media>, StoreError> {
        self.reader.read(move |connection| find(connection, "id > ?1 ORDER BY id LIMIT 1", key(after))).await
    }

    async fn rewrite_media(&self, media: Media) -> Result<(), StoreError> {
        self.write_at_once(Rewriting(media)).await
    }
}

/// A medium to be kept.
struct Keeping {
    media: Media,
    most: u64,
}

impl Verb for Keeping {
    type Answer = bool;

    fn needs_room(&self) -> bool {
        true
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let it = Columns::of(&self.media);
        if let Some(account) = it.account {
            let stored: i64 =
                tables.connection.prepare_cached(&stored('?'))?.query_row([account], |row| row.get(0))?;
            if stored.saturating_add(it.size).cast_unsigned() > self.most {
                return Ok(false);
            }
        }
        let places = crate::table::places('?', 9);
        tables
            .connection
            .prepare_cached(&format!("INSERT INTO media ({MEDIA}) VALUES ({places})"))?
            .execute(params![
                it.id,
                it.account,
                it.person,
                it.kind,
                it.size,
                it.print,
                it.expires,
                it.sealed,
                &*self.media.octets
            ])?;
        Ok(true)
    }
}

/// A medium that meets a condition of one value.
fn find(connection: &Connection, condition: &str, value: i64) -> Result<Option<Media>> {
    let found = connection
        .prepare_cached(&format!("SELECT {MEDIA} FROM media WHERE {condition}"))?
        .query_row([value], media)
        .optional()?;
    Ok(found.flatten())
}

fn media(row: &Row<'_>) -> Result<Option<Media>> {
    let columns = Columns {
        id: row.get(0)?,
        account: row.get(1)?,
        person: row.get(2)?,
        kind: row.get(3)?,
        size: row.get(4)?,
        print: row.get(5)?,
        expires: row.get(6)?,
        sealed: row.get(7)?,
    };
    Ok(columns.media(row.get(8)?))
}

/// Media to be kept for longer.
struct Holding {
    account: AccountId,
    media: Vec<MessageId>,
    until: Time,
}

impl Verb for Holding {
    type Answer = Vec<Option<MediaItem>>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Self::Answer> {
        let mut hold = tables.connection.prepare_cached(&format!(
            "UPDATE media SET expires = max(expires, ?3) WHERE id = ?1 AND account = ?2 RETURNING {ITEM}"
        ))?;
        let held = |id: &MessageId| {
            let row = hold
                .query_row(params![key(*id), self.account.0, self.until.0], |row| {
                    Ok(item(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?;
            Ok(row.flatten())
        };
        self.media.iter().map(held).collect()
    }
}

/// A page to be kept.
struct KeepingPage(MediaPage);

impl Verb for KeepingPage {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let page = &self.0;
        tables
            .connection
            .prepare_cached(&format!("INSERT INTO media_page ({PAGE}) VALUES (?1, ?2, ?3, ?4)"))?
            .execute(params![page.token.as_slice(), page.account.0, items_text(&page.items), page.expires.0])
            .map(drop)
    }
}

/// The page with this token.
fn page(connection: &Connection, token: &PageToken) -> Result<Option<MediaPage>> {
    connection
        .prepare_cached(&format!("SELECT {PAGE} FROM media_page WHERE token = ?1"))?
        .query_row([token.as_slice()], |row| {
            Ok(MediaPage {
                token: row.get(0)?,
                account: AccountId(row.get(1)?),
                items: items_of(&row.get::<_, String>(2)?),
                expires: time(row, 3)?,
            })
        })
        .optional()
}

/// Media and pages that have expired.
struct Purging {
    now: Time,
    most: usize,
}

impl Verb for Purging {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.most
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let values = params![self.now.0, limit(self.most)];
        let media = tables.connection.prepare_cached(&purge('?'))?.execute(values)?;
        let pages = tables.connection.prepare_cached(&purge_pages('?'))?.execute(values)?;
        Ok(media.max(pages))
    }
}

/// A medium whose octets are written anew.
struct Rewriting(Media);

impl Verb for Rewriting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let Media { item, sealed, octets, .. } = &self.0;
        tables
            .connection
            .prepare_cached("UPDATE media SET sealed = ?2, octets = ?3 WHERE id = ?1")?
            .execute(params![key(item.id), sealed, &**octets])
            .map(drop)
    }
}
