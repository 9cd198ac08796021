//! The chores: what must happen though nobody asks for it.

use crate::clock::Clock;
use crate::collecting::Arrivals;
use crate::gauges::{show_depths, show_standing};
use crate::inbox::Inbox;
use crate::peers::Peers;
use crate::store_health::StoreHealth;
use crate::upstreams::{Upstreams, View};
use arc_swap::ArcSwap;
use postrider_core::contract::{Store, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::patience::times_among;
use postrider_core::route::{self, UpstreamId};
use postrider_core::rules::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often those are done that look at whole tables, in rounds.
const SELDOM: u32 = 6;
/// Rounds for which an upstream is down until what waits for it goes by another.
const GIVEN_UP: u32 = 3;
/// Messages that one chore deals with at once.
const MOST: usize = 1_000;
/// Ended messages purged at once, few enough not to hold up the writer.
const PURGE_MOST: usize = 5_000;

/// The task that does the chores, and the parts that it works with.
pub(crate) struct Chores {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<StoreHealth>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) arrivals: Arc<Arrivals>,
    /// How often the chores are done.
    pub(crate) every: Duration,
    /// How long a receipt is waited for.
    pub(crate) receipt_wait: Duration,
    /// How long ended messages are kept.
    pub(crate) keep: Duration,
}

impl Chores {
    /// Does the chores for as long as the gateway runs.
    pub(crate) async fn keep_doing(self) {
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut absences = Absences::default();
        for round in 0u32.. {
            ticks.tick().await;
            show_standing(&self.peers, &self.upstreams);
            if self.is_spared(round) {
                continue;
            }
            let done = self.do_all(&mut absences, round.is_multiple_of(SELDOM)).await;
            self.health.set(done.as_ref().err());
            if let Err(error) = done {
                tracing::warn!(%error, "a chore was not done; it is tried again in {} s", self.every.as_secs());
            }
        }
    }

    /// Whether this node asks nothing of the store in this round: to count what waits is the same work whichever node wants
    /// to know. One that takes the store for ill asks, to hear when it isn't any more.
    fn is_spared(&self, round: u32) -> bool {
        let is_well = self.health.trouble().is_none();
        !self.peers.leads() && is_well && !round.is_multiple_of(times_among(self.peers.count()))
    }

    async fn do_all(&self, absences: &mut Absences, seldom: bool) -> Result<(), StoreError> {
        let depths = self.store.depths().await?;
        self.arrivals.recount(&depths.collected);
        show_depths(&depths, &self.rules.load(), &self.upstreams, self.clock.now());
        if !self.peers.leads() {
            return Ok(());
        }
        self.reroute(absences).await?;
        if seldom {
            self.expire().await?;
            self.give_up().await?;
            self.purge().await?;
        }
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

    /// Finds another upstream for what waits for one that is no more, or has been down for a while.
    async fn reroute(&self, absences: &mut Absences) -> Result<(), StoreError> {
        let rules = self.rules.load_full();
        let is_up = |upstream| self.upstreams.is_up(upstream);
        absences.look(&rules, is_up);
        let stay: Vec<UpstreamId> = rules
            .upstreams()
            .map(|upstream| upstream.id)
            .filter(|upstream| !absences.is_given_up(*upstream, &rules, is_up))
            .collect();
        let view = View { rules: &rules, upstreams: &self.upstreams };
        loop {
            let stranded = self.store.stranded(stay.clone(), MOST).await?;
            let count = stranded.len();
            let mut moved = false;
            let mut events = Vec::with_capacity(count);
            for delivery in stranded {
                let event = other_way(&delivery, view).map_or(Event::Stranded, Event::Rerouted);
                moved |= event != Event::Rerouted(delivery.upstream) && delivery.taken.count() == 0;
                events.push((delivery, event));
            }
            if !events.is_empty() {
                self.inbox.happen(events).await?;
            }
            // What can't go elsewhere is found again and again.
            if count < MOST || !moved {
                return Ok(());
            }
        }
    }

    async fn purge(&self) -> Result<(), StoreError> {
        let before = self.clock.now() - self.keep;
        while self.store.purge(before, PURGE_MOST).await? == PURGE_MOST {}
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

/// The upstream that a stranded message goes by: of its own plan, as long as the rules know one of it, or else of the plan
/// that a new message to its recipient would have.
fn other_way(delivery: &Delivery, view: View<'_>) -> Option<UpstreamId> {
    let up = |upstream| view.upstreams.is_up(upstream);
    let is_known = |upstream: &UpstreamId| view.rules.upstream(*upstream).is_some_and(|it| it.enabled);
    let own = &delivery.message.plan;
    let plan = if own.upstreams.iter().any(is_known) {
        own
    } else {
        route::plan(&view.rules.table, delivery.message.to)?
    };
    let way_up = plan.choose(0, up).filter(|(upstream, _)| up(*upstream)).map(|(upstream, _)| upstream);
    way_up
        .or_else(|| plan.upstreams.iter().copied().find(is_known))
        .or_else(|| plan.upstreams.first().copied())
}

/// Upstreams that are down, and for how many rounds they have been.
#[derive(Default)]
struct Absences(BTreeMap<UpstreamId, u32>);

impl Absences {
    /// Looks which upstreams are down in this round.
    fn look(&mut self, rules: &Rules, is_up: impl Fn(UpstreamId) -> bool) {
        let down = rules.upstreams().map(|upstream| upstream.id).filter(|upstream| !is_up(*upstream));
        self.0 = down.map(|id| (id, self.0.get(&id).map_or(1, |rounds| rounds + 1))).collect();
    }

    /// Whether what waits for it should go by another upstream, if one of its routes has one that is up.
    fn is_given_up(&self, upstream: UpstreamId, rules: &Rules, is_up: impl Fn(UpstreamId) -> bool) -> bool {
        let long = self.0.get(&upstream).is_some_and(|rounds| *rounds >= GIVEN_UP);
        let mut routes = rules.table.routes().iter().filter(|route| route.upstreams.contains(&upstream));
        long && routes.any(|route| route.upstreams.iter().any(|other| is_up(*other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::delivery::Unanswered;
    use postrider_core::reference::ReferenceForm;
    use postrider_core::route::{Route, Table};
    use postrider_core::rules::Upstream;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);

    fn rules() -> Rules {
        let upstream = |id| Upstream {
            id,
            name: "x".into(),
            enabled: true,
            rate: None,
            window: 10,
            binds: 1,
            reference_form: ReferenceForm::Auto,
            one_receipt: false,
            unanswered: Unanswered::USUAL,
            ask: None,
            carrier: None,
            place: "x".into(),
        };
        let route = Route { name: "world".into(), prefix: "".into(), upstreams: vec![A, B] };
        Rules::new(1, Vec::new(), vec![upstream(A), upstream(B)], Table::new(vec![route]))
    }

    #[test]
    fn an_upstream_is_given_up_after_some_rounds_if_another_is_up() {
        let (rules, mut absences) = (rules(), Absences::default());
        for round in 1..=GIVEN_UP {
            assert!(!absences.is_given_up(A, &rules, |id| id == B), "{round}");
            absences.look(&rules, |id| id == B);
        }
        assert!(absences.is_given_up(A, &rules, |id| id == B));
        assert!(!absences.is_given_up(A, &rules, |_| false), "there is no other");
        assert!(!absences.is_given_up(B, &rules, |id| id == B));
        absences.look(&rules, |_| true);
        assert!(!absences.is_given_up(A, &rules, |_| true), "it is up again");
    }
}
