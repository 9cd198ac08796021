//! When keys were used last: to the minute, since this node started, so that using one costs a look into a table.

use postrider_core::account::{AccountId, Key};
use postrider_core::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The accuracy of a time.
const COARSE: Duration = Duration::from_mins(1);

/// When accounts' keys were used last.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<AccountId, BTreeMap<Box<str>, Time>>>);

impl KeyUses {
    /// Takes note that a key is used now.
    pub(super) fn note(&self, account: AccountId, key: &Key, now: Time) {
        let mut uses = self.lock();
        let uses = uses.entry(account).or_default();
        match uses.get_mut(&key.name) {
            Some(last) if *last + COARSE > now => {}
            Some(last) => *last = now,
            None => drop(uses.insert(key.name.clone(), now)),
        }
    }

    /// The last uses of an account's keys, by their names.
    pub(super) fn of(&self, account: AccountId) -> BTreeMap<Box<str>, Time> {
        self.lock().get(&account).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, BTreeMap<Box<str>, Time>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_to_the_minute() {
        let (uses, account) = (KeyUses::default(), AccountId(1));
        let key = Key::unrestricted("main", [7; 32]);
        for (now, last) in [(5_000, 5_000), (64_999, 5_000), (65_000, 65_000)] {
            uses.note(account, &key, Time(now));
            assert_eq!(uses.of(account)["main"], Time(last));
        }
        assert!(uses.of(AccountId(2)).is_empty());
    }
}
