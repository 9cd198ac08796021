//! Media of messages: what the store keeps of them, and the counter where doors and adapters bring and fetch them.

use super::StoreError;
use crate::account::AccountId;
use crate::id::MessageId;
use crate::media::{Media, MediaItem, MediaPage, MediaType, PageToken};
use crate::number::Number;
use crate::time::Time;
use async_trait::async_trait;
use std::time::Duration;

/// Media and pages, as the store keeps them. All nodes of a store see the same.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// Keeps a medium. `false`, and it isn't kept, if its account would have more than so many octets.
    async fn keep_media(&self, media: Media, most: u64) -> Result<bool, StoreError>;

    /// A medium.
    async fn media(&self, id: MessageId) -> Result<Option<Media>, StoreError>;

    /// Keeps these media of an account until then at least. Returns them in the same order; `None` where the account has no such.
    async fn hold_media(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError>;

    /// Keeps a page.
    async fn keep_media_page(&self, page: MediaPage) -> Result<(), StoreError>;

    /// The page with this token, expired or not.
    async fn media_page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError>;

    /// Deletes media and pages that have expired. Returns how many; fewer than `most` when nothing is left.
    async fn purge_media(&self, now: Time, most: usize) -> Result<usize, StoreError>;

    /// The next medium behind this one, as it is kept.
    async fn media_after(&self, after: MessageId) -> Result<Option<Media>, StoreError>;

    /// Keeps a medium's octets anew, in the place of what is kept.
    async fn rewrite_media(&self, media: Media) -> Result<(), StoreError>;
}

/// The limits of media, and where people find them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLimits {
    /// The URL at which people reach this gateway, without a slash at its end. Without it there are no links.
    pub public_url: Option<Box<str>>,
    /// The largest medium, in octets.
    pub size_max: u32,
    /// The octets that an account may have stored.
    pub account_max: u64,
    /// How long media are kept that no message names, or after their message could be sent at the latest. So long do links work.
    pub keep: Duration,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            public_url: None,
            size_max: 5 * 1024 * 1024,
            account_max: 1024 * 1024 * 1024,
            keep: Duration::from_hours(7 * 24),
        }
    }
}

/// The counter where doors and adapters bring and fetch media.
#[async_trait]
pub trait MediaDesk: Send + Sync {
    /// The limits.
    fn limits(&self) -> &MediaLimits;

    /// Keeps a medium that an account gave. `None` if the account has too much stored.
    async fn keep(
        &self,
        account: AccountId,
        kind: MediaType,
        octets: Vec<u8>,
    ) -> Result<Option<MediaItem>, StoreError>;

    /// Keeps a medium that a handset sent.
    async fn receive(
        &self,
        from: Option<Number>,
        kind: MediaType,
        octets: Vec<u8>,
    ) -> Result<MediaItem, StoreError>;

    /// A medium that hasn't expired. Who asks sees to whom it is shown.
    async fn find(&self, id: MessageId) -> Result<Option<Media>, StoreError>;

    /// Keeps media of an account for a message that is sent until then at the latest. Returns them in the same order; `None` where
    /// the account has no such.
    async fn hold(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError>;

    /// Makes a page of media that works as long as they are held.
    async fn make_page(
        &self,
        account: AccountId,
        token: PageToken,
        items: Box<[MessageId]>,
        until: Time,
    ) -> Result<(), StoreError>;

    /// The page with this token, if it hasn't expired.
    async fn page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError>;
}
