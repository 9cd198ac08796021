//! Finds another upstream for what waits for one that is gone, is disabled, has used up its limits of a day or a month, or has been down
//! for a while. Below, one with limits that are used up is down, too.
//!
//! A message that no upstream can take stays where it is, until its time runs out: a suitable upstream may come. So the
//! queue is walked through when rules or links have changed, not all the time.

use crate::inbox::Inbox;
use crate::upstreams::{Upstreams, View};
use arc_swap::ArcSwap;
use postrider_core::contract::{QueuePlace, Store, StoreError};
use postrider_core::decision::plan_anew;
use postrider_core::delivery::{Delivery, Event};
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rounds for which an upstream is down until what waits for it goes by another.
const GIVEN_UP: u32 = 3;
/// Messages in a page of the walk.
const PAGE: usize = 1_000;
/// Messages that the walk looks at in vain in one round, few enough not to hold up the writer.
const IN_VAIN_MOST: usize = 10_000;
/// Rounds between the first walk after a change and the second, which finds what was in flight at the first.
const SECOND_WALK: u32 = 12;
/// Rounds between later walks.
const LATER_WALK: u32 = 360;

/// The chore, as it goes on from round to round.
pub(crate) struct Rerouting {
    store: Arc<dyn Store>,
    rules: Arc<ArcSwap<Rules>>,
    upstreams: Arc<Upstreams>,
    inbox: Arc<Inbox>,
    absences: Absences,
    walk: Walk,
}

impl Rerouting {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        rules: Arc<ArcSwap<Rules>>,
        upstreams: Arc<Upstreams>,
        inbox: Arc<Inbox>,
    ) -> Self {
        Self { store, rules, upstreams, inbox, absences: Absences::default(), walk: Walk::default() }
    }

    /// Does what there is to do in one round.
    pub(crate) async fn go_on(&mut self) -> Result<(), StoreError> {
        let rules = self.rules.load_full();
        let circumstances = self.look(&rules);
        if !self.walk.is_due(circumstances) {
            return Ok(());
        }
        let mut in_vain = 0;
        while in_vain < IN_VAIN_MOST {
            let (stay, after) = (self.walk.circumstances.stay.clone(), self.walk.after);
            let page = self.store.stranded(stay, after, PAGE).await?;
            in_vain += self.send_on(page.deliveries, &rules).await?;
            self.walk.after = page.next;
            if page.next.is_none() {
                self.walk.end();
                return Ok(());
            }
        }
        Ok(())
    }

    fn look(&mut self, rules: &Rules) -> Circumstances {
        let is_up = |upstream| self.upstreams.may_send(upstream);
        self.absences.look(rules, is_up);
        let upstreams = || rules.upstreams().map(|upstream| upstream.id);
        let stays = |upstream: &UpstreamId| !self.absences.is_given_up(*upstream, rules, is_up);
        Circumstances {
            generation: rules.generation,
            up: upstreams().filter(|upstream| is_up(*upstream)).collect(),
            stay: upstreams().filter(stays).collect(),
        }
    }

    /// Sends deliveries on by other upstreams. Returns the number of those that stay where they are.
    async fn send_on(&self, deliveries: Vec<Delivery>, rules: &Rules) -> Result<usize, StoreError> {
        let view = View { rules, upstreams: &self.upstreams };
        let (mut events, mut stay) = (Vec::new(), Vec::<MessageId>::new());
        for delivery in deliveries {
            match other_way(&delivery, view) {
                Some(upstream) => events.push((delivery, Event::Rerouted(upstream))),
                None => stay.push(delivery.message.id),
            }
        }
        let count = stay.len();
        if !stay.is_empty() {
            self.store.release(stay).await?;
        }
        if !events.is_empty() {
            self.inbox.happen(events).await?;
        }
        Ok(count)
    }
}

/// Everything that decides which messages go by another upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Circumstances {
    /// The generation of the rules.
    generation: u64,
    /// Upstreams that are up.
    up: Vec<UpstreamId>,
    /// Upstreams whose messages stay.
    stay: Vec<UpstreamId>,
}

/// A walk through the queue, in pages.
#[derive(Default)]
struct Walk {
    circumstances: Circumstances,
    /// Where the next page begins; `None` is the beginning.
    after: Option<QueuePlace>,
    /// Walks that are due at once.
    due: u32,
    /// Rounds until a walk is due though nothing has changed.
    rest: u32,
    /// Whether the next walk is the second after a change.
    is_second: bool,
}

impl Walk {
    /// Whether pages are to be looked at in this round.
    fn is_due(&mut self, circumstances: Circumstances) -> bool {
        if circumstances != self.circumstances {
            // A walk under way goes on, so that it comes to its end however often something changes.
            self.due = 1 + u32::from(self.after.is_some());
            self.is_second = true;
            self.circumstances = circumstances;
        } else if self.due == 0 {
            self.rest = self.rest.saturating_sub(1);
            self.due = u32::from(self.rest == 0);
        }
        self.due > 0
    }

    fn end(&mut self) {
        self.due = self.due.saturating_sub(1);
        self.rest = if std::mem::take(&mut self.is_second) { SECOND_WALK } else { LATER_WALK };
    }
}

/// The upstream that a waiting message goes by instead of its own: of its own plan, as long as the rules know one of it, or
/// else of the plan that a new message to its recipient would have. `None` if it is better left where it is.
fn other_way(delivery: &Delivery, view: View<'_>) -> Option<UpstreamId> {
    // Parts that one carrier holds can't be completed by another.
    if delivery.taken.count() > 0 {
        return None;
    }
    let up = |upstream| view.upstreams.may_send(upstream);
    let is_known = |upstream: &UpstreamId| view.rules.upstream(*upstream).is_some_and(|it| it.enabled);
    let own = &delivery.message.plan;
    let plan = if own.upstreams.iter().any(is_known) {
        Arc::clone(own)
    } else {
        plan_anew(&delivery.message, view.rules)?
    };
    let way_up = plan.choose(0, up).map(|(upstream, _)| upstream).filter(|upstream| up(*upstream));
    // An upstream that is down is no better than its own, unless its own is no more.
    let any = || plan.upstreams.iter().copied().find(is_known).filter(|_| !is_known(&delivery.upstream));
    way_up.or_else(any).filter(|upstream| *upstream != delivery.upstream)
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

    /// Whether what waits for it should go by another upstream: it is disabled, or one of its routes has one that is up.
    fn is_given_up(&self, upstream: UpstreamId, rules: &Rules, is_up: impl Fn(UpstreamId) -> bool) -> bool {
        let long = self.0.get(&upstream).is_some_and(|rounds| *rounds >= GIVEN_UP);
        let is_disabled = || rules.upstream(upstream).is_some_and(|upstream| !upstream.enabled);
        let mut routes = rules.table.routes().filter(|route| route.has(upstream));
        long && (is_disabled()
            || routes.any(|route| route.upstreams.iter().any(|other| is_up(other.upstream))))
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
            parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
            one_receipt: false,
            unanswered: Unanswered::USUAL,
            retries: postrider_core::retry::Retries::default(),
            reserved: postrider_core::rules::RESERVED_USUAL,
            full_at: None,
            limits: postrider_core::budget::PartLimits::default(),
            bind_limits: postrider_core::budget::PartLimits::default(),
            each_bind: Vec::new(),
            not_from: Vec::new(),
            ask: None,
            carrier: None,
            carriage: postrider_core::carriage::Carriage::default(),
            place: "x".into(),
        };
        let route = Route::by_prefix("world", "", &[A, B]);
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
