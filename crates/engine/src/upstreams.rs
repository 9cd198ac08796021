//! The counters of all upstreams, and what routing asks of them.

use crate::counter::Counter;
use crate::limiting::Limiting;
use crate::quality::Qualities;
use crate::sender_health::SenderHealth;
use postrider_core::delivery::{Delivery, Routing, State, Unanswered};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::quality::{Place, Quality};
use postrider_core::retry::{Failure, Retries};
use postrider_core::route::{Load, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// Counters by their upstream. One that was made stays, though its upstream goes.
#[derive(Default)]
pub(crate) struct Upstreams {
    counters: RwLock<BTreeMap<UpstreamId, Arc<Counter>>>,
    /// How surely and how fast they deliver.
    pub(crate) qualities: Qualities,
    /// How many parts may be sent in which time, over all of them.
    pub(crate) limiting: Arc<Limiting>,
    /// Senders of pools that are left for a while.
    pub(crate) senders: SenderHealth,
}

impl Upstreams {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<UpstreamId, Arc<Counter>>> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a counter, unless the upstream has one; tells whether it was added.
    pub(crate) fn add(&self, id: UpstreamId, make: impl FnOnce() -> Arc<Counter>) -> Option<Arc<Counter>> {
        let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
        if counters.contains_key(&id) {
            return None;
        }
        let counter = make();
        counters.insert(id, Arc::clone(&counter));
        Some(counter)
    }

    /// The upstream's counter.
    pub(crate) fn get(&self, upstream: UpstreamId) -> Option<Arc<Counter>> {
        self.read().get(&upstream).cloned()
    }

    /// All counters, by their upstreams' numbers.
    pub(crate) fn all(&self) -> Vec<Arc<Counter>> {
        self.read().values().cloned().collect()
    }

    /// Whether a link of any node is up.
    pub(crate) fn is_up(&self, upstream: UpstreamId) -> bool {
        self.read().get(&upstream).is_some_and(|counter| counter.is_up_anywhere())
    }

    /// Whether so many messages wait for it that no further one should.
    pub(crate) fn is_full(&self, upstream: UpstreamId) -> bool {
        self.read().get(&upstream).is_some_and(|counter| counter.backlog.is_full())
    }

    /// Whether what waits may go out by it: it is up, and its limits of a day and a month aren't used up.
    pub(crate) fn may_send(&self, upstream: UpstreamId) -> bool {
        self.read().get(&upstream).is_some_and(|counter| counter.is_up_anywhere() && !counter.is_used_up())
    }

    /// Takes note of a message that is planned for an upstream.
    pub(crate) fn planned(&self, upstream: UpstreamId) {
        if let Some(counter) = self.read().get(&upstream) {
            counter.backlog.planned();
        }
    }

    /// Takes a message off a shelf, if it is on one and the viewer sees it.
    pub(crate) fn pick(&self, viewer: Viewer, message: MessageId) -> Option<Delivery> {
        self.read().values().find_map(|counter| counter.pick(viewer, message))
    }

    /// Parts given out and not yet recorded.
    pub(crate) fn unsettled(&self) -> usize {
        self.read().values().map(|counter| counter.unsettled()).sum()
    }
}

impl Load for Upstreams {
    fn of(&self, upstream: UpstreamId) -> f64 {
        self.read().get(&upstream).map_or(0.0, |counter| counter.load())
    }

    fn used(&self, upstream: UpstreamId) -> u64 {
        self.read().get(&upstream).map_or(0, |counter| counter.used_this_month())
    }

    fn quality(&self, upstream: UpstreamId, place: Place) -> Quality {
        self.qualities.of(upstream, place)
    }

    fn rests(&self, sender: &Sender) -> bool {
        self.senders.rests(sender)
    }
}

/// Upstreams as rules and links have them at one moment.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) upstreams: &'a Upstreams,
}

impl View<'_> {
    /// The upstream's name, for labels of metrics and for the log.
    pub(crate) fn name(&self, upstream: UpstreamId) -> String {
        self.rules.upstream(upstream).map_or_else(|| "gone".into(), |upstream| upstream.name.to_string())
    }
}

impl Routing for View<'_> {
    fn is_up(&self, upstream: UpstreamId) -> bool {
        self.upstreams.is_up(upstream)
    }

    fn one_receipt(&self, upstream: UpstreamId) -> bool {
        self.rules.upstream(upstream).is_some_and(|upstream| upstream.one_receipt)
    }

    fn unanswered(&self, delivery: &Delivery) -> Unanswered {
        let upstream = self.rules.upstream(delivery.upstream);
        let by_class = upstream.map_or(Unanswered::USUAL, |upstream| upstream.unanswered);
        by_class[delivery.message.class as usize]
    }

    fn retry(&self, delivery: &Delivery, failure: Failure) -> Option<Duration> {
        let class = delivery.message.class;
        match self.rules.upstream(delivery.upstream) {
            Some(upstream) => upstream.retries.wait(class, failure, delivery.failed),
            None => Retries::default().wait(class, failure, delivery.failed),
        }
    }

    fn goes_on(&self, delivery: &Delivery, state: State, now: Time) -> bool {
        let message = &delivery.message;
        let rule = self.rules.table.after_receipt(&message.plan.route);
        rule.is_some_and(|rule| rule.goes_on(message, state, now))
    }

    fn ends_by_deadline(&self, delivery: &Delivery) -> bool {
        let message = &delivery.message;
        let account = self.rules.account(message.account);
        let deadline = account.and_then(|account| account.policy.deadlines[message.class as usize]);
        deadline.is_some_and(|deadline| message.due + deadline == message.expires)
    }
}
