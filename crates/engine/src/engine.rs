//! The engine as a whole: its parts, how they are started, and how they are stopped.

mod doors;
mod parts;

use crate::archive::Records;
use crate::arrivals::Arrivals;
use crate::assembling::PartsArrived;
use crate::automation::acting::Services;
use crate::automation::calls::Calls;
use crate::clock::{Clock, Followed};
use crate::collecting::Collecting;
use crate::consent::{Following, Holdings};
use crate::counter::Counter;
use crate::gauges::show_standing;
use crate::identifiers::Identifiers;
use crate::inbox::Inbox;
use crate::intake::{self, FraudWatch, Lately, Reception};
use crate::known_numbers::KnownNumbers;
use crate::learned_forms::{self, LearnedForms};
use crate::measuring::keep_measuring;
use crate::media::MediaRoom;
use crate::outbox::Lanes;
use crate::peers::Peers;
use crate::resuming::EndedPauses;
use crate::shelves::Shelves;
use crate::store_health::{self, StoreHealth};
use crate::streams::Streams;
use crate::submissions::Submissions;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::contract::{
    Automation, Desk, LinkState, MediaDesk, MediaLimits, NumberLookup, RuleServices, Store, StoreError,
};
use postrider_core::dead::DeadRule;
use postrider_core::node::{Nodes, Standing};
use postrider_core::notice::Lane;
use postrider_core::patience::Patience;
use postrider_core::reference::ReferenceForm;
use postrider_core::retention::Kept;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the dead numbers are read, in rounds of chores.
const DEAD_EVERY: u32 = 3;

/// The settings of this node.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address of this node's HTTP API, for people who look at all nodes.
    pub address: Box<str>,
    /// How long a receipt is waited for after a message was sent.
    pub receipt_wait: Duration,
    /// How long texts, and records of ended messages, are kept of accounts that don't say it.
    pub kept: Kept,
    /// How long lines of the audit log are kept.
    pub audit_kept: Duration,
    /// How long the stream of events is kept.
    pub keep_events: Duration,
    /// The limits of media.
    pub media: MediaLimits,
    /// When numbers count as dead.
    pub dead: DeadRule,
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
            kept: Kept { texts: Duration::from_hours(400 * 24), records: Duration::from_hours(400 * 24) },
            audit_kept: Duration::from_hours(3650 * 24),
            keep_events: Duration::from_hours(24),
            media: MediaLimits::default(),
            dead: DeadRule::default(),
            chores_every: Duration::from_secs(10),
            patience: Patience::default(),
        }
    }
}

/// The running engine. Doors and adapters reach it through the traits of `postrider_core::contract`.
pub struct Engine {
    store: Arc<dyn Store>,
    nodes: Arc<dyn Nodes>,
    clock: Arc<dyn Clock>,
    rules: Arc<ArcSwap<Rules>>,
    upstreams: Arc<Upstreams>,
    shelves: Arc<Shelves>,
    inbox: Arc<Inbox>,
    lanes: Arc<Lanes>,
    parts: Arc<PartsArrived>,
    forms: Arc<LearnedForms>,
    holdings: Arc<Holdings>,
    ended_pauses: Arc<EndedPauses>,
    following: Arc<Following>,
    peers: Arc<Peers>,
    health: Arc<StoreHealth>,
    reception: Arc<Reception>,
    records: Arc<Records>,
    collecting: Arc<Collecting>,
    streams: Arc<Streams>,
    services: Arc<Services>,
    /// The limits of media.
    media: MediaLimits,
    /// Counts how often other nodes declared something.
    declared: Arc<watch::Sender<u64>>,
    draining: Arc<AtomicBool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// An upstream as people see it.
#[derive(Clone, Debug)]
pub struct UpstreamView {
    /// Its number.
    pub id: UpstreamId,
    /// Its links.
    pub links: Vec<LinkState>,
    /// Since when none of them is up here, if none is.
    pub down_since: Option<Time>,
    /// The rate in force, in parts a second.
    pub rate: Option<f64>,
    /// Whether the carrier holds the rate below its limit.
    pub is_held: bool,
    /// Parts in flight: given out, and neither answered nor recorded.
    pub used: usize,
    /// The most parts in flight here: this node's share of the window.
    pub window: usize,
    /// How long the carrier takes to answer a part, lately; `None` before the first answer.
    pub round_trip: Option<Duration>,
    /// The form of its references in receipts, if it was found out.
    pub learnt: Option<ReferenceForm>,
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
        let media = settings.media.clone();
        let engine = Arc::new(Self {
            media,
            ..Self::assemble(store, nodes, Arc::clone(&followed) as _, settings.dead)
        });
        let beat = Arc::new(engine.beat(&settings, followed));
        beat.greet().await?;
        let keeping = engine.ledger(&settings).open().await?;
        engine.apply(rules);
        beat.beat().await?;
        engine.spawn(keeping);
        engine.spawn(engine.follow_consent());
        engine.spawn(beat.keep_beating());
        engine.spawn(engine.listener().listen());
        let (forms, inbox) = (Arc::clone(&engine.forms), Arc::clone(&engine.inbox));
        let (store, nodes) = (Arc::clone(&engine.store), Arc::clone(&engine.nodes));
        engine.spawn(learned_forms::follow(forms, store, nodes, inbox));
        let upstreams = Arc::clone(&engine.upstreams);
        engine.spawn(keep_measuring(upstreams, Arc::clone(&engine.store), Arc::clone(&engine.clock)));
        engine.spawn(engine.telling().keep_telling());
        let known = Arc::clone(&engine.reception.known_numbers);
        let every = settings.chores_every * DEAD_EVERY;
        engine.spawn(known.keep_reading(Arc::clone(&engine.clock), every));
        engine.spawn(intake::keep_telling(Arc::clone(&engine.reception)));
        engine.spawn(engine.assembling().keep_assembling());
        engine.spawn(engine.inquiries().keep_asking());
        let automating = Arc::new(engine.automating());
        engine.spawn(Arc::clone(&automating).keep_doing(Lane::Automation));
        engine.spawn(automating.keep_doing(Lane::Timeouts));
        engine.spawn(engine.clock_events().keep_watching());
        engine.spawn(engine.chores(&settings).keep_doing());
        engine.spawn(engine.bookkeeping(&settings).keep());
        engine.spawn(Arc::clone(&engine.collecting).keep_joining());
        engine.spawn(store_health::watch(Arc::clone(&engine.store), Arc::clone(&engine.health)));
        Ok(engine)
    }

    /// Makes the parts that everything else works with.
    fn assemble(store: Arc<dyn Store>, nodes: Arc<dyn Nodes>, clock: Arc<dyn Clock>, dead: DeadRule) -> Self {
        let (rules, upstreams): (Arc<ArcSwap<Rules>>, Arc<Upstreams>) = (Arc::default(), Arc::default());
        let (inbox, peers, health, draining): (Arc<Inbox>, Arc<Peers>, _, _) = Default::default();
        let streams = Arc::new(Streams::new(Arc::clone(&store), Arc::clone(&peers)));
        let lanes = Arc::new(Lanes::new(Arc::clone(&store), Arc::clone(&nodes), Arc::clone(&clock)));
        let shelves = Arc::new(Shelves {
            store: Arc::clone(&store),
            nodes: Arc::clone(&nodes),
            clock: Arc::clone(&clock),
            upstreams: Arc::clone(&upstreams),
        });
        let (arrivals, holdings): (Arc<Arrivals>, Arc<Holdings>) = (Arc::default(), Arc::default());
        let following = Following::new(Arc::clone(&store), Arc::clone(&nodes), Arc::clone(&holdings));
        let reception = Arc::new(Reception {
            store: Arc::clone(&store),
            health: Arc::clone(&health),
            clock: Arc::clone(&clock),
            rules: Arc::clone(&rules),
            upstreams: Arc::clone(&upstreams),
            peers: Arc::clone(&peers),
            identifiers: Arc::new(Identifiers::new(nodes.number())),
            submissions: Arc::new(Submissions::default()),
            arrivals: Arc::clone(&arrivals),
            holdings: Arc::clone(&holdings),
            lately: Lately::default(),
            fraud: FraudWatch::default(),
            draining: Arc::clone(&draining),
            counted: Arc::default(),
            known_numbers: Arc::new(KnownNumbers::new(Arc::clone(&store), dead)),
        });
        let collecting = Arc::new(Collecting {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            reception: Arc::clone(&reception),
            arrivals,
            peers: Arc::clone(&peers),
            inbox: Arc::clone(&inbox),
        });
        let records = Arc::new(Records {
            store: Arc::clone(&store),
            inbox: Arc::clone(&inbox),
            upstreams: Arc::clone(&upstreams),
            shelves: Arc::clone(&shelves),
            collecting: Arc::clone(&collecting),
        });
        Self {
            store,
            nodes,
            clock,
            rules,
            upstreams,
            shelves,
            inbox,
            lanes,
            parts: Arc::default(),
            forms: Arc::default(),
            holdings,
            ended_pauses: Arc::default(),
            following: Arc::new(following),
            peers,
            health,
            reception,
            records,
            collecting,
            streams,
            services: Arc::default(),
            media: MediaLimits::default(),
            declared: Arc::new(watch::Sender::new(0)),
            draining,
            tasks: Mutex::default(),
        }
    }

    /// Takes on who asks providers about numbers.
    pub fn look_up_by(&self, lookup: Arc<dyn NumberLookup>) {
        self.reception.known_numbers.ask_by(lookup);
    }

    /// Puts other rules in force, whole.
    pub fn apply(&self, rules: Arc<Rules>) {
        self.upstreams.limiting.configure(&rules.limits);
        self.upstreams.limiting.queues.configure(&rules);
        for upstream in rules.upstreams() {
            let (clock, inbox) = (Arc::clone(&self.clock), Arc::clone(&self.inbox));
            let (nodes, holdings) = (Arc::clone(&self.nodes), Arc::clone(&self.holdings));
            let limiting = Arc::clone(&self.upstreams.limiting);
            let make = || Arc::new(Counter::new(upstream, clock, inbox, nodes, holdings, limiting));
            if let Some(counter) = self.upstreams.add(upstream.id, make) {
                self.spawn(counter.keep_filled(Arc::clone(&self.store)));
            }
        }
        for counter in self.upstreams.all() {
            counter.configure(&rules);
            let upstream = rules.upstream(counter.id);
            let is_held = rules.pauses.holds(counter.id, self.clock.now());
            if is_held || upstream.is_none_or(|upstream| !upstream.enabled) {
                self.shelves.release(&counter);
            }
        }
        self.holdings.apply(&rules);
        self.upstreams.senders.apply(&rules);
        let before = self.rules.load();
        self.ended_pauses.note(&before, &rules, self.clock.now());
        let taught = taught(&before, &rules);
        self.rules.store(rules);
        if !taught.is_empty() {
            self.inbox.put(|post| post.taught.extend(taught));
        }
        self.upstreams.limiting.changed.notify_one();
        // Binds that are new, or no more, are shared out at once.
        self.peers.beat_soon();
    }

    /// Has applications do things for rules from now on. The first ones stay.
    pub fn serve_rules(&self, services: Arc<dyn RuleServices>) {
        drop(self.services.set(services));
    }

    /// The counter where media are brought and fetched.
    #[must_use]
    pub fn media(&self) -> Arc<dyn MediaDesk> {
        Arc::new(MediaRoom {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            identifiers: Arc::clone(&self.reception.identifiers),
            limits: self.media.clone(),
        })
    }

    /// The nodes that share the store.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { this: self.nodes.number(), nodes: self.peers.nodes() }
    }

    /// Changes whenever another node may have declared something.
    #[must_use]
    pub fn declared_elsewhere(&self) -> watch::Receiver<u64> {
        self.declared.subscribe()
    }

    /// The counter at which this upstream's adapter stands, if the rules know the upstream.
    #[must_use]
    pub fn desk(&self, upstream: UpstreamId) -> Option<Arc<dyn Desk>> {
        self.upstreams.get(upstream).map(|counter| counter as Arc<dyn Desk>)
    }

    /// Brings the gauges of links up to date. Returns the names of the upstreams to measure: those declared and enabled.
    pub fn measured(&self) -> BTreeSet<Box<str>> {
        show_standing(&self.peers, &self.upstreams);
        let rules = self.rules.load();
        let enabled = rules.upstreams().filter(|upstream| upstream.enabled);
        enabled.map(|upstream| upstream.name.clone()).collect()
    }

    /// The counter where doors ask rules.
    #[must_use]
    pub fn automation(&self) -> Arc<dyn Automation> {
        Arc::new(Calls {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            identifiers: Arc::clone(&self.reception.identifiers),
            acting: self.acting(),
            automating: Arc::new(self.automating()),
        })
    }

    /// Every upstream as it is now.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamView> {
        let rules = self.rules.load();
        let view = |counter: Arc<Counter>| {
            let (links, rate, is_held) = counter.view();
            let learnt = rules.upstream(counter.id).and_then(|upstream| self.forms.get(upstream));
            let standing = counter.standing();
            UpstreamView {
                id: counter.id,
                links,
                down_since: counter.down_since(),
                rate,
                is_held,
                used: standing.used,
                window: standing.window,
                round_trip: counter.round_trip(),
                learnt,
            }
        };
        self.upstreams.all().into_iter().map(view).collect()
    }

    /// Whether it is ready for traffic, and if not, why.
    ///
    /// # Errors
    /// The reasons, in words.
    pub fn ready(&self) -> Result<(), Vec<String>> {
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Relaxed) {
            reasons.push("the gateway is shutting down".to_owned());
        }
        reasons.extend(self.health.trouble());
        reasons.extend(self.peers.trouble().map(str::to_owned));
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    /// Returns when another process has opened the store as this node. Nothing is recorded any more then; who uses the
    /// engine ends without [`close`](Self::close).
    pub async fn superseded(&self) {
        self.peers.superseded().await;
    }

    /// Refuses new messages from now on; what is in hand goes on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.streams.end();
    }

    /// Ends the engine's work, once doors and adapters have ended theirs: waits until everything in hand is
    /// recorded, returns the rest to the store unmarked, and closes the store.
    pub async fn close(&self, patience: Duration) {
        let settled = async {
            while !self.inbox.is_settled() || self.upstreams.unsettled() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(patience, settled).await.is_err() {
            tracing::warn!("some messages were still unanswered; they will be marked as possibly sent twice");
        }
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
        if let Err(error) = self.telling().exchange().await {
            tracing::warn!(%error, "can't keep what was used of upstreams' limits");
        }
        for counter in self.upstreams.all() {
            if let Err(error) = self.store.release(counter.clear()).await {
                tracing::warn!(%error, "can't return unsent messages; they will be marked as possibly sent twice");
            }
        }
        self.store.close().await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(task));
    }
}

/// Upstreams of whose receipts other rules say something new.
fn taught(before: &Rules, after: &Rules) -> Vec<UpstreamId> {
    let says = |rules: &Rules, id| {
        rules.upstream(id).map(|it| (it.reference_form, it.carrier.clone(), it.place.clone()))
    };
    let ids = after.upstreams().map(|upstream| upstream.id);
    ids.filter(|id| says(before, *id).is_some_and(|said| Some(said) != says(after, *id))).collect()
}
