//! Limits at the door: of an account's sessions.

use postrider_core::account::AccountId;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts sessions.
#[derive(Default)]
pub(crate) struct Gate {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    sessions: HashMap<AccountId, usize>,
}

/// The place of an account's session, free again when this is dropped.
pub(crate) struct Seat {
    counts: Arc<Mutex<Counts>>,
    account: AccountId,
}

impl Gate {
    /// A place for a session of this account, if it has one of `most` left.
    pub(crate) fn open(&self, account: AccountId, most: u32) -> Option<Seat> {
        let mut counts = lock(&self.counts);
        let count = counts.sessions.entry(account).or_default();
        if *count >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        *count += 1;
        Some(Seat { counts: Arc::clone(&self.counts), account })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        leave(&mut lock(&self.counts).sessions, &self.account);
    }
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_limited_by_account() {
        let gate = Gate::default();
        let one = gate.open(AccountId(1), 1).unwrap();
        assert!(gate.open(AccountId(1), 1).is_none());
        assert!(gate.open(AccountId(2), 1).is_some());
        drop(one);
        assert!(gate.open(AccountId(1), 1).is_some());
    }
}
