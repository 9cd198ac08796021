//! What is used of limits: told to the store, and so to all nodes, and heard from it.

use crate::clock::Clock;
use crate::counter::Counter;
use crate::limiting;
use crate::store_health::tell;
use crate::upstreams::Upstreams;
use postrider_core::contract::{Store, StoreError};
use postrider_core::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// How often nodes tell each other. A node that is killed forgets what it has used since.
const EVERY: Duration = Duration::from_secs(2);

/// Tells and hears for as long as the gateway runs.
pub(crate) async fn keep_telling(upstreams: Arc<Upstreams>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    loop {
        match exchange(&upstreams, &*store, clock.now()).await {
            Ok(()) => {}
            Err(StoreError::Superseded) => return,
            Err(error) => tell(&error, "can't keep what was used of limits; trying again"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Tells what was used here, and hears what all nodes have used. Without limits the store isn't asked.
pub(crate) async fn exchange(upstreams: &Upstreams, store: &dyn Store, now: Time) -> Result<(), StoreError> {
    limiting::exchange(upstreams, store, now).await?;
    exchange_of_upstreams(upstreams, store, now).await
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
