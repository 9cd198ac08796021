//! The removal of texts and records whose time is over, account by account, as far as their retention differs from the node's; and
//! filters for searches of what stays.

use postrider_core::account::AccountId;
use postrider_core::contract::{Outdated, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::retention::Kept;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// Messages looked at, or forgotten, at once: few enough not to hold up the writer.
const BATCH: usize = 5_000;
/// Lines of the audit log that are removed at once.
const LINES: usize = 100_000;
/// Media that are deleted at once: each may have megabytes.
const MEDIA: usize = 50;
/// Batches of one account in one round. What is left is done in the next.
const BATCHES_MOST: usize = 200;

/// Messages of a block that has a filter for searches. Stores keep filters, so it stays as it is.
const BLOCK: usize = 65_536;
/// How long ago the messages of a block were accepted: long enough for the clocks of all nodes to agree on it.
const BLOCK_AGE: Duration = Duration::from_hours(2);
/// Filters that are made in one round.
const BLOCKS_MOST: usize = 50;

/// One round of removal.
pub(crate) struct Tidying<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) rules: Arc<Rules>,
    /// How long texts and records are kept of accounts that don't say it.
    pub(crate) kept: Kept,
    /// How long lines of the audit log are kept.
    pub(crate) audit_kept: Duration,
}

impl Tidying<'_> {
    /// Removes what is too old at this time.
    pub(crate) async fn tidy(&self, now: Time) -> Result<(), StoreError> {
        self.store.forget_lines(now - self.audit_kept, now, LINES).await?;
        self.reseal().await?;
        self.summarize(now).await?;
        self.forget_counted(now).await?;
        while self.store.purge_media(now, MEDIA).await? == MEDIA {}
        let accounts = self.accounts().await?;
        let longest = accounts.iter().map(|(_, kept)| kept.records).max().unwrap_or(self.kept.records);
        while self.store.purge(now - longest, BATCH).await? == BATCH {}
        for (account, kept) in accounts {
            let outdated = |age| outdated(account, now, age);
            if kept.records < longest {
                let removed = self.batches(outdated(kept.records), Removal::Records).await?;
                count("records", removed);
            }
            if kept.texts < kept.records {
                let removed = self.batches(outdated(kept.texts), Removal::Texts).await?;
                count("texts", removed);
            }
        }
        Ok(())
    }

    /// Forgets messages that count no more.
    async fn forget_counted(&self, now: Time) -> Result<(), StoreError> {
        let longest = self.rules.accounts().filter_map(|account| account.policy.counts_for()).max();
        let before = now - longest.unwrap_or_default();
        while self.store.forget_counted(before, BATCH).await? == BATCH {}
        Ok(())
    }

    /// Makes filters of messages, by which searches pass over blocks of them.
    async fn summarize(&self, now: Time) -> Result<(), StoreError> {
        for _ in 0..BLOCKS_MOST {
            if !self.store.summarize(now - BLOCK_AGE, BLOCK).await? {
                break;
            }
        }
        Ok(())
    }

    /// Encrypts anew what is encrypted with another key than new values are.
    async fn reseal(&self) -> Result<(), StoreError> {
        for _ in 0..BATCHES_MOST {
            if self.store.reseal(BATCH).await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Accounts, deleted ones too, and nobody, with how long their texts and records are kept.
    async fn accounts(&self) -> Result<Vec<(Option<AccountId>, Kept)>, StoreError> {
        let kept = |id| self.rules.account(id).map_or(self.kept, |account| self.kept.of(&account.retention));
        let accounts = self.store.accounts().await?;
        let accounts = accounts.into_iter().map(|id| (Some(id), kept(id)));
        Ok(accounts.chain([(None, self.kept)]).collect())
    }

    async fn batches(&self, outdated: Outdated, removal: Removal) -> Result<usize, StoreError> {
        let mut removed = 0;
        for _ in 0..BATCHES_MOST {
            let batch = match removal {
                Removal::Records => self.store.forget(outdated).await?,
                Removal::Texts => self.store.redact(outdated).await?,
            };
            removed += batch;
            if batch < BATCH {
                break;
            }
        }
        Ok(removed)
    }
}

/// What is removed.
#[derive(Clone, Copy)]
enum Removal {
    Records,
    Texts,
}

fn outdated(account: Option<AccountId>, now: Time, age: Duration) -> Outdated {
    Outdated { account, before: MessageId::first_at(now - age), most: BATCH }
}

fn count(what: &'static str, removed: usize) {
    metrics::counter!("postrider_retention_removed_total", "what" => what).increment(removed as u64);
}
