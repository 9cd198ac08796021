//! The chores: what must happen though nobody asks for it.

use crate::engine::Shared;
use postrider_core::contract::{Depths, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::route::{self, UpstreamId};
use postrider_core::time::Time;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often the chores are done.
const EVERY: Duration = Duration::from_secs(10);
/// How often those are done that look at whole tables, in rounds.
const SELDOM: u32 = 6;
/// How many messages one chore deals with at once.
const MOST: usize = 1_000;
/// Ended messages purged at once, small enough not to hold up the writer.
const PURGE_MOST: usize = 5_000;

/// Does the chores for as long as the gateway runs.
pub(crate) async fn chores(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for round in 0u32.. {
        ticks.tick().await;
        let done = do_all(&shared, round.is_multiple_of(SELDOM)).await;
        shared.store_is(done.as_ref().err());
        if let Err(error) = done {
            tracing::warn!(%error, "a chore was not done; it is tried again in {} s", EVERY.as_secs());
        }
    }
}

async fn do_all(shared: &Shared, seldom: bool) -> Result<(), StoreError> {
    show(shared, &shared.store.depths().await?);
    if !shared.fellows.leads() {
        return Ok(());
    }
    reroute(shared).await?;
    if seldom {
        expire(shared).await?;
        give_up(shared).await?;
        purge(shared).await?;
    }
    Ok(())
}

/// Ends what could not be sent in its time.
async fn expire(shared: &Shared) -> Result<(), StoreError> {
    loop {
        let overdue = shared.store.overdue(MOST, shared.clock.now()).await?;
        let complete = overdue.len() < MOST;
        happen_to_all(shared, overdue, &Event::Expired).await?;
        if complete {
            return Ok(());
        }
    }
}

/// Ends what was sent so long ago that no receipt will come.
async fn give_up(shared: &Shared) -> Result<(), StoreError> {
    loop {
        let before = shared.clock.now() - shared.settings.receipt_wait;
        let silent = shared.store.silent(before, MOST).await?;
        let complete = silent.len() < MOST;
        happen_to_all(shared, silent, &Event::Silent).await?;
        if complete {
            return Ok(());
        }
    }
}

/// Finds another way for what waits for an upstream that is no more.
async fn reroute(shared: &Shared) -> Result<(), StoreError> {
    let known: Vec<UpstreamId> = shared.rules.load().upstreams().map(|upstream| upstream.id).collect();
    let stranded = shared.store.stranded(known, MOST).await?;
    let mut lost = Vec::new();
    let mut moved = Vec::new();
    for mut delivery in stranded {
        let rules = shared.rules.load();
        match route::plan(&rules.table, delivery.message.to, 0, |upstream| shared.is_up(upstream)) {
            Some(plan) => {
                delivery.upstream = plan.upstream;
                moved.push(delivery);
            }
            None => lost.push(delivery),
        }
    }
    happen_to_all(shared, lost, &Event::Stranded).await?;
    for delivery in moved {
        if let Some(counter) = shared.counter(delivery.upstream) {
            counter.put(vec![delivery]);
        }
    }
    Ok(())
}

async fn purge(shared: &Shared) -> Result<(), StoreError> {
    let before = shared.clock.now() - shared.settings.keep;
    while shared.store.purge(before, PURGE_MOST).await? == PURGE_MOST {}
    Ok(())
}

async fn happen_to_all(shared: &Shared, deliveries: Vec<Delivery>, event: &Event) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    shared.happen(deliveries.into_iter().map(|delivery| (delivery, event.clone())).collect()).await
}

/// Shows how much waits.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
fn show(shared: &Shared, depths: &Depths) {
    let now: Time = shared.clock.now();
    let counters = shared.counters.read().unwrap_or_else(PoisonError::into_inner);
    for counter in counters.values() {
        let queued =
            depths.queued.iter().find(|(upstream, _)| *upstream == counter.id).map_or(0, |(_, n)| *n);
        let name = shared.name(counter.id);
        metrics::gauge!("postrider_queue_depth", "upstream" => name.clone()).set(queued as f64);
        metrics::gauge!("postrider_upstream_up", "upstream" => name)
            .set(f64::from(u8::from(counter.is_up())));
    }
    let age = depths.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
    metrics::gauge!("postrider_queue_oldest_age_seconds").set(age);
    metrics::gauge!("postrider_receipts_awaited").set(depths.awaited as f64);
    metrics::gauge!("postrider_unmatched_receipts").set(depths.parked as f64);
    metrics::gauge!("postrider_outbox_depth").set(depths.notices as f64);
    metrics::gauge!("postrider_store_bytes").set(depths.octets as f64);
}
