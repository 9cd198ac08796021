//! A bounded memory of the ledger.

use crate::naming::PartKey;
use hashbrown::{DefaultHashBuilder, HashTable};
use postrider_core::route::UpstreamId;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};

/// A map that forgets its oldest entries when it is full.
///
/// Several entries a message come and go here, so the order in which they came holds no keys: an entry is found again by the
/// hash of its key, and its stamp.
pub(super) struct Remembered<T, K = PartKey> {
    most: usize,
    hasher: DefaultHashBuilder,
    entries: HashTable<Entry<T, K>>,
    /// Stamps, and hashes of keys, the oldest first. Entries that were taken out leave their place behind; it is swept as it
    /// ages.
    order: VecDeque<(u64, u64)>,
    stamp: u64,
}

struct Entry<T, K> {
    stamp: u64,
    key: K,
    value: T,
}

impl<T, K: Eq + Hash> Remembered<T, K> {
    pub(super) fn new(most: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self { most, hasher, entries: HashTable::new(), order: VecDeque::new(), stamp: 0 }
    }

    pub(super) fn insert(&mut self, key: K, value: T) {
        self.stamp += 1;
        let (stamp, hash) = (self.stamp, self.hasher.hash_one(&key));
        self.order.push_back((stamp, hash));
        let entry = Entry { stamp, key, value };
        match self.entries.find_mut(hash, |known| known.key == entry.key) {
            Some(known) => *known = entry,
            None => {
                let hasher = &self.hasher;
                self.entries.insert_unique(hash, entry, |entry| hasher.hash_one(&entry.key));
            }
        }
        while self.order.len() > self.most * 2 || self.entries.len() > self.most {
            let Some((stamp, hash)) = self.order.pop_front() else { break };
            if let Ok(oldest) = self.entries.find_entry(hash, |entry| entry.stamp == stamp) {
                oldest.remove();
            }
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<T> {
        let found = self.entries.find_entry(self.hasher.hash_one(key), |entry| entry.key == *key).ok()?;
        Some(found.remove().0.value)
    }

    pub(super) fn get(&self, key: &K) -> Option<&T> {
        self.entries.find(self.hasher.hash_one(key), |entry| entry.key == *key).map(|entry| &entry.value)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Forgets all entries but these.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.entries.retain(|entry| keep(&entry.value));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Remembered<T> {
    /// The entries of one upstream, the oldest first.
    pub(super) fn of(&self, upstream: UpstreamId) -> impl Iterator<Item = &T> {
        let mut found: Vec<_> = self.entries.iter().filter(|entry| entry.key.0 == upstream).collect();
        found.sort_unstable_by_key(|entry| entry.stamp);
        found.into_iter().map(|entry| &entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: usize) -> PartKey {
        (UpstreamId(1), n.to_string().into())
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut memory = Remembered::new(10);
        for n in 0..1_000 {
            memory.insert(name(n), n);
            if n % 3 == 0 {
                assert_eq!(memory.remove(&name(n)), Some(n));
            }
            assert!(memory.entries.len() <= 10 && memory.order.len() <= 20);
        }
        assert_eq!(memory.remove(&name(1)), None);
        assert_eq!(memory.remove(&name(998)), Some(998));
    }

    #[test]
    fn a_name_that_comes_again_is_a_new_entry() {
        let mut memory = Remembered::new(3);
        memory.insert(name(1), "old");
        memory.remove(&name(1));
        memory.insert(name(1), "new");
        memory.insert(name(2), "x");
        memory.insert(name(3), "y");
        assert!(memory.contains(&name(1)));
        memory.insert(name(4), "z");
        assert!(!memory.contains(&name(1)));
    }
}
