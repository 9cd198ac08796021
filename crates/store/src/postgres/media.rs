//! Media and their pages.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction};
use super::rows::{key, limit, narrow, time};
use crate::media::{Columns, ITEM, MEDIA, PAGE, item, items_of, items_text, purge, purge_pages, stored};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{MediaStore, StoreError};
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaPage, PageToken};
use postrider_core::time::Time;
use tokio_postgres::Row;

#[async_trait]
impl MediaStore for Postgres {
    async fn keep_media(&self, media: Media, most: u64) -> Result<bool, StoreError> {
        self.errands.run(Keeping { media, most }).await
    }

    async fn media(&self, id: MessageId) -> Result<Option<Media>, StoreError> {
        self.reader.read(|link| async move { find(&link, "id = $1", key(id)).await }).await
    }

    async fn hold_media(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError> {
        self.errands.run(Holding { account, media, until }).await
    }

    async fn keep_media_page(&self, page: MediaPage) -> Result<(), StoreError> {
        self.errands.run(KeepingPage(page)).await
    }

    async fn media_page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError> {
        let token = &token;
        self.reader.read(|link| async move { page(&link, token).await }).await
    }

    async fn purge_media(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.errands.run(Purging { now, most }).await
    }

    async fn media_after(&self, after: MessageId) -> Result<Option<Media>, StoreError> {
        let next = "id > $1 ORDER BY id LIMIT 1";
        self.reader.read(|link| async move { find(&link, next, key(after)).await }).await
    }

    async fn rewrite_media(&self, media: Media) -> Result<(), StoreError> {
        self.errands.run(Rewriting(media)).await
    }
}

/// A medium to be kept.
struct Keeping {
    media: Media,
    most: u64,
}

impl Errand for Keeping {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let it = Columns::of(&self.media);
        if let Some(account) = it.account {
            let rows = transaction.query(&stored('$'), &[&account]).await?;
            let stored: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
            if stored.saturating_add(it.size).cast_unsigned() > self.most {
                return Ok(false);
            }
        }
        let places = crate::table::places('$', 9);
        let octets = &*self.media.octets;
        let kind = i16::try_from(it.kind).unwrap_or_default();
        // A repetition after a lost connection finds it there.
        let insert = format!("INSERT INTO media ({MEDIA}) VALUES ({places}) ON CONFLICT (id) DO NOTHING");
        transaction
            .execute(
                &insert,
                &[
                    &it.id,
                    &it.account,
                    &it.person,
                    &kind,
                    &it.size,
                    &it.print,
                    &it.expires,
                    &it.sealed,
                    &octets,
                ],
            )
            .await?;
        Ok(true)
    }
}

/// A medium that meets a condition of one value.
async fn find(link: &Link, condition: &str, value: i64) -> Result<Option<Media>, Error> {
    let rows = link.query(&format!("SELECT {MEDIA} FROM media WHERE {condition}"), &[&value]).await?;
    let found = rows.first().map(media).transpose()?;
    Ok(found.flatten())
}

fn media(row: &Row) -> Result<Option<Media>, Error> {
    let columns = Columns {
        id: row.try_get(0)?,
        account: row.try_get(1)?,
        person: row.try_get(2)?,
        kind: row.try_get::<_, i16>(3)?.into(),
        size: row.try_get(4)?,
        print: row.try_get(5)?,
        expires: row.try_get(6)?,
        sealed: row.try_get(7)?,
    };
    Ok(columns.media(row.try_get::<_, &[u8]>(8)?.to_vec()))
}

/// Media to be kept for longer.
struct Holding {
    account: AccountId,
    media: Vec<MessageId>,
    until: Time,
}

impl Errand for Holding {
    type Answer = Vec<Option<MediaItem>>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, Error> {
        let hold = format!(
            "UPDATE media SET expires = greatest(expires, $3) WHERE id = $1 AND account = $2 RETURNING {ITEM}"
        );
        let account = i64::from(self.account.0);
        let mut held = Vec::with_capacity(self.media.len());
        for id in &self.media {
            let rows = transaction.query(&hold, &[&key(*id), &account, &self.until.0]).await?;
            let found = rows.first().map(|row| -> Result<_, Error> {
                let kind = row.try_get::<_, i16>(1)?.into();
                Ok(item(row.try_get(0)?, kind, row.try_get(2)?, row.try_get(3)?))
            });
            held.push(found.transpose()?.flatten());
        }
        Ok(held)
    }
}

/// A page to be kept.
struct KeepingPage(MediaPage);

impl Errand for KeepingPage {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let page = &self.0;
        let insert =
            format!("INSERT INTO media_page ({PAGE}) VALUES ($1, $2, $3, $4) ON CONFLICT (token) DO NOTHING");
        let (token, account, items) =
            (page.token.as_slice(), i64::from(page.account.0), items_text(&page.items));
        transaction.execute(&insert, &[&token, &account, &items, &page.expires.0]).await?;
        Ok(())
    }
}

/// The page with this token.
async fn page(link: &Link, token: &PageToken) -> Result<Option<MediaPage>, Error> {
    let sql = format!("SELECT {PAGE} FROM media_page WHERE token = $1");
    let rows = link.query(&sql, &[&token.as_slice()]).await?;
    let read = |row: &Row| {
        let (items, expires) = (items_of(row.try_get(2)?), time(row, 3)?);
        Ok(MediaPage { token: *token, account: AccountId(narrow(row, 1)?), items, expires })
    };
    rows.first().map(read).transpose()
}

/// Media and pages that have expired.
struct Purging {
    now: Time,
    most: usize,
}

impl Errand for Purging {
    type Answer = usize;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<usize, Error> {
        let most = limit(self.most);
        let media = transaction.execute(&purge('$'), &[&self.now.0, &most]).await?;
        let pages = transaction.execute(&purge_pages('$'), &[&self.now.0, &most]).await?;
        Ok(usize::try_from(media.max(pages)).unwrap_or(0))
    }
}

/// A medium whose octets are written anew.
struct Rewriting(Media);

impl Errand for Rewriting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let Media { item, sealed, octets, .. } = &self.0;
        let sql = "UPDATE media SET sealed = $2, octets = $3 WHERE id = $1";
        transaction.execute(sql, &[&key(item.id), sealed, &&**octets]).await?;
        Ok(())
    }
}
