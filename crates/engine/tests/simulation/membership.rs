//! One process among the nodes: what it asks of the others, over the same way to the store.

use crate::access::Access;
use crate::life::Life;
use crate::nodes::Registry;
use crate::scenario::Plant;
use async_trait::async_trait;
use postrider_core::contract::{Store, StoreError};
use postrider_core::delivery::Delivery;
use postrider_core::node::{Lease, Muster, News, Nodes, Presence};
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// How long any question may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The nodes that a process is one of.
pub(crate) struct Company {
    pub(crate) registry: Arc<Registry>,
    epoch: u64,
    /// Which of its lives the process knows of.
    life: Mutex<Option<Time>>,
    heard: tokio::sync::Mutex<UnboundedReceiver<News>>,
}

impl Company {
    /// Joins the others, as the node whose number this life has.
    pub(crate) fn join(registry: &Arc<Registry>, life: &Arc<Life>) -> Self {
        let (epoch, heard) = registry.join(life);
        Self {
            registry: Arc::clone(registry),
            epoch,
            life: Mutex::default(),
            heard: tokio::sync::Mutex::new(heard),
        }
    }

    /// Whether the process still is the node.
    ///
    /// # Errors
    /// When another has its place.
    pub(crate) fn check(&self, number: u8) -> Result<(), StoreError> {
        self.registry.check(number, self.epoch)
    }

    /// Leaves the others in order.
    pub(crate) fn leave(&self, number: u8) {
        self.registry.leave(number, self.epoch);
    }
}

impl Access {
    async fn arrive_in_time(&self) -> Result<(), StoreError> {
        let late = |_| Err(StoreError::Unavailable("it does not answer".into()));
        timeout(PATIENCE, self.arrive()).await.unwrap_or_else(late)
    }
}

#[async_trait]
impl Nodes for Access {
    fn number(&self) -> u8 {
        self.life.node
    }

    fn is_alone(&self) -> bool {
        self.company.is_none()
    }

    async fn beat(&self, presence: &Presence) -> Result<Muster, StoreError> {
        if self.life.is_over() {
            // A dead process does nothing; this ends what the engine has begun.
            return Err(StoreError::Superseded);
        }
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return self.store.beat(presence).await };
        let beat = company.registry.beat(self.life.node, presence);
        let before = company.life.lock().unwrap_or_else(PoisonError::into_inner).replace(beat.life);
        let was_dead = before.is_some_and(|before| before != beat.life);
        if was_dead {
            self.died([self.life.node]);
        }
        let mut nodes = beat.nodes;
        if self.plant == Some(Plant::SharedBind) {
            nodes.iter_mut().filter(|node| node.number != self.life.node).for_each(|node| node.holds.clear());
        }
        Ok(Muster { now: beat.now, was_dead, nodes })
    }

    async fn hold(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, StoreError> {
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return self.store.hold(leases).await };
        let others = self.plant == Some(Plant::SharedBind);
        Ok(company.registry.hold(self.life.node, leases, others))
    }

    async fn let_go(&self, leases: Vec<Lease>) -> Result<(), StoreError> {
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return self.store.let_go(leases).await };
        company.registry.let_go(self.life.node, &leases);
        Ok(())
    }

    async fn rescue(&self) -> Result<usize, StoreError> {
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return Ok(0) };
        let (dead, rescued) = company.registry.rescue(self.life.node);
        self.died(dead);
        Ok(rescued)
    }

    async fn matched(&self, most: usize) -> Result<Vec<(UpstreamId, Report)>, StoreError> {
        self.arrive_in_time().await?;
        let parked = self.store.parked(usize::MAX).await?;
        let names = parked.iter().map(|parked| (parked.upstream, parked.key.clone())).collect();
        let found = self.store.find(names).await?;
        let known = parked.into_iter().zip(found).filter(|(_, found)| found.is_some());
        Ok(known.map(|(parked, _)| (parked.upstream, parked.report)).take(most).collect())
    }

    async fn gathered(&self, most: usize) -> Result<Vec<Delivery>, StoreError> {
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return Ok(Vec::new()) };
        let mut deliveries = Vec::new();
        for (message, name) in company.registry.gathered().into_iter().take(most) {
            match self.store.find(vec![name]).await?.pop().flatten() {
                Some((delivery, _)) => deliveries.push(delivery),
                None => company.registry.scatter(message),
            }
        }
        Ok(deliveries)
    }

    async fn living(&self) -> Result<Vec<(u8, u64)>, StoreError> {
        self.arrive_in_time().await?;
        let Some(company) = &self.company else { return Ok(Vec::new()) };
        let nodes = company.registry.nodes();
        Ok(nodes.into_iter().map(|node| (node.number, node.presence.consent)).collect())
    }

    async fn news(&self) -> News {
        let Some(company) = &self.company else { return std::future::pending().await };
        let news = company.heard.lock().await.recv().await;
        match news {
            Some(news) if !self.life.is_over() => news,
            _ => std::future::pending().await,
        }
    }

    fn tell(&self, news: Vec<News>) {
        if let Some(company) = self.company.as_ref().filter(|_| !self.life.is_over()) {
            company.registry.tell(self.life.node, news);
        }
    }
}
