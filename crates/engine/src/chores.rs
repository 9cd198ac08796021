//! The chores: what must happen though nobody asks for it.

use crate::archive::Records;
use crate::arrivals::Arrivals;
use crate::clock::{Clock, instant};
use crate::gauges::{show_depths, show_standing};
use crate::inbox::Inbox;
use crate::peers::Peers;
use crate::rerouting::Rerouting;
use crate::resuming::{EndedPauses, Resuming};
use crate::retention::Tidying;
use crate::store_health::{StoreHealth, tell};
use crate::traffic::Counted;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::contract::{Store, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::patience::times_among;
use postrider_core::retention::Kept;
use postrider_core::rules::Rules;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// How often those are done that look at whole tables, in rounds.
const SELDOM: u32 = 6;
/// What waits is counted at most this small a share of the time, as its divisor.
const COUNT_SHARE: u32 = 50;
/// Messages that one chore deals with at once.
const MOST: usize = 1_000;

/// Pages of the stream of events that are purged at once.
const EVENTS_MOST: usize = 5_000;

/// The task that does the chores, and the parts that it works with.
pub(crate) struct Chores {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<StoreHealth>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) records: Arc<Records>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) counted: Arc<Counted>,
    pub(crate) ended_pauses: Arc<EndedPauses>,
    /// How often the chores are done.
    pub(crate) every: Duration,
    /// How long a receipt is waited for.
    pub(crate) receipt_wait: Duration,
    /// How long texts and records are kept of accounts that don't say it.
    pub(crate) kept: Kept,
    /// How long lines of the audit log are kept.
    pub(crate) audit_kept: Duration,
    /// How long the stream of events is kept.
    pub(crate) keep_events: Duration,
}

/// Walks through the queue that go on from round to round.
struct Walks {
    /// When what waits is counted again.
    count_again: Instant,
    rerouting: Rerouting,
    resuming: Resuming,
}

impl Chores {
    /// Does the chores for as long as the gateway runs.
    pub(crate) async fn keep_doing(self) {
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let resuming = Resuming::new(Arc::clone(&self.records), Arc::clone(&self.ended_pauses));
        let mut walks = Walks { count_again: instant(), rerouting: self.rerouting(), resuming };
        for round in 0u32.. {
            ticks.tick().await;
            show_standing(&self.peers, &self.upstreams);
            if self.is_spared(round) {
                continue;
            }
            let done = self.do_all(&mut walks, round.is_multiple_of(SELDOM)).await;
            // What reads well may not be written.
            let checked = match &done {
                Ok(()) => self.store.check().await.map(drop),
                Err(error) => Err(error.clone()),
            };
            self.health.set(checked.as_ref().err());
            if let Err(error) = done {
                tell(&error, "a chore was not done; it is tried again soon");
            }
        }
    }

    fn rerouting(&self) -> Rerouting {
        let (store, rules) = (Arc::clone(&self.store), Arc::clone(&self.rules));
        Rerouting::new(store, rules, Arc::clone(&self.upstreams), Arc::clone(&self.inbox))
    }

    /// Whether this node asks nothing of the store in this round: to count what waits is the same work whichever node wants
    /// to know. One that takes the store for ill asks, to hear when it isn't any more.
    fn is_spared(&self, round: u32) -> bool {
        let is_well = self.health.trouble().is_none();
        !self.peers.leads() && is_well && !round.is_multiple_of(times_among(self.peers.count()))
    }

    async fn do_all(&self, walks: &mut Walks, seldom: bool) -> Result<(), StoreError> {
        if instant() >= walks.count_again {
            let started = instant();
            self.count_depths().await?;
            walks.count_again = instant() + started.elapsed() * COUNT_SHARE;
        }
        walks.resuming.go_on(&self.rules.load_full(), self.clock.now()).await?;
        if !self.peers.leads() {
            return Ok(());
        }
        walks.rerouting.go_on().await?;
        if seldom {
            self.expire().await?;
            self.give_up().await?;
            self.retention().tidy(self.clock.now()).await?;
            self.purge_events().await?;
        }
        Ok(())
    }

    /// Counts what waits. It walks over the queue, however many millions that has.
    async fn count_depths(&self) -> Result<(), StoreError> {
        self.upstreams.all().iter().for_each(|counter| counter.backlog.begin_count());
        self.upstreams.limiting.queues.begin_count();
        let depths = self.store.depths().await?;
        self.arrivals.recount(&depths.collected);
        self.upstreams.limiting.queues.counted(&depths.queued_by_account);
        let now = self.clock.now();
        show_depths(&depths, &self.rules.load(), &self.upstreams, now);
        self.counted.waits(depths, now);
        Ok(())
    }

    /// Ends what could not be sent in its time.
    async fn expire(&self) -> Result<(), StoreError> {
        loop {
            let overdue = self.store.overdue(MOST, self.clock.now()).await?;
            let complete = overdue.len() < MOST;
            self.happen_to_all(overdue, &Event::Expired).await?;
            if complete {
                return Ok(());
            }
        }
    }

    /// Ends what was sent so long ago that no receipt will come.
    async fn give_up(&self) -> Result<(), StoreError> {
        loop {
            let before = self.clock.now() - self.receipt_wait;
            let silent = self.store.silent(before, MOST).await?;
            let complete = silent.len() < MOST;
            self.happen_to_all(silent, &Event::Silent).await?;
            if complete {
                return Ok(());
            }
        }
    }

    fn retention(&self) -> Tidying<'_> {
        Tidying {
            store: &*self.store,
            rules: self.rules.load_full(),
            kept: self.kept,
            audit_kept: self.audit_kept,
        }
    }

    async fn purge_events(&self) -> Result<(), StoreError> {
        let before = self.clock.now() - self.keep_events;
        while self.store.purge_events(before, EVENTS_MOST).await? == EVENTS_MOST {}
        Ok(())
    }

    async fn happen_to_all(&self, deliveries: Vec<Delivery>, event: &Event) -> Result<(), StoreError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let events = deliveries.into_iter().map(|delivery| (delivery, event.clone())).collect();
        self.inbox.happen(events).await
    }
}
