//! Media whose octets are sealed.

use super::{Sealed, unavailable};
use crate::vault::{NotOpened, Vault, key_name};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{MediaStore, StoreError};
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaPage, PageToken};
use postrider_core::time::Time;

/// The place of a medium: the row that has it.
fn place(id: MessageId) -> [u8; 13] {
    let mut place = *b"media\0\0\0\0\0\0\0\0";
    place.iter_mut().skip(5).zip(id.number().to_be_bytes()).for_each(|(to, from)| *to = from);
    place
}

fn seal(vault: &Vault, media: Media) -> Media {
    match vault.seal(&place(media.item.id), &media.octets) {
        Some(sealed) => Media { sealed: true, octets: sealed.into(), ..media },
        None => media,
    }
}

fn open(vault: &Vault, media: Media) -> Result<Media, NotOpened> {
    if !media.sealed {
        return Ok(media);
    }
    let octets = vault.open(&place(media.item.id), &media.octets)?;
    Ok(Media { sealed: false, octets: octets.into(), ..media })
}

impl Sealed {
    /// Encrypts media anew that are in clear, or were encrypted with another key. Returns how many.
    pub(super) async fn reseal_media(&self, vault: &Vault) -> Result<usize, StoreError> {
        let (mut changed, mut after) = (0, MessageId::from_number(0));
        while let Some(media) = self.inner.media_after(after).await? {
            after = media.item.id;
            let is_as_wanted = match (media.sealed, vault.active()) {
                (true, Some(active)) => key_name(&media.octets) == Some(active),
                (sealed, active) => !sealed && active.is_none(),
            };
            if is_as_wanted {
                continue;
            }
            match open(vault, media) {
                Ok(media) => self.inner.rewrite_media(seal(vault, media)).await?,
                Err(error) => {
                    tracing::error!(id = %after, %error, "a medium can't be encrypted anew");
                    continue;
                }
            }
            changed += 1;
        }
        Ok(changed)
    }
}

#[async_trait]
impl MediaStore for Sealed {
    async fn keep_media(&self, media: Media, most: u64) -> Result<bool, StoreError> {
        let media = seal(&self.vault.load(), media);
        self.inner.keep_media(media, most).await
    }

    async fn media(&self, id: MessageId) -> Result<Option<Media>, StoreError> {
        let Some(media) = self.inner.media(id).await? else { return Ok(None) };
        open(&self.vault.load(), media).map(Some).map_err(|error| unavailable(&error))
    }

    async fn hold_media(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError> {
        self.inner.hold_media(account, media, until).await
    }

    async fn keep_media_page(&self, page: MediaPage) -> Result<(), StoreError> {
        self.inner.keep_media_page(page).await
    }

    async fn media_page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError> {
        self.inner.media_page(token).await
    }

    async fn purge_media(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.purge_media(now, most).await
    }

    async fn media_after(&self, after: MessageId) -> Result<Option<Media>, StoreError> {
        self.inner.media_after(after).await
    }

    async fn rewrite_media(&self, media: Media) -> Result<(), StoreError> {
        self.inner.rewrite_media(media).await
    }
}
