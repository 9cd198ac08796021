//! Nodes: an embedded store has one, which holds every lease.

use super::Sqlite;
use crate::clock;
use async_trait::async_trait;
use postrider_core::contract::StoreError;
use postrider_core::delivery::Delivery;
use postrider_core::node::{Lease, Muster, News, Node, Nodes, Presence};
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The leases of the one node.
#[derive(Default)]
pub(super) struct Held(Mutex<BTreeSet<Lease>>);

impl Held {
    fn change<T>(&self, change: impl FnOnce(&mut BTreeSet<Lease>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Nodes for Sqlite {
    fn number(&self) -> u8 {
        self.settings.node
    }

    fn is_alone(&self) -> bool {
        true
    }

    async fn beat(&self, presence: &Presence) -> Result<Muster, StoreError> {
        let now = clock::now();
        let holds = self.held.change(|held| held.iter().copied().collect());
        let node = Node {
            number: self.settings.node,
            since: self.opened,
            beaten: now,
            presence: presence.clone(),
            holds,
        };
        Ok(Muster { now, was_dead: false, nodes: vec![node] })
    }

    async fn hold(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, StoreError> {
        self.held.change(|held| held.extend(leases.iter().copied()));
        Ok(leases)
    }

    async fn let_go(&self, leases: Vec<Lease>) -> Result<(), StoreError> {
        self.held.change(|held| held.retain(|lease| !leases.contains(lease)));
        Ok(())
    }

    async fn rescue(&self) -> Result<usize, StoreError> {
        Ok(0)
    }

    /// One ledger sees every receipt, and matches early ones itself.
    async fn matched(&self, _most: usize) -> Result<Vec<(UpstreamId, Report)>, StoreError> {
        Ok(Vec::new())
    }

    /// One ledger sees every receipt, and every end.
    async fn gathered(&self, _most: usize) -> Result<Vec<Delivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn news(&self) -> News {
        std::future::pending().await
    }

    fn tell(&self, _news: Vec<News>) {}
}
