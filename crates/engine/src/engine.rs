//! The engine as a whole: its parts, how they are started, and how they are stopped.

use crate::ask;
use crate::clock::{Clock, Followed};
use crate::dispatch::Counter;
use crate::inbox::Inbox;
use crate::intake::Meter;
use crate::ledger::Ledger;
use crate::names::{self, Lore};
use crate::node::{self, Fellows};
use crate::notify::Lanes;
use crate::tend;
use arc_swap::ArcSwap;
use postrider_core::account::AccountId;
use postrider_core::concatenation::Concatenations;
use postrider_core::contract::{Desk, LinkState, Live, Store, StoreError};
use postrider_core::delivery::{Change, Delivery, Event, Queue, Unanswered, Ways};
use postrider_core::id::{IdMaker, MessageId};
use postrider_core::node::{Nodes, Standing};
use postrider_core::number::Number;
use postrider_core::patience::Patience;
use postrider_core::reference::NameForm;
use postrider_core::route::{self, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long until the store is asked again to take messages back.
const RETRY: Duration = Duration::from_secs(1);

/// What the engine needs to know of this node.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where this node's HTTP API is, for people who look at all nodes.
    pub address: Box<str>,
    /// How long a receipt is waited for after a message was sent.
    pub receipt_wait: Duration,
    /// How long ended messages are kept.
    pub keep: Duration,
    /// How often the chores are done.
    pub chores_every: Duration,
    /// How long what happened to messages waits to be recorded with more, by a node that is alone: not at all where a
    /// transaction costs little by itself.
    pub patience: Patience,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: "".into(),
            receipt_wait: Duration::from_hours(72),
            keep: Duration::from_hours(400 * 24),
            chores_every: Duration::from_secs(10),
            patience: Patience::default(),
        }
    }
}

/// The running engine. Doors and adapters reach it through the traits of `postrider_core::contract`.
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What all parts of the engine have in common.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) fellows: Fellows,
    /// Counts how often other nodes declared something.
    pub(crate) resources: watch::Sender<u64>,
    /// The time that all nodes go by.
    pub(crate) clock: Arc<dyn Clock>,
    /// The same, to be kept in step with the store's.
    pub(crate) followed: Arc<Followed>,
    pub(crate) rules: ArcSwap<Rules>,
    pub(crate) counters: RwLock<HashMap<UpstreamId, Arc<Counter>>>,
    pub(crate) inbox: Arc<Inbox>,
    /// Forms of carriers' names that were found out.
    pub(crate) learnt: Lore,
    pub(crate) lanes: Lanes,
    pub(crate) ids: Mutex<(IdMaker, Concatenations)>,
    pub(crate) meter: Meter,
    pub(crate) draining: AtomicBool,
    /// Why the store can't be written just now, if it can't.
    pub(crate) trouble: Mutex<Option<String>>,
}

/// How an upstream stands, for people.
#[derive(Clone, Debug)]
pub struct UpstreamView {
    /// Its number.
    pub id: UpstreamId,
    /// Its links.
    pub links: Vec<LinkState>,
    /// The rate in force, in parts a second.
    pub rate: Option<f64>,
    /// Whether the carrier holds the rate below its limit.
    pub is_held: bool,
    /// The form of its names in receipts, if it was found out.
    pub learnt: Option<NameForm>,
}

impl Engine {
    /// Starts the engine on a store, as one of the nodes that share it, under these rules.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn start(
        settings: Settings,
        store: Arc<dyn Store>,
        nodes: Arc<dyn Nodes>,
        clock: Arc<dyn Clock>,
        rules: Arc<Rules>,
    ) -> Result<Arc<Self>, StoreError> {
        let followed = Arc::new(Followed::new(clock));
        let clock: Arc<dyn Clock> = Arc::clone(&followed) as _;
        let fellows = Fellows::default();
        let shared = Arc::new(Shared {
            ids: Mutex::new((IdMaker::new(nodes.number()), Concatenations::default())),
            lanes: Lanes::new(Arc::clone(&store), Arc::clone(&clock), nodes.is_alone()),
            settings,
            store,
            nodes,
            fellows,
            resources: watch::Sender::new(0),
            clock,
            followed,
            rules: ArcSwap::from_pointee(Rules::default()),
            counters: RwLock::default(),
            inbox: Arc::default(),
            learnt: Lore::default(),
            meter: Meter::default(),
            draining: AtomicBool::new(false),
            trouble: Mutex::default(),
        });
        node::greet(&shared).await?;
        let mut ledger = Ledger::new(Arc::clone(&shared));
        ledger.recall().await?;
        let engine = Arc::new(Self { shared: Arc::clone(&shared), tasks: Mutex::default() });
        engine.apply(rules);
        node::beat(&shared).await?;
        engine.spawn(ledger.keep());
        engine.spawn(node::live(Arc::clone(&shared)));
        engine.spawn(node::listen(Arc::clone(&shared)));
        engine.spawn(names::follow(Arc::clone(&shared)));
        engine.spawn(ask::keep_asking(Arc::clone(&shared)));
        engine.spawn(tend::chores(shared));
        Ok(engine)
    }

    /// Puts other rules in force, whole.
    pub fn apply(&self, rules: Arc<Rules>) {
        let shared = &self.shared;
        let mut counters = shared.counters.write().unwrap_or_else(PoisonError::into_inner);
        for upstream in rules.upstreams() {
            counters.entry(upstream.id).or_insert_with(|| {
                let (clock, inbox) = (Arc::clone(&shared.clock), Arc::clone(&shared.inbox));
                let counter = Arc::new(Counter::new(upstream, clock, inbox, Arc::clone(&shared.nodes)));
                self.spawn(Arc::clone(&counter).keep_filled(Arc::clone(&shared.store)));
                counter
            });
        }
        for (id, counter) in counters.iter() {
            let upstream = rules.upstream(*id);
            counter.configure(upstream.map(|upstream| &**upstream));
            if upstream.is_none_or(|upstream| !upstream.enabled) {
                shared.release(counter);
            }
        }
        drop(counters);
        let taught = taught(&shared.rules.load(), &rules);
        shared.rules.store(rules);
        if !taught.is_empty() {
            shared.inbox.put(|post| post.taught.extend(taught));
        }
        // Binds that are new, or no more, are shared out at once.
        shared.fellows.hurry();
    }

    /// The nodes that share the store.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { this: self.shared.nodes.number(), nodes: self.shared.fellows.nodes() }
    }

    /// Changes whenever another node may have declared something.
    #[must_use]
    pub fn declared_elsewhere(&self) -> watch::Receiver<u64> {
        self.shared.resources.subscribe()
    }

    /// The counter at which this upstream's adapter stands, if the rules know the upstream.
    #[must_use]
    pub fn desk(&self, upstream: UpstreamId) -> Option<Arc<dyn Desk>> {
        self.shared.counter(upstream).map(|counter| counter as Arc<dyn Desk>)
    }

    /// How every upstream stands.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamView> {
        let counters = self.shared.counters.read().unwrap_or_else(PoisonError::into_inner);
        let rules = self.shared.rules.load();
        let view = |counter: &Arc<Counter>| {
            let (links, rate, is_held) = counter.view();
            let learnt = rules.upstream(counter.id).and_then(|upstream| self.shared.learnt.form(upstream));
            UpstreamView { id: counter.id, links, rate, is_held, learnt }
        };
        counters.values().map(view).collect()
    }

    /// Whether it is ready for traffic, and if not, why.
    ///
    /// # Errors
    /// What stands in the way, in words.
    pub fn ready(&self) -> Result<(), Vec<String>> {
        let mut reasons = Vec::new();
        if self.shared.draining.load(Ordering::Relaxed) {
            reasons.push("the gateway is shutting down".to_owned());
        }
        if let Some(trouble) = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            reasons.push(trouble);
        }
        reasons.extend(self.shared.fellows.trouble().map(str::to_owned));
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    /// Returns when another process has opened the store as this node. Nothing is recorded any more then; who uses the
    /// engine ends without [`close`](Self::close).
    pub async fn superseded(&self) {
        self.shared.fellows.superseded().await;
    }

    /// Refuses new messages from now on; what is in hand goes on.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Relaxed);
    }

    /// Ends the engine's work, once doors and adapters have ended theirs: waits until everything in hand is
    /// recorded, returns the rest to the store unmarked, and closes the store.
    pub async fn close(&self, patience: Duration) {
        let settled = async {
            while !self.shared.inbox.is_empty() || self.shared.in_hand() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(patience, settled).await.is_err() {
            tracing::warn!("some messages were still unanswered; they will be marked as possibly sent twice");
        }
        let counters: Vec<_> = {
            let counters = self.shared.counters.read().unwrap_or_else(PoisonError::into_inner);
            counters.values().cloned().collect()
        };
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
        for counter in counters {
            if let Err(error) = self.shared.store.release(counter.clear()).await {
                tracing::warn!(%error, "can't return unsent messages; they will be marked as possibly sent twice");
            }
        }
        self.shared.store.close().await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(task));
    }
}

/// Upstreams of whose receipts other rules say something new.
fn taught(before: &Rules, after: &Rules) -> Vec<UpstreamId> {
    let says =
        |rules: &Rules, id| rules.upstream(id).map(|it| (it.names, it.carrier.clone(), it.place.clone()));
    let ids = after.upstreams().map(|upstream| upstream.id);
    ids.filter(|id| says(before, *id).is_some_and(|said| Some(said) != says(after, *id))).collect()
}

impl Live for Engine {
    fn rules(&self) -> Arc<Rules> {
        self.shared.rules.load_full()
    }

    fn now(&self) -> Time {
        self.shared.clock.now()
    }

    fn session(&self, account: AccountId, open: bool) {
        if self.shared.fellows.session(account, open) == 0 {
            self.shared.lanes.abandon(Some(account));
        }
    }

    fn sessions_elsewhere(&self, account: AccountId) -> u32 {
        self.shared.fellows.sessions_elsewhere(account)
    }
}

impl Ways for Shared {
    /// The next that is up, or the same when there is no other.
    fn again(&self, delivery: &Delivery) -> UpstreamId {
        let rules = self.rules.load();
        let up = |upstream| self.is_up(upstream);
        let plan = route::plan(&rules.table, delivery.message.to, delivery.failed, up);
        plan.map_or(delivery.upstream, |plan| plan.upstream)
    }

    fn behind(&self, delivery: &Delivery) -> Option<UpstreamId> {
        let up = |upstream| self.is_up(upstream);
        route::behind(&self.rules.load().table, delivery.message.to, delivery.upstream, up)
    }

    fn one_receipt(&self, upstream: UpstreamId) -> bool {
        self.rules.load().upstream(upstream).is_some_and(|upstream| upstream.one_receipt)
    }

    fn unanswered(&self, delivery: &Delivery) -> Unanswered {
        let rules = self.rules.load();
        let by_class = rules.upstream(delivery.upstream).map_or(Unanswered::USUAL, |it| it.unanswered);
        by_class[delivery.message.class as usize]
    }
}

impl Shared {
    pub(crate) fn counter(&self, upstream: UpstreamId) -> Option<Arc<Counter>> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&upstream).cloned()
    }

    /// The identifier of the next message, of so many parts, to this number.
    pub(crate) fn identify(&self, to: Number, parts: u8, now: Time) -> MessageId {
        let mut guard = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let (ids, concatenations) = &mut *guard;
        concatenations.identify(ids, to, parts, now)
    }

    /// The upstream's name, for labels of metrics.
    pub(crate) fn name(&self, upstream: UpstreamId) -> String {
        self.rules
            .load()
            .upstream(upstream)
            .map_or_else(|| "gone".into(), |upstream| upstream.name.to_string())
    }

    pub(crate) fn is_up(&self, upstream: UpstreamId) -> bool {
        self.counter(upstream).is_some_and(|counter| counter.is_up_anywhere())
    }

    /// Takes note of whether the store does what is asked of it, and has the log say when that changes: each message
    /// that is turned away would say the same.
    pub(crate) fn store_is(&self, trouble: Option<&StoreError>) {
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, trouble) {
            (None, Some(error)) => {
                tracing::error!(%error, "the store fails; until it is well again clients are told to try later");
            }
            (Some(_), None) => tracing::info!("the store is well again"),
            _ => {}
        }
        *known = trouble.map(ToString::to_string);
    }

    /// Whether the store could be written when it was last tried.
    pub(crate) fn is_store_well(&self) -> bool {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Wakes the counters of messages that went back to the store's queue.
    pub(crate) fn requeued(&self, changes: &[Change]) {
        let mut last = None;
        for change in changes {
            if let Queue::Put { upstream, .. } = change.queue
                && last.replace(upstream) != Some(upstream)
                && let Some(counter) = self.counter(upstream)
            {
                self.left_in_queue(&counter);
            }
        }
    }

    /// Hands events to the ledger and waits until they are recorded.
    pub(crate) async fn happen(&self, events: Vec<(Delivery, Event)>) -> Result<(), StoreError> {
        let (ack, acked) = tokio::sync::oneshot::channel();
        self.inbox.put(|post| {
            post.events.extend(events);
            post.acks.push(ack);
        });
        acked.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())))
    }

    /// Returns what is on a shelf to the queue.
    pub(crate) fn release(self: &Arc<Self>, counter: &Counter) {
        self.return_to_queue(counter.clear());
    }

    /// Returns a message to the queue, if it is on a shelf.
    pub(crate) fn give_back(self: &Arc<Self>, message: MessageId) {
        self.return_to_queue(self.pick(None, message).map(|_| message).into_iter().collect());
    }

    fn return_to_queue(self: &Arc<Self>, messages: Vec<MessageId>) {
        if messages.is_empty() {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while let Err(error) = shared.store.release(messages.clone()).await {
                if matches!(error, StoreError::Superseded) {
                    return;
                }
                tracing::warn!(%error, messages = messages.len(), "can't return messages to the queue; trying again");
                tokio::time::sleep(RETRY).await;
            }
        });
    }

    /// Returns notices that nobody here tells, for whoever else wants to.
    pub(crate) fn return_notices(self: &Arc<Self>, lane: Option<AccountId>, messages: Vec<MessageId>) {
        if messages.is_empty() {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while let Err(error) = shared.store.release_notices(lane, messages.clone()).await {
                if matches!(error, StoreError::Superseded) {
                    return;
                }
                tracing::warn!(%error, notices = messages.len(), "can't return notices to the store; trying again");
                tokio::time::sleep(RETRY).await;
            }
            shared.lanes.look_again(lane);
            shared.left_in_lanes(vec![lane]);
        });
    }

    fn in_hand(&self) -> usize {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        counters.values().map(|counter| counter.in_hand()).sum()
    }
}
