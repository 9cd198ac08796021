//! How many messages wait for an upstream, and whether it is full: then new messages go by another upstream of their route.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The limit of an upstream that is never full.
const NEVER: i64 = i64::MAX;

/// The messages that wait for an upstream: those of all nodes as the store counted them last, and what this node has done since
/// that count began. Messages that were being stored just then are missing until the next count.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// Messages that were planned here for the upstream, less those that were given to it; its changes count alone.
    moved: AtomicI64,
    /// That sum when the count under way began.
    mark: AtomicI64,
    /// What `moved` is added to: the messages that waited at the last count.
    base: AtomicI64,
    full_at: AtomicI64,
    /// Parts that are left of its limits of a day and a month.
    left: AtomicI64,
}

impl Default for Backlog {
    fn default() -> Self {
        let [moved, mark, base] = [0, 0, 0].map(AtomicI64::new);
        let [full_at, left] = [NEVER, NEVER].map(AtomicI64::new);
        Self { moved, mark, base, full_at, left }
    }
}

impl Backlog {
    /// Takes on the limit that the rules say.
    pub(crate) fn limit(&self, full_at: Option<u32>) {
        self.full_at.store(full_at.map_or(NEVER, i64::from), Relaxed);
    }

    /// The store is about to count what waits.
    pub(crate) fn begin_count(&self) {
        self.mark.store(self.moved.load(Relaxed), Relaxed);
    }

    /// Takes on how many wait, as the store has counted them.
    pub(crate) fn counted(&self, waiting: u64) {
        let waiting = i64::try_from(waiting).unwrap_or(NEVER);
        self.base.store(waiting.saturating_sub(self.mark.load(Relaxed)), Relaxed);
    }

    /// Takes note of a message that is planned for the upstream.
    pub(crate) fn planned(&self) {
        self.moved.fetch_add(1, Relaxed);
    }

    /// Takes on how many parts are left of its limits of a day and a month.
    pub(crate) fn set_left(&self, parts: u64) {
        self.left.store(parts.try_into().unwrap_or(NEVER), Relaxed);
    }

    /// Takes note of messages that were given to the upstream, and of their parts.
    pub(crate) fn given(&self, messages: usize, parts: usize) {
        self.moved.fetch_sub(messages.try_into().unwrap_or(0), Relaxed);
        if self.left.load(Relaxed) != NEVER {
            self.left.fetch_sub(parts.try_into().unwrap_or(0), Relaxed);
        }
    }

    /// The messages that wait.
    fn waiting(&self) -> i64 {
        self.base.load(Relaxed).saturating_add(self.moved.load(Relaxed))
    }

    /// Whether nothing is left of its limits of a day and a month.
    pub(crate) fn has_none_left(&self) -> bool {
        self.left.load(Relaxed) <= 0
    }

    /// Whether no further message should wait for the upstream.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= self.full_at.load(Relaxed).min(self.left.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_full_from_its_limit_on_until_messages_leave() {
        let backlog = Backlog::default();
        backlog.counted(1_000_000);
        assert!(!backlog.is_full(), "without a limit it never is");
        backlog.limit(Some(3));
        backlog.counted(2);
        assert!(!backlog.is_full());
        backlog.planned();
        assert!(backlog.is_full());
        backlog.given(1, 1);
        assert!(!backlog.is_full());
        backlog.counted(7);
        assert!(backlog.is_full());
    }

    #[test]
    fn an_upstream_is_full_when_what_waits_uses_up_its_day() {
        let backlog = Backlog::default();
        backlog.set_left(3);
        backlog.counted(2);
        assert!(!backlog.is_full());
        backlog.planned();
        assert!(backlog.is_full());
        backlog.given(3, 3);
        assert!(backlog.is_full() && backlog.has_none_left(), "nothing waits, and nothing is left");
        backlog.set_left(u64::MAX);
        assert!(!backlog.is_full());
    }

    #[test]
    fn what_happens_while_the_store_counts_is_added_to_its_count() {
        let backlog = Backlog::default();
        backlog.limit(Some(10));
        (0..4).for_each(|_| backlog.planned());
        backlog.begin_count();
        (0..3).for_each(|_| backlog.planned());
        backlog.given(1, 1);
        backlog.counted(4);
        assert_eq!(backlog.waiting(), 6);
        backlog.given(5, 5);
        assert_eq!(backlog.waiting(), 1);
    }
}
