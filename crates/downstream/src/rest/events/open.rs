//! Open streams, and how many there may be.

use postrider_core::principal::Viewer;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Streams open at once on a node.
pub(super) const IN_ALL_MAX: usize = 1_000;
/// Streams open at once of one account, or of all administrators.
pub(super) const OF_ONE_MAX: usize = 20;

/// The streams that are open.
pub struct OpenStreams {
    are_kept: bool,
    open: Arc<Mutex<BTreeMap<Option<u32>, usize>>>,
}

impl OpenStreams {
    /// No stream is open yet. `are_kept` says whether the store keeps events.
    #[must_use]
    pub fn new(are_kept: bool) -> Self {
        Self { are_kept, open: Arc::default() }
    }

    /// Whether the store keeps events.
    pub(in crate::rest) const fn are_kept(&self) -> bool {
        self.are_kept
    }

    /// A place for a stream; `None` if there are too many.
    pub(super) fn open(&self, viewer: Viewer) -> Option<Place> {
        let who = viewer.account().map(|account| account.0);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let in_all: usize = open.values().sum();
        let of_one = open.get(&who).copied().unwrap_or(0);
        if in_all >= IN_ALL_MAX || of_one >= OF_ONE_MAX {
            return None;
        }
        open.insert(who, of_one + 1);
        drop(open);
        metrics::gauge!("postrider_event_streams").increment(1);
        Some(Place { who, open: Arc::clone(&self.open) })
    }
}

/// The place of an open stream, until this is dropped.
pub(super) struct Place {
    who: Option<u32>,
    open: Arc<Mutex<BTreeMap<Option<u32>, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.who) {
            Some(of_one) if *of_one > 1 => *of_one -= 1,
            _ => drop(open.remove(&self.who)),
        }
        metrics::gauge!("postrider_event_streams").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::account::AccountId;

    #[test]
    fn streams_of_one_account_leave_room_for_others() {
        let streams = OpenStreams::new(true);
        let own = Viewer::Account(AccountId(1));
        let mut places: Vec<_> = (0..OF_ONE_MAX).map(|_| streams.open(own).unwrap()).collect();
        assert!(streams.open(own).is_none());
        let other = streams.open(Viewer::Account(AccountId(2))).unwrap();
        let administrator = streams.open(Viewer::Everything).unwrap();
        places.pop();
        assert!(streams.open(own).is_some(), "the place of a stream that ended is free");
        drop((places, other, administrator));
        assert!(streams.open.lock().unwrap().is_empty());
    }

    #[test]
    fn a_node_has_a_limit() {
        let streams = OpenStreams::new(true);
        let accounts = (0u32..).map(|n| Viewer::Account(AccountId(n / 10)));
        let places: Vec<_> = accounts.map_while(|viewer| streams.open(viewer)).collect();
        assert_eq!(places.len(), IN_ALL_MAX);
    }
}
