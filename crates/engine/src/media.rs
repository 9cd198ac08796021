//! Media of messages: kept, found and held until their messages are sent.

use crate::clock::Clock;
use crate::identifiers::Identifiers;
use async_trait::async_trait;
use metrics::counter;
use postrider_core::account::AccountId;
use postrider_core::contract::{MediaDesk, MediaLimits, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaPage, MediaType, PageToken, fingerprint};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::sync::Arc;

/// The parts that media need.
pub(crate) struct MediaRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) limits: MediaLimits,
}

impl MediaRoom {
    fn new_media(
        &self,
        (account, person): (Option<AccountId>, Option<Number>),
        kind: MediaType,
        octets: Vec<u8>,
    ) -> Media {
        let now = self.clock.now();
        let item = MediaItem {
            id: self.identifiers.next(now),
            kind,
            size: u32::try_from(octets.len()).unwrap_or(u32::MAX),
            print: fingerprint(&octets),
        };
        let expires = now + self.limits.keep;
        Media { item, account, person, expires, sealed: false, octets: octets.into() }
    }
}

fn count(source: &'static str, item: &MediaItem) {
    counter!("postrider_media_total", "from" => source).increment(1);
    counter!("postrider_media_octets_total", "from" => source).increment(item.size.into());
}

#[async_trait]
impl MediaDesk for MediaRoom {
    fn limits(&self) -> &MediaLimits {
        &self.limits
    }

    async fn keep(
        &self,
        account: AccountId,
        kind: MediaType,
        octets: Vec<u8>,
    ) -> Result<Option<MediaItem>, StoreError> {
        let media = self.new_media((Some(account), None), kind, octets);
        let item = media.item;
        let is_kept = self.store.keep_media(media, self.limits.account_max).await?;
        if is_kept {
            count("account", &item);
        }
        Ok(is_kept.then_some(item))
    }

    async fn receive(
        &self,
        from: Option<Number>,
        kind: MediaType,
        octets: Vec<u8>,
    ) -> Result<MediaItem, StoreError> {
        let media = self.new_media((None, from), kind, octets);
        let item = media.item;
        self.store.keep_media(media, u64::MAX).await?;
        count("handset", &item);
        Ok(item)
    }

    async fn find(&self, id: MessageId) -> Result<Option<Media>, StoreError> {
        let now = self.clock.now();
        Ok(self.store.media(id).await?.filter(|media| media.expires > now))
    }

    async fn hold(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError> {
        self.store.hold_media(account, media, until + self.limits.keep).await
    }

    async fn make_page(
        &self,
        account: AccountId,
        token: PageToken,
        items: Box<[MessageId]>,
        until: Time,
    ) -> Result<(), StoreError> {
        let page = MediaPage { token, account, items, expires: until + self.limits.keep };
        self.store.keep_media_page(page).await
    }

    async fn page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError> {
        let now = self.clock.now();
        Ok(self.store.media_page(token).await?.filter(|page| page.expires > now))
    }
}
