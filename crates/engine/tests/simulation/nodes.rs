//! Nodes on one store in memory: who lives and who holds what, as PostgreSQL keeps it (`migrations/postgres`, `beat` and
//! those after it).

use crate::clock::VirtualClock;
use crate::dice::Dice;
use crate::life::Life;
use postrider_core::contract::StoreError;
use postrider_core::id::MessageId;
use postrider_core::node::{LIFE, Lease, News, Node, Presence, TRUST};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_engine::Clock;
use postrider_store::sqlite::Memory;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long after its last beat a process whose number another has taken keeps its binds.
const PARTING: Duration = TRUST.saturating_add(Duration::from_secs(1));

/// What all nodes agree on.
pub(crate) struct Registry {
    memory: Memory,
    clock: VirtualClock,
    state: Mutex<State>,
}

/// A node, and the negative of its number for the process that had it before and is parting.
type Number = i16;

struct State {
    dice: Dice,
    nodes: BTreeMap<Number, Row>,
    leases: BTreeMap<Lease, Number>,
    epochs: BTreeMap<u8, u64>,
    ears: BTreeMap<u8, UnboundedSender<News>>,
    /// The processes that are the nodes.
    lives: BTreeMap<u8, Arc<Life>>,
    /// Messages all of whose parts were reported, and a name that still waits for each.
    gathered: BTreeMap<MessageId, (UpstreamId, Box<str>)>,
    /// News in a thousand that get lost.
    losing: u64,
}

#[derive(Clone)]
struct Row {
    /// Since when it has what it has in hand.
    life: Time,
    /// Since when its beats have come in time.
    steady: Time,
    since: Time,
    beaten: Time,
    until: Time,
    presence: Presence,
}

/// What a beat brings back.
pub(crate) struct Beat {
    pub(crate) now: Time,
    pub(crate) life: Time,
    pub(crate) nodes: Vec<Node>,
}

impl Registry {
    pub(crate) fn new(memory: Memory, clock: VirtualClock, dice: Dice, losing: u64) -> Self {
        let state = State {
            dice,
            nodes: BTreeMap::new(),
            leases: BTreeMap::new(),
            epochs: BTreeMap::new(),
            ears: BTreeMap::new(),
            lives: BTreeMap::new(),
            gathered: BTreeMap::new(),
            losing,
        };
        Self { memory, clock, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the number, from whoever has it; returns the epoch that begins, and what there will be to hear.
    pub(crate) fn join(&self, life: &Arc<Life>) -> (u64, UnboundedReceiver<News>) {
        let number = life.node;
        let now = self.clock.now();
        let this = Number::from(number);
        let (ear, heard) = unbounded_channel();
        let mut state = self.state();
        state.leases.retain(|lease, node| *node != this || matches!(lease, Lease::Bind(..)));
        state.leases.values_mut().filter(|node| **node == this).for_each(|node| *node = -this);
        if let Some(mut before) = state.nodes.remove(&this) {
            before.until = before.until.min(before.beaten + PARTING);
            state.nodes.insert(-this, before);
        }
        let (until, presence) = (now + LIFE, Presence::default());
        let row = Row { life: now, steady: now, since: now, beaten: now, until, presence };
        state.nodes.insert(this, row);
        state.ears.insert(number, ear);
        if let Some(before) = state.lives.insert(number, Arc::clone(life)) {
            before.doubt();
        }
        let epoch = state.epochs.entry(number).or_default();
        *epoch += 1;
        (*epoch, heard)
    }

    /// Whether the node is still this process.
    ///
    /// # Errors
    /// When another process has its number.
    pub(crate) fn check(&self, number: u8, epoch: u64) -> Result<(), StoreError> {
        let current = self.state().epochs.get(&number) == Some(&epoch);
        if current { Ok(()) } else { Err(StoreError::Superseded) }
    }

    /// Lives on.
    pub(crate) fn beat(&self, number: u8, presence: &Presence) -> Beat {
        let now = self.clock.now();
        let mut state = self.state();
        let row = match state.nodes.get(&number.into()) {
            Some(row) if row.until > now => row.clone(),
            Some(row) => Row { steady: now, ..row.clone() },
            None => {
                drop(state);
                self.free_hands(number.into());
                state = self.state();
                Row {
                    life: now,
                    steady: now,
                    since: now,
                    beaten: now,
                    until: now,
                    presence: Presence::default(),
                }
            }
        };
        let life = row.life;
        let row = Row { beaten: now, until: now + LIFE, presence: presence.clone(), ..row };
        state.nodes.insert(number.into(), row);
        Beat { now, life, nodes: state.living(now) }
    }

    /// Takes those leases that nobody living holds; `others` says to take also what others hold.
    pub(crate) fn hold(&self, number: u8, wanted: Vec<Lease>, others: bool) -> Vec<Lease> {
        let now = self.clock.now();
        let this = Number::from(number);
        let mut state = self.state();
        let mut held = Vec::new();
        for lease in wanted {
            let is_free = state
                .leases
                .get(&lease)
                .is_none_or(|holder| *holder == this || !state.is_living(*holder, now));
            if state.is_living(this, now) && (is_free || others) {
                state.leases.insert(lease, this);
                held.push(lease);
            }
        }
        held
    }

    pub(crate) fn let_go(&self, number: u8, leases: &[Lease]) {
        self.state().leases.retain(|lease, node| *node != Number::from(number) || !leases.contains(lease));
    }

    /// Forgets the dead, and returns to the queue what they had in hand; says who they were and how many messages it was.
    pub(crate) fn rescue(&self, number: u8) -> (Vec<u8>, usize) {
        let now = self.clock.now();
        let mut state = self.state();
        let is_steady = state.nodes.get(&number.into()).is_some_and(|row| row.steady + LIFE <= now);
        if !is_steady {
            return (Vec::new(), 0);
        }
        let dead: Vec<Number> =
            state.nodes.iter().filter(|(_, row)| row.until <= now).map(|(number, _)| *number).collect();
        for number in &dead {
            state.leases.retain(|_, node| node != number);
            state.nodes.remove(number);
            if let Some(life) = u8::try_from(*number).ok().and_then(|number| state.lives.get(&number)) {
                life.doubt();
            }
        }
        drop(state);
        let rescued = dead.iter().map(|number| self.free_hands(*number)).sum();
        (dead.into_iter().filter_map(|number| u8::try_from(number).ok()).collect(), rescued)
    }

    fn free_hands(&self, number: Number) -> usize {
        u8::try_from(number).map_or(0, |number| self.memory.take_up(number).unwrap())
    }

    /// Leaves the others: what it held is free.
    pub(crate) fn leave(&self, number: u8, epoch: u64) {
        if self.check(number, epoch).is_ok() {
            let this = Number::from(number);
            let mut state = self.state();
            state.leases.retain(|_, node| *node != this);
            state.nodes.remove(&this);
            state.ears.remove(&number);
        }
    }

    /// Tells the others soon, unless it gets lost.
    pub(crate) fn tell(self: &Arc<Self>, number: u8, news: Vec<News>) {
        let mut state = self.state();
        let losing = state.losing;
        let news: Vec<News> = news.into_iter().filter(|_| !state.dice.chance(losing)).collect();
        let delay = state.dice.span(Duration::from_millis(1), Duration::from_millis(300));
        drop(state);
        let registry = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let state = registry.state();
            for (_, ear) in state.ears.iter().filter(|(ear, _)| **ear != number) {
                // Who has died hears nothing.
                news.iter().for_each(|news| {
                    let _gone = ear.send(*news);
                });
            }
        });
    }

    /// Has all nodes look at everything, as they do when they may have missed something.
    pub(crate) fn tell_all(&self, nodes: impl Iterator<Item = u8>) {
        let state = self.state();
        for ear in nodes.filter_map(|node| state.ears.get(&node)) {
            let _gone = ear.send(News::Anything);
        }
    }

    /// The nodes that live now.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.state().living(self.clock.now())
    }

    /// News get lost no more.
    pub(crate) fn clear_up(&self) {
        self.state().losing = 0;
    }

    /// Keeps a message all of whose parts were reported, though no node saw the end.
    pub(crate) fn gather(&self, message: MessageId, name: (UpstreamId, Box<str>)) {
        self.state().gathered.insert(message, name);
    }

    /// Such messages, with a name that waits for each.
    pub(crate) fn gathered(&self) -> Vec<(MessageId, (UpstreamId, Box<str>))> {
        self.state().gathered.iter().map(|(message, name)| (*message, name.clone())).collect()
    }

    /// A gathered message has ended.
    pub(crate) fn scatter(&self, message: MessageId) {
        self.state().gathered.remove(&message);
    }
}

impl State {
    fn is_living(&self, number: Number, now: Time) -> bool {
        self.nodes.get(&number).is_some_and(|row| row.until > now)
    }

    fn living(&self, now: Time) -> Vec<Node> {
        let living = self.nodes.iter().filter(|(number, row)| **number > 0 && row.until > now);
        living
            .map(|(number, row)| Node {
                number: u8::try_from(*number).unwrap(),
                since: row.since,
                beaten: row.beaten,
                presence: row.presence.clone(),
                holds: self
                    .leases
                    .iter()
                    .filter(|(_, node)| *node == number)
                    .map(|(lease, _)| *lease)
                    .collect(),
            })
            .collect()
    }
}
