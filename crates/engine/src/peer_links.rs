//! The links that other nodes have of an upstream, as far as this node knows them.

use postrider_core::contract::RemoteLinks;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Other nodes' links of one upstream.
#[derive(Default)]
pub(crate) struct PeerLinks {
    up: AtomicBool,
    /// When a node was last heard to bind a link, and which node, if it has told of no end since.
    bound: Mutex<(Option<Instant>, Option<u8>)>,
}

impl PeerLinks {
    /// Whether another node had a link that was up at its last beat; read by routing for every message.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Takes note of what nodes said at their last beats.
    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }

    /// The links that other nodes told of.
    pub(crate) fn heard(&self) -> RemoteLinks {
        let (bound, node) = *self.locked();
        RemoteLinks { bound: bound.map(Instant::into_std), up: node.is_some() }
    }

    /// A node has bound a link just now.
    pub(crate) fn bound_by(&self, node: u8, now: Instant) {
        *self.locked() = (Some(now), Some(node));
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
    #![expect(
        clippy::disallowed_methods,
        reason = "a virtual clock starts at a real moment; there is no other"
    )]

    use super::*;

    #[test]
    fn a_bind_counts_until_its_node_tells_of_its_end_and_others_ends_dont_matter() {
        let links = PeerLinks::default();
        let now = Instant::now();
        assert!(!links.heard().up);
        links.bound_by(2, now);
        links.bound_by(3, now);
        links.unbound_by(|node| node == 2);
        assert!(links.heard().up);
        links.unbound_by(|node| node == 3);
        assert!(!links.heard().up);
    }
}
