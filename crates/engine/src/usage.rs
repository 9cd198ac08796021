//! What is used of limits: told to the store, and so to all nodes, and heard from it.

mod limits;

use crate::clock::Clock;
use crate::counter::Counter;
use crate::known_numbers::KnownNumbers;
use crate::peers::Peers;
use crate::store_health::tell;
use crate::submissions::Submissions;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::contract::{Store, StoreError};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How often nodes tell each other. A node that is killed forgets what it has used since.
const EVERY: Duration = Duration::from_secs(2);

/// The task that tells and hears, and the parts that it works with.
pub(crate) struct Telling {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) submissions: Arc<Submissions>,
    pub(crate) known_numbers: Arc<KnownNumbers>,
    /// Called when limits may be new: until it is known what was used of them nothing may be.
    pub(crate) soon: Arc<Notify>,
}

impl Telling {
    /// Tells and hears for as long as the gateway runs.
    pub(crate) async fn keep_telling(self) {
        loop {
            match self.exchange().await {
                Ok(()) => {}
                Err(StoreError::Superseded) => return,
                Err(error) => tell(&error, "can't keep what was used of limits; trying again"),
            }
            tokio::select! {
                biased;
                () = self.soon.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Tells what was used here, and hears what all nodes have used. Without limits the store isn't asked.
    pub(crate) async fn exchange(&self) -> Result<(), StoreError> {
        let (store, now) = (&*self.store, self.clock.now());
        limits::exchange(&self.upstreams, store, now).await?;
        self.submissions.quotas.exchange(&self.rules.load_full(), &self.peers, store, now).await?;
        let nodes = u32::try_from(self.peers.count().max(1)).unwrap_or(u32::MAX);
        self.known_numbers.exchange(&self.rules.load_full(), 1.0 / f64::from(nodes), now).await?;
        exchange_of_upstreams(&self.upstreams, store, now).await
    }
}

async fn exchange_of_upstreams(
    upstreams: &Upstreams,
    store: &dyn Store,
    now: Time,
) -> Result<(), StoreError> {
    let limited: Vec<(Arc<Counter>, Vec<Box<str>>)> =
        upstreams.all().into_iter().map(|counter| (Arc::clone(&counter), counter.limits())).collect();
    let limited: Vec<_> = limited.into_iter().filter(|(_, limits)| !limits.is_empty()).collect();
    if limited.is_empty() {
        return Ok(());
    }
    let untold: Vec<_> = limited.iter().map(|(counter, _)| counter.take_untold()).collect();
    let used: Vec<_> = limited
        .iter()
        .zip(&untold)
        .flat_map(|((counter, _), untold)| untold.iter().map(|it| counter.used(it)))
        .collect();
    if !used.is_empty()
        && let Err(error) = store.add_used(used, now).await
    {
        limited.iter().zip(untold).for_each(|((counter, _), untold)| counter.put_back_untold(untold));
        return Err(error);
    }
    let all = store.used(limited.iter().flat_map(|(_, limits)| limits.clone()).collect(), now).await?;
    limited.iter().for_each(|(counter, _)| counter.hear_used(&all, now));
    Ok(())
}
