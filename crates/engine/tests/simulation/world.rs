//! The world of a run: nodes on one store, carriers and clients; what befalls them; and how it all ends well.

use crate::carrier::Carrier;
use crate::check::{Checks, Fault};
use crate::client::{self, Sender};
use crate::clock::{VirtualClock, instant};
use crate::dice::Dice;
use crate::handsets::Handsets;
use crate::nodes::Registry;
use crate::operator;
use crate::process::Process;
use crate::scenario::{Odds, Scenario};
use crate::seen::{Books, Seen};
use crate::weather::Weather;
use crate::witness::Witness;
use postrider_core::contract::{Credits, EntryFilter, Filter, Store};
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_store::sqlite::{Memory, Settings, Sqlite};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::sleep;

/// The number of nobody's node, as which the witness looks into the store.
const NOBODY: u8 = 254;

/// What a run came to.
pub(crate) struct Verdict {
    pub(crate) faults: Vec<Fault>,
    /// The stories of the messages that the faults are about.
    pub(crate) stories: Vec<String>,
    pub(crate) fingerprint: u64,
    pub(crate) span: Duration,
    pub(crate) messages: usize,
    pub(crate) copies: usize,
    pub(crate) deaths: usize,
}

/// Everything that outlives the nodes.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) clock: VirtualClock,
    pub(crate) memory: Memory,
    pub(crate) witness: Arc<Witness>,
    pub(crate) handsets: Arc<Handsets>,
    pub(crate) weather: Arc<Weather>,
    /// What nodes agree on, where there are several.
    pub(crate) registry: Option<Arc<Registry>>,
    pub(crate) carriers: Arc<BTreeMap<UpstreamId, Arc<Carrier>>>,
    store: Arc<Sqlite>,
    processes: Mutex<BTreeMap<u8, Arc<Process>>>,
    dice: Mutex<Dice>,
    count: AtomicU64,
    calm: AtomicBool,
}

/// Runs a scenario from its beginning to its end, in virtual time, on this thread.
pub(crate) fn run(scenario: Scenario) -> Verdict {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let began = instant();
        let world = World::new(scenario);
        world.open().await;
        world.befall().await;
        world.settle().await;
        world.close(began.elapsed()).await
    })
}

impl World {
    fn new(scenario: Scenario) -> Arc<Self> {
        let mut dice = Dice::new(scenario.seed);
        let clock = VirtualClock::start();
        let memory = Memory::new().unwrap();
        let store = memory.open(Settings { node: NOBODY, ..Settings::default() }).unwrap();
        let checks = Checks::new(&scenario);
        let witness = Arc::new(Witness::new(clock, Arc::clone(&store), checks));
        let odds = scenario.odds;
        let registry = (scenario.nodes > 1)
            .then(|| Arc::new(Registry::new(memory.clone(), clock, dice.fork("nodes"), odds.store)));
        let carrier = |id: UpstreamId, dice: &mut Dice| {
            (id, Carrier::new(id, scenario.manners[&id], Arc::clone(&witness), dice.fork("carrier"), odds))
        };
        let carriers: BTreeMap<_, _> =
            scenario.upstreams.iter().map(|upstream| carrier(upstream.id, &mut dice)).collect();
        befriend(&scenario, &carriers);
        Arc::new(Self {
            weather: Arc::new(Weather::new(dice.fork("weather"), odds.store)),
            scenario,
            clock,
            memory,
            witness,
            handsets: Arc::default(),
            registry,
            carriers: Arc::new(carriers),
            store,
            processes: Mutex::default(),
            dice: Mutex::new(dice),
            count: AtomicU64::new(0),
            calm: AtomicBool::new(false),
        })
    }

    fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Dice of their own for somebody.
    pub(crate) fn fork(&self, name: &str) -> Dice {
        self.dice(|dice| dice.fork(name))
    }

    /// A number that nothing else has.
    pub(crate) fn next_number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether clients have stopped sending, and nothing goes wrong any more.
    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// How often things go wrong now.
    pub(crate) fn odds(&self) -> Odds {
        if self.is_calm() { Odds { store: 0, carrier: 0, receipt: 0, client: 0 } } else { self.scenario.odds }
    }

    /// One of the nodes that take something in.
    pub(crate) fn node(&self, dice: &mut Dice) -> Option<Arc<Process>> {
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let serving: Vec<_> = processes.values().filter(|process| process.serves()).collect();
        (!serving.is_empty()).then(|| Arc::clone(*dice.pick(&serving)))
    }

    fn put(&self, process: Arc<Process>) -> Option<Arc<Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner).insert(process.life.node, process)
    }

    async fn open(self: &Arc<Self>) {
        for carrier in self.carriers.values() {
            tokio::spawn(Arc::clone(carrier).live());
        }
        for number in 1..=self.scenario.nodes {
            self.start(number, Duration::ZERO).await;
        }
        for account in &self.scenario.accounts {
            for _ in 0..2 {
                let sender = Sender::new(Arc::clone(self), account.clone(), self.fork("sender"));
                tokio::spawn(sender.run());
            }
            tokio::spawn(client::listen(Arc::clone(self), account.id, self.fork("listener")));
        }
        // Dice of their own: what is drawn here leaves the rest of a seed as it was.
        tokio::spawn(operator::release(Arc::clone(self), Dice::new(self.scenario.seed).fork("operator")));
    }

    /// Starts a node after a while, however often it takes.
    async fn start(self: &Arc<Self>, number: u8, after: Duration) {
        sleep(after).await;
        loop {
            match Process::start(self, number).await {
                Ok(process) => break drop(self.put(process)),
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Lets time pass, and things go wrong.
    async fn befall(self: &Arc<Self>) {
        let over = instant() + self.scenario.busy;
        while instant() < over {
            let calm = self.dice(|dice| dice.span(Duration::from_secs(1), self.scenario.calm));
            sleep(calm).await;
            if self.scenario.odds != (Odds { store: 0, carrier: 0, receipt: 0, client: 0 }) {
                self.befall_once().await;
            }
        }
    }

    async fn befall_once(self: &Arc<Self>) {
        let mut dice = self.fork("misfortune");
        let brief = dice.span(Duration::from_millis(100), Duration::from_secs(25));
        let hangs = dice.chance(500);
        let nodes = self.scenario.nodes;
        let one = dice.between(1, nodes.into()) as u8;
        match dice.between(0, 9) {
            0..=3 => self.crash(&mut dice, brief),
            4 => self.restart(&mut dice, brief),
            5 => self.weather.keep_away(1..=nodes, brief, hangs),
            6 | 7 => self.weather.keep_away(std::iter::once(one), brief, hangs),
            8 => {
                let carriers: Vec<_> = self.carriers.values().collect();
                dice.pick(&carriers).go_down(dice.span(Duration::from_secs(1), Duration::from_mins(10)));
            }
            _ => self.replace(one),
        }
    }

    fn crash(self: &Arc<Self>, dice: &mut Dice, after: Duration) {
        if let Some(process) = self.node(dice) {
            process.crash(self);
            let world = Arc::clone(self);
            tokio::spawn(async move { world.start(process.life.node, after).await });
        }
    }

    fn restart(self: &Arc<Self>, dice: &mut Dice, after: Duration) {
        if let Some(process) = self.node(dice) {
            let world = Arc::clone(self);
            tokio::spawn(async move {
                process.stop(&world).await;
                world.start(process.life.node, after).await;
            });
        }
    }

    /// Starts another process as a node that lives, where several may use the store at once.
    fn replace(self: &Arc<Self>, number: u8) {
        if self.registry.is_some() && self.serves(number) {
            let world = Arc::clone(self);
            tokio::spawn(async move { world.start(number, Duration::ZERO).await });
        }
    }

    fn serves(&self, number: u8) -> bool {
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.get(&number).is_some_and(|process| process.serves())
    }

    /// Makes all well, and waits until every message has come to its end and every client knows.
    async fn settle(self: &Arc<Self>) {
        self.calm.store(true, Ordering::Relaxed);
        self.weather.clear_up();
        self.carriers.values().for_each(|carrier| carrier.clear_up());
        if let Some(registry) = &self.registry {
            registry.clear_up();
            registry.tell_all(1..=self.scenario.nodes);
        }
        let late = instant() + self.scenario.settling;
        while instant() < late && !self.is_settled().await {
            sleep(Duration::from_secs(30)).await;
        }
    }

    async fn is_settled(&self) -> bool {
        let depths = self.store.depths().await.unwrap();
        let queued: u64 = depths.queued.iter().map(|(_, queued)| queued).sum();
        queued == 0 && depths.awaited == 0 && depths.notices == 0
    }

    /// What the store keeps of money.
    async fn books(&self) -> Books {
        let filter = EntryFilter { account: None, kind: None, before: None, limit: usize::MAX };
        let mut books = Books {
            balances: self.store.balances(None).await.unwrap(),
            entries: self.store.entries(filter).await.unwrap(),
            messages: Vec::new(),
        };
        let mut filter = Filter::all(Viewer::Everything, 1_000);
        loop {
            let page = self.store.list(filter.clone()).await.unwrap();
            books.messages.extend(page.entries.into_iter().map(|entry| (entry.message, entry.outcome)));
            match page.next {
                Some(next) => filter.before = Some(next),
                None => return books,
            }
        }
    }

    async fn close(&self, span: Duration) -> Verdict {
        let messages = self.witness.messages();
        for message in &messages {
            let history = self.witness.history(*message).await.map(Box::new);
            self.witness.saw(0, Seen::Final { message: *message, history });
        }
        self.witness.saw(0, Seen::Books(Box::new(self.books().await)));
        self.witness.saw(0, Seen::Over);
        let faults = self.witness.faults();
        let of_faults: BTreeSet<_> = faults.iter().filter_map(|fault| fault.message).collect();
        let stories = if std::env::var_os(crate::LOG).is_some() {
            self.witness.story(None)
        } else {
            of_faults.into_iter().flat_map(|message| self.witness.story(Some(message))).collect()
        };
        Verdict {
            faults,
            stories,
            fingerprint: self.witness.fingerprint(),
            span,
            messages: messages.len(),
            copies: self.witness.count(|seen| matches!(seen, Seen::Copy { .. })),
            deaths: self.witness.count(|seen| matches!(seen, Seen::Died(_))),
        }
    }
}

/// Makes upstreams of one carrier each other's fellows, in a ring.
fn befriend(scenario: &Scenario, carriers: &BTreeMap<UpstreamId, Arc<Carrier>>) {
    let of_one: Vec<_> = scenario.upstreams.iter().filter(|upstream| upstream.carrier.is_some()).collect();
    if of_one.len() > 1 {
        for (upstream, fellow) in of_one.iter().zip(of_one.iter().cycle().skip(1)) {
            carriers[&upstream.id].befriend(&carriers[&fellow.id]);
        }
    }
}
