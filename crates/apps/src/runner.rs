//! The node that works on something that any node may work on: a run, or an action on many messages.

use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the node that works on something has it for itself after it was heard of last.
const HELD: Duration = Duration::from_secs(15);
/// The rest of that time, in milliseconds, in which a node says anew that it works on it.
const RENEWED: i64 = 5_000;

/// The node that works on something, and until when it does so alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Runner {
    pub(crate) node: u64,
    /// In milliseconds of Unix time.
    pub(crate) until: i64,
}

impl Runner {
    /// A node that takes it up now.
    pub(crate) fn new(node: u64, now: Time) -> Self {
        Self { node, until: (now + HELD).0 }
    }

    /// Whether another node than this one works on it.
    pub(crate) const fn is_other(self, node: u64, now: Time) -> bool {
        self.node != node && now.0 < self.until
    }

    /// Whether this node works on it, and need not say so again.
    pub(crate) const fn holds(self, node: u64, now: Time) -> bool {
        self.node == node && now.0 + RENEWED < self.until
    }
}
