//! The chores: what must happen though nobody asks for it.

use crate::engine::Shared;
use postrider_core::contract::{Depths, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::patience::times_among;
use postrider_core::route::{self, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// How often those are done that look at whole tables, in rounds.
const SELDOM: u32 = 6;
/// How many rounds an upstream is down until what waits for it goes by another.
const GIVEN_UP: u32 = 3;
/// How many messages one chore deals with at once.
const MOST: usize = 1_000;
/// Ended messages purged at once, small enough not to hold up the writer.
const PURGE_MOST: usize = 5_000;

/// Does the chores for as long as the gateway runs.
pub(crate) async fn chores(shared: Arc<Shared>) {
    let every = shared.settings.chores_every;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut absent = Absent::default();
    for round in 0u32.. {
        ticks.tick().await;
        show_standing(&shared);
        if is_spared(&shared, round) {
            continue;
        }
        let done = do_all(&shared, &mut absent, round.is_multiple_of(SELDOM)).await;
        shared.store_is(done.as_ref().err());
        if let Err(error) = done {
            tracing::warn!(%error, "a chore was not done; it is tried again in {} s", every.as_secs());
        }
    }
}

/// Whether this node asks nothing of the store in this round: to count what waits is the same work whichever node wants to
/// know. One that takes the store for ill asks, to hear when it isn't any more.
fn is_spared(shared: &Shared, round: u32) -> bool {
    let fellows = &shared.fellows;
    !fellows.leads() && shared.is_store_well() && !round.is_multiple_of(times_among(fellows.count()))
}

async fn do_all(shared: &Shared, absent: &mut Absent, seldom: bool) -> Result<(), StoreError> {
    show(shared, &shared.store.depths().await?);
    if !shared.fellows.leads() {
        return Ok(());
    }
    reroute(shared, absent).await?;
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

/// Upstreams that are down, and for how many rounds they have been.
#[derive(Default)]
struct Absent(HashMap<UpstreamId, u32>);

impl Absent {
    /// Looks who is down in this round.
    fn look(&mut self, shared: &Shared, rules: &Rules) {
        let down: HashMap<UpstreamId, u32> = rules
            .upstreams()
            .filter(|upstream| !shared.is_up(upstream.id))
            .map(|upstream| (upstream.id, self.0.get(&upstream.id).map_or(1, |rounds| rounds + 1)))
            .collect();
        self.0 = down;
    }

    /// Whether what waits for it should go by another upstream, if one of its routes has one that is up.
    fn is_given_up(&self, shared: &Shared, rules: &Rules, upstream: UpstreamId) -> bool {
        let long = self.0.get(&upstream).is_some_and(|rounds| *rounds >= GIVEN_UP);
        let mut routes = rules.table.routes().iter().filter(|route| route.upstreams.contains(&upstream));
        long && routes.any(|route| route.upstreams.iter().any(|other| shared.is_up(*other)))
    }
}

/// Finds another way for what waits for an upstream that is no more, or has been down for a while.
async fn reroute(shared: &Shared, absent: &mut Absent) -> Result<(), StoreError> {
    let rules = shared.rules.load_full();
    absent.look(shared, &rules);
    let stay: Vec<UpstreamId> = rules
        .upstreams()
        .map(|upstream| upstream.id)
        .filter(|upstream| !absent.is_given_up(shared, &rules, *upstream))
        .collect();
    loop {
        let stranded = shared.store.stranded(stay.clone(), MOST).await?;
        let count = stranded.len();
        let mut moved = false;
        let mut events = Vec::with_capacity(count);
        for delivery in stranded {
            let plan = route::plan(&rules.table, delivery.message.to, 0, |upstream| shared.is_up(upstream));
            let event = plan.map_or(Event::Stranded, |plan| Event::Rerouted(plan.upstream));
            moved |= event != Event::Rerouted(delivery.upstream) && delivery.taken.count() == 0;
            events.push((delivery, event));
        }
        if !events.is_empty() {
            shared.happen(events).await?;
        }
        // What can't go elsewhere is found again and again.
        if count < MOST || !moved {
            return Ok(());
        }
    }
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

/// Shows what memory knows, also while the store can't be asked.
fn show_standing(shared: &Shared) {
    metrics::gauge!("postrider_leader").set(f64::from(u8::from(shared.fellows.leads())));
    let counters = shared.counters.read().unwrap_or_else(PoisonError::into_inner);
    for counter in counters.values() {
        counter.meters.show(&counter.standing());
    }
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
