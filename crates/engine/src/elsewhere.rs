//! What is known here of the links that other nodes have of an upstream.

use postrider_core::contract::Elsewhere as Heard;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Other nodes' links of one upstream.
#[derive(Default)]
pub(crate) struct Elsewhere {
    up: AtomicBool,
    /// When it was heard last that a node bound a link, and which, if it has told of no end since.
    bound: Mutex<(Option<Instant>, Option<u8>)>,
}

impl Elsewhere {
    /// Whether another node had a link that was up at its last beat; read by routing for every message.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Takes note of what nodes said at their last beats.
    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }

    /// What was heard of binds.
    pub(crate) fn heard(&self) -> Heard {
        let (bound, node) = *self.locked();
        Heard { bound, up: node.is_some() }
    }

    /// A node has bound a link just now.
    pub(crate) fn bound_by(&self, node: u8) {
        *self.locked() = (Some(Instant::now()), Some(node));
    }

    /// Such nodes have no link any more.
    pub(crate) fn unbound_by(&self, is_it: impl Fn(u8) -> bool) {
        self.locked().1.take_if(|node| is_it(*node));
    }

    fn locked(&self) -> MutexGuard<'_, (Option<Instant>, Option<u8>)> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_counts_until_its_node_tells_of_its_end_and_others_ends_dont_matter() {
        let elsewhere = Elsewhere::default();
        assert!(!elsewhere.heard().up);
        elsewhere.bound_by(2);
        elsewhere.bound_by(3);
        elsewhere.unbound_by(|node| node == 2);
        assert!(elsewhere.heard().up);
        elsewhere.unbound_by(|node| node == 3);
        assert!(!elsewhere.heard().up);
    }
}
