//! How many messages wait for an upstream, and whether it is full: then new messages go by another upstream of their route.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The limit of an upstream that is never full.
const NEVER: i64 = i64::MAX;

/// The messages that wait for an upstream: those of all nodes as the store counted them last, and what this node has done since.
#[derive(Debug)]
pub(crate) struct Backlog {
    waiting: AtomicI64,
    full_at: AtomicI64,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { waiting: AtomicI64::new(0), full_at: AtomicI64::new(NEVER) }
    }
}

impl Backlog {
    /// Takes on the limit that the rules say.
    pub(crate) fn limit(&self, full_at: Option<u32>) {
        self.full_at.store(full_at.map_or(NEVER, i64::from), Relaxed);
    }

    /// Takes on how many wait, as the store has counted them.
    pub(crate) fn counted(&self, waiting: u64) {
        self.waiting.store(waiting.try_into().unwrap_or(NEVER), Relaxed);
    }

    /// Takes note of a message that is planned for the upstream.
    pub(crate) fn planned(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    /// Takes note of messages that were given to the upstream.
    pub(crate) fn given(&self, messages: usize) {
        self.waiting.fetch_sub(messages.try_into().unwrap_or(0), Relaxed);
    }

    /// Whether no further message should wait for the upstream.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.load(Relaxed) >= self.full_at.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_full_from_its_limit_on_until_messages_leave() {
        let backlog = Backlog::default();
        backlog.counted(u64::MAX / 2);
        backlog.counted(1_000_000);
        assert!(!backlog.is_full(), "without a limit it never is");
        backlog.limit(Some(3));
        backlog.counted(2);
        assert!(!backlog.is_full());
        backlog.planned();
        assert!(backlog.is_full());
        backlog.given(1);
        assert!(!backlog.is_full());
        backlog.counted(7);
        assert!(backlog.is_full());
    }
}
