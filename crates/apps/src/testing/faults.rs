//! A store whose writes fail by the dice: before they are made, or after, when nobody hears of it. That is what a crash looks like
//! to whoever goes on afterwards.

use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppCount, AppFilter, AppKey, AppKind, AppRecord, AppStore, AppWrite, AppWritten, AudienceKey,
    RecipientCounts, RecipientResult, RecipientRow, RecipientStore, Store, StoreError, WantedRecipients,
};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The dice, and how often of a thousand a write fails.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    state: AtomicU64,
    of_thousand: AtomicU64,
}

impl Faults {
    /// Has so many of a thousand writes fail from now on, by this seed.
    pub(crate) fn set(&self, seed: u64, of_thousand: u64) {
        self.state.store(seed, Ordering::Relaxed);
        self.of_thousand.store(of_thousand, Ordering::Relaxed);
    }

    /// A number below a limit.
    pub(crate) fn roll(&self, limit: u64) -> u64 {
        // SplitMix64.
        let mut z = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    pub(crate) fn fails(&self) -> bool {
        self.roll(1_000) < self.of_thousand.load(Ordering::Relaxed)
    }

    /// Makes a write, or not, and tells of it, or not.
    async fn meet<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let crashed = || StoreError::Unavailable("the process is dead".into());
        if self.fails() {
            return Err(crashed());
        }
        let written = write.await;
        if self.fails() { Err(crashed()) } else { written }
    }
}

/// A store with faults.
pub(crate) struct Faulty {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) faults: Arc<Faults>,
}

#[async_trait]
impl AppStore for Faulty {
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError> {
        self.store.app_records(keys).await
    }

    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError> {
        self.store.list_app_records(filter).await
    }

    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError> {
        self.store.count_app_records(account, kind, label).await
    }

    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        self.faults.meet(self.store.write_app_records(writes, counts)).await
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.store.forget_app_records(now, most).await
    }
}

#[async_trait]
impl RecipientStore for Faulty {
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        recipients: Vec<(Number, Box<str>)>,
    ) -> Result<Vec<usize>, StoreError> {
        self.faults.meet(self.store.add_recipients(audience, recipients)).await
    }

    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        self.store.recipients(audience, wanted, after, limit).await
    }

    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> Result<(), StoreError> {
        self.faults.meet(self.store.note_results(audience, results)).await
    }

    async fn count_recipients(&self, audience: AudienceKey) -> Result<RecipientCounts, StoreError> {
        self.store.count_recipients(audience).await
    }

    async fn forget_recipients(&self, audience: AudienceKey, most: usize) -> Result<usize, StoreError> {
        self.store.forget_recipients(audience, most).await
    }

    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> Result<(), StoreError> {
        self.store.rewrite_recipients(audience, changes).await
    }

    async fn next_audience(&self, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, StoreError> {
        self.store.next_audience(after).await
    }
}
