//! Parts that clients cut themselves and that were stored: which texts are to be looked at, and how many parts of accounts wait.

use postrider_core::account::AccountId;
use postrider_core::client_part::{COLLECTED_MAX, TextKey};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Texts that are looked at together.
const MOST: usize = 500;

/// The texts of which parts were stored, and how many parts wait.
#[derive(Default)]
pub(crate) struct Arrivals {
    texts: Mutex<VecDeque<TextKey>>,
    waiting: Mutex<BTreeMap<AccountId, u64>>,
    arrived: Notify,
}

impl Arrivals {
    /// Whether one more part of the account may wait.
    pub(crate) fn has_room(&self, account: AccountId) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&account).is_none_or(|waiting| *waiting < COLLECTED_MAX)
    }

    /// Takes note of parts that were stored.
    pub(crate) fn add(&self, parts: impl IntoIterator<Item = TextKey>) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for text in parts {
            *waiting.entry(text.account).or_default() += 1;
            texts.push_back(text);
        }
        drop((texts, waiting));
        self.arrived.notify_one();
    }

    /// Takes note that parts of an account wait no more.
    pub(crate) fn gone(&self, account: AccountId, parts: usize) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = waiting.get_mut(&account) {
            *waiting = waiting.saturating_sub(parts as u64);
        }
    }

    /// Sets how many parts wait, as the store counted them: other nodes store some too.
    pub(crate) fn recount(&self, counted: &[(AccountId, u64)]) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = counted.iter().copied().collect();
    }

    /// Takes out some texts of which parts were stored.
    pub(crate) fn take(&self) -> Vec<TextKey> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let most = texts.len().min(MOST);
        texts.drain(..most).collect()
    }

    /// Gives texts back that couldn't be looked at.
    pub(crate) fn put_back(&self, keys: Vec<TextKey>) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        keys.into_iter().rev().for_each(|key| texts.push_front(key));
    }

    /// Waits until parts of some text were stored.
    pub(crate) async fn some(&self) {
        while self.texts.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            self.arrived.notified().await;
        }
    }
}
