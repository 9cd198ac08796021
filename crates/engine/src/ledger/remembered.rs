//! A bounded memory of the ledger.

use crate::naming::PartKey;
use postrider_core::route::UpstreamId;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map that forgets its oldest entries when it is full.
pub(super) struct Remembered<T, K = PartKey> {
    most: usize,
    entries: HashMap<K, (u64, T)>,
    order: VecDeque<(u64, K)>,
    stamp: u64,
}

impl<T, K: Clone + Eq + Hash> Remembered<T, K> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new(), order: VecDeque::new(), stamp: 0 }
    }

    pub(super) fn insert(&mut self, name: K, value: T) {
        self.stamp += 1;
        self.order.push_back((self.stamp, name.clone()));
        self.entries.insert(name, (self.stamp, value));
        // Entries that were taken out leave their place in the order behind: it is swept as it ages.
        while self.order.len() > self.most * 2 || self.entries.len() > self.most {
            let Some((stamp, name)) = self.order.pop_front() else { break };
            if self.entries.get(&name).is_some_and(|(current, _)| *current == stamp) {
                self.entries.remove(&name);
            }
        }
    }

    pub(super) fn remove(&mut self, name: &K) -> Option<T> {
        self.entries.remove(name).map(|(_, value)| value)
    }

    pub(super) fn get(&self, name: &K) -> Option<&T> {
        self.entries.get(name).map(|(_, value)| value)
    }

    pub(super) fn contains(&self, name: &K) -> bool {
        self.entries.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Remembered<T> {
    /// The entries of one upstream, the oldest first.
    pub(super) fn of(&self, upstream: UpstreamId) -> impl Iterator<Item = &T> {
        let mut found: Vec<_> = self.entries.iter().filter(|((of, _), _)| *of == upstream).collect();
        found.sort_unstable_by_key(|(_, (stamp, _))| *stamp);
        found.into_iter().map(|(_, (_, value))| value)
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
