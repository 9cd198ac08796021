//! The counter of an upstream: what is ready to go, how fast it may, and how much of it is unsettled. Its adapter stands at
//! the other side, as at a [`Desk`](postrider_core::contract::Desk).

mod choice;
mod desk;
mod doubts;
mod fill;
mod full_queues;
mod limited;

use crate::backlog::Backlog;
use crate::binds::Binds;
use crate::clock::{Clock, instant};
use crate::consent::Holdings;
use crate::flow::Flow;
use crate::inbox::Inbox;
use crate::limiting::Limiting;
use crate::links::Links;
use crate::meters::{Meters, Standing};
use crate::peer_links::PeerLinks;
use crate::shelf::Shelf;
use choice::Choice;
use doubts::Doubts;
use full_queues::FullQueues;
use limited::{BindLimits, PeriodLimits};
use postrider_core::account::AccountId;
use postrider_core::budget::Period;
use postrider_core::contract::{LinkState, Unheard};
use postrider_core::delivery::{Delivery, Unanswered};
use postrider_core::id::MessageId;
use postrider_core::limit::{LimitMeters, Limited, PutOff};
use postrider_core::message::{Class, Message};
use postrider_core::node::{News, Nodes};
use postrider_core::numbering::Numbering;
use postrider_core::pace::Pace;
use postrider_core::pause::Pauses;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::time::Time;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How long at least an upstream whose limits are used up sends nothing, for what waits to go by another.
const USED_UP_FOR: Duration = Duration::from_mins(10);

/// One upstream's counter.
pub(crate) struct Counter {
    pub(crate) id: UpstreamId,
    pub(crate) meters: Meters,
    clock: Arc<dyn Clock>,
    inbox: Arc<Inbox>,
    nodes: Arc<dyn Nodes>,
    holdings: Arc<Holdings>,
    limiting: Arc<Limiting>,
    state: Mutex<State>,
    /// Parts that the carrier is to be asked about.
    asks: Mutex<VecDeque<Unheard>>,
    /// Whether any link of this node is up; read by routing for every message.
    up: AtomicBool,
    /// Whether binds have limits of their own; read for each batch that a link takes.
    limits_binds: AtomicBool,
    /// Whether binds differ from each other; read in each turn of a link.
    binds_differ: AtomicBool,
    /// What waits for it; read by routing where an upstream can be full.
    pub(crate) backlog: Backlog,
    /// The links of other nodes.
    pub(crate) peer_links: PeerLinks,
    /// Rises whenever an adapter may find more to do.
    version: watch::Sender<u64>,
    /// Rises whenever the binds change.
    binds_version: watch::Sender<u64>,
    /// Calls whoever leases messages from the store.
    refill: Notify,
}

/// The state of the counter. All of it changes under one lock.
struct State {
    shelf: Shelf,
    flow: Flow,
    pace: Pace,
    full_queues: FullQueues,
    limited: PeriodLimits,
    bind_limits: BindLimits,
    choice: Choice,
    doubts: Doubts,
    binds: Binds,
    links: Links,
    /// The upstream as the rules have it, over all nodes; `None` when it is no more.
    upstream: Option<Upstream>,
    pauses: Pauses,
    numbering: Numbering,
    /// How long the carrier takes to answer a part, smoothed; `None` before the first answer.
    round_trip: Option<Duration>,
}

impl State {
    /// Whether messages may be given out at all.
    fn is_open(&self, now: Instant, time: Time) -> bool {
        let is_enabled = |upstream: &Upstream| upstream.enabled && !self.pauses.holds(upstream.id, time);
        self.binds.may_send(now) && self.upstream.as_ref().is_some_and(is_enabled)
    }

    /// Until when a message is put off by a pause, and by which. One of which the carrier has parts goes on.
    fn paused(&self, delivery: &Delivery, now: Time) -> Option<(Time, Box<str>)> {
        let message = &delivery.message;
        let held = self.pauses.held(message, delivery.upstream, &self.numbering, now);
        let (pause, until) = held.filter(|_| delivery.taken.count() == 0)?;
        Some((until, format!("{}: {}", pause.name, pause.reason).into()))
    }

    /// Until when a message is put off by a limit, and by which. One of which the carrier has parts goes on, and counts.
    fn limited(&self, delivery: &Delivery, meters: &mut LimitMeters, now: Time) -> Option<PutOff> {
        let limited =
            Limited { message: &delivery.message, upstream: delivery.upstream, numbering: &self.numbering };
        meters.admit(limited, now).err().filter(|_| delivery.taken.count() == 0)
    }

    /// This node's share of the window.
    fn window(&self) -> usize {
        let share = |upstream: &Upstream| self.binds.share_of_window(upstream.window, upstream.binds);
        self.upstream.as_ref().map_or(0, share)
    }

    /// Smooths the time that the carrier takes to answer, so that one late answer doesn't stand for all.
    fn smooth_round_trip(&mut self, mean: Duration) {
        self.round_trip = Some(self.round_trip.map_or(mean, |known| (known * 7 + mean) / 8));
    }

    /// The share of limits that is this node's.
    fn share(&self) -> f64 {
        self.upstream.as_ref().map_or(0.0, |upstream| self.binds.share_of_rate(1.0, upstream.binds))
    }

    /// Holds the pace to this node's share of the rate.
    fn share_rate(&mut self) {
        let share = |upstream: &Upstream| Some(self.binds.share_of_rate(upstream.rate?, upstream.binds));
        let rate = self.upstream.as_ref().and_then(share);
        self.pace.set_limit(rate);
    }

    /// Whether a message that was in hand when a node stopped is not to be sent, since it may have been.
    fn is_in_doubt(&mut self, delivery: &Delivery) -> bool {
        let Some(upstream) = &self.upstream else { return false };
        if upstream.unanswered[delivery.message.class as usize] == Unanswered::Retry {
            return false;
        }
        // The node may have had all binds.
        let most = upstream.window + Flow::unrecorded_max(upstream.window);
        self.doubts.may_have_been_sent(delivery, most)
    }

    /// Whether the next message may be given out, as far as window and records go.
    fn takes_next(&mut self) -> bool {
        let (flow, window) = (self.flow, self.window());
        self.shelf.front().is_some_and(|next| flow.takes(next.message.parts.into(), window))
    }

    /// Takes the next message off the shelf, if it may be given out as far as this window and records go.
    fn next(&mut self, window: usize) -> Option<Delivery> {
        let flow = self.flow;
        self.shelf.pop_if(|next| flow.takes(next.message.parts.into(), window))
    }
}

impl Counter {
    pub(crate) fn new(
        upstream: &Upstream,
        clock: Arc<dyn Clock>,
        inbox: Arc<Inbox>,
        nodes: Arc<dyn Nodes>,
        holdings: Arc<Holdings>,
        limiting: Arc<Limiting>,
    ) -> Self {
        let mut shelf = Shelf::new();
        shelf.reserve(upstream.reserved);
        let state = State {
            shelf,
            flow: Flow::default(),
            pace: Pace::new(upstream.rate, clock.now()),
            full_queues: FullQueues::default(),
            limited: PeriodLimits::default(),
            bind_limits: BindLimits::default(),
            choice: Choice::default(),
            doubts: Doubts::default(),
            binds: Binds::none(instant()),
            links: Links::default(),
            upstream: Some(upstream.clone()),
            pauses: Pauses::default(),
            numbering: Numbering::default(),
            round_trip: None,
        };
        Self {
            id: upstream.id,
            meters: Meters::new(&upstream.name),
            clock,
            inbox,
            nodes,
            holdings,
            limiting,
            state: Mutex::new(state),
            asks: Mutex::default(),
            up: AtomicBool::new(false),
            limits_binds: AtomicBool::new(false),
            binds_differ: AtomicBool::new(false),
            backlog: Backlog::default(),
            peer_links: PeerLinks::default(),
            version: watch::Sender::new(1),
            binds_version: watch::Sender::new(1),
            refill: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asks(&self) -> MutexGuard<'_, VecDeque<Unheard>> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The adapter may find more to do.
    pub(crate) fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Whether it is this node that asks the carrier about parts, and those laid out before were asked about.
    pub(crate) fn may_ask(&self) -> bool {
        self.is_up() && self.state().binds.keeps(0) && self.asks().is_empty()
    }

    /// Lays out parts that the carrier is to be asked about.
    pub(crate) fn lay_out(&self, parts: impl Iterator<Item = Unheard>) {
        let mut asks = self.asks();
        asks.extend(parts);
        let is_empty = asks.is_empty();
        drop(asks);
        if !is_empty {
            self.bump();
        }
    }

    /// Takes on what the rules say.
    pub(crate) fn configure(&self, rules: &Rules) {
        let upstream = rules.upstream(self.id);
        self.backlog.limit(upstream.and_then(|upstream| upstream.full_at));
        let mut state = self.state();
        state.upstream = upstream.map(|upstream| (**upstream).clone());
        let limits = upstream.map(|upstream| upstream.limits).unwrap_or_default();
        state.limited.set(limits);
        state.bind_limits.set(upstream.map(|upstream| &**upstream));
        state.choice.set(upstream.map_or(&[][..], |upstream| &upstream.each_bind));
        self.limits_binds.store(state.bind_limits.are_some(), Ordering::Relaxed);
        self.binds_differ.store(state.choice.is_on(), Ordering::Relaxed);
        self.backlog.set_left(u64::MAX);
        state.pauses = rules.pauses.clone();
        state.numbering = rules.numbering.clone();
        if let Some(upstream) = upstream {
            state.shelf.reserve(upstream.reserved);
        }
        state.share_rate();
        drop(state);
        self.bump();
        self.refill.notify_one();
    }

    /// Takes on which binds are this node's to keep from now on. Tells whether it has none any more.
    pub(crate) fn assign(&self, binds: BTreeSet<u16>) -> bool {
        let mut state = self.state();
        let had_some = !state.binds.kept().is_empty();
        let loses_all = had_some && binds.is_empty();
        if state.binds.assign(binds) {
            self.binds_changed(state);
        }
        loses_all
    }

    fn binds_changed(&self, mut state: MutexGuard<'_, State>) {
        state.share_rate();
        drop(state);
        self.binds_version.send_modify(|version| *version += 1);
        self.bump();
        self.refill.notify_one();
    }

    /// Takes on until when the binds are this node's for sure.
    pub(crate) fn trust(&self, until: Instant) {
        let were_in_doubt = self.state().binds.trust(until, instant());
        if were_in_doubt {
            self.bump();
        }
    }

    /// Gives up all binds at once: other nodes may take them at any moment.
    pub(crate) fn fence(&self) {
        self.peer_links.set_up(false);
        let mut state = self.state();
        if state.binds.fence() {
            self.binds_changed(state);
        }
    }

    /// Whether this node has a link of the bind, in whatever state that is not [`LinkState::Elsewhere`].
    pub(crate) fn is_linked(&self, bind: u16) -> bool {
        let state = self.state();
        let binds = state.upstream.as_ref().map_or(1, |upstream| upstream.binds);
        state.links.binds(binds).contains(&bind)
    }

    /// Whether a link of this node is up: a message may expect to leave at once.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Whether a link of any node is up: the upstream is a way out.
    pub(crate) fn is_up_anywhere(&self) -> bool {
        self.is_up() || self.peer_links.is_up()
    }

    /// Whether its limits of a day or a month are used up, and nothing goes out for a long time. Then what waits goes by another upstream, if its
    /// plan has one.
    pub(crate) fn is_used_up(&self) -> bool {
        let now = self.clock.now();
        self.backlog.has_none_left() && Period::Day.end(now).since(now) >= USED_UP_FOR
    }

    /// Promises a place on the shelf to a message, if it may go past the store's queue: no older message of its account
    /// and class waits there.
    pub(crate) fn promise(&self, message: &Message, now: Time) -> bool {
        if message.leaves_from() > now {
            return false;
        }
        let mut state = self.state();
        let may_leave = state.is_open(instant(), now) && self.is_up() && !self.is_used_up();
        state.shelf.promise(message.class, message.account, may_leave)
    }

    /// Puts accepted messages on the shelf, each in the place that was promised to it.
    pub(crate) fn keep(&self, deliveries: impl IntoIterator<Item = Delivery>) {
        let mut state = self.state();
        deliveries.into_iter().for_each(|delivery| state.shelf.keep(delivery));
        drop(state);
        self.bump();
    }

    /// Gives a promised place up: the message was not stored.
    pub(crate) fn withdraw(&self, class: Class, account: AccountId) {
        self.state().shelf.withdraw(class, account);
    }

    /// Takes note that messages of these classes and accounts were accepted and left in the store.
    pub(crate) fn leave(&self, left: impl IntoIterator<Item = (Class, AccountId)>) {
        let mut state = self.state();
        left.into_iter().for_each(|(class, account)| state.shelf.leave(class, account));
        drop(state);
        self.refill.notify_one();
    }

    /// Takes note that messages for this upstream are in the store. Other nodes hear of it where this one has no link.
    pub(crate) fn look_again(&self) {
        self.refill.notify_one();
    }

    /// The same, of messages that this node has put there: other nodes hear of it where this one has no link.
    pub(crate) fn queued(&self) {
        self.look_again();
        if !self.nodes.is_alone() && !self.is_up() {
            self.nodes.tell(vec![News::Queue(self.id)]);
        }
    }

    /// Puts back what was taken and answered without having been sent.
    pub(crate) fn put_back(&self, delivery: Delivery) {
        let mut state = self.state();
        state.flow.record(delivery.message.parts.into());
        state.shelf.put_back(delivery);
        drop(state);
        self.bump();
    }

    /// Takes note that answers of so many parts are recorded.
    pub(crate) fn recorded(&self, parts: usize) {
        let mut state = self.state();
        let was_held_up = state.flow.is_held_up(state.window());
        state.flow.record(parts);
        drop(state);
        if was_held_up {
            self.bump();
        }
    }

    /// Takes a message off the shelf, if it is on it and the viewer sees it.
    pub(crate) fn pick(&self, viewer: Viewer, message: MessageId) -> Option<Delivery> {
        self.state().shelf.pick(viewer, message)
    }

    /// Clears the shelf: the upstream goes away, or the gateway does.
    pub(crate) fn clear(&self) -> Vec<MessageId> {
        self.state().shelf.clear()
    }

    /// The time that what is ready or unanswered takes: by the rate, or else by the window.
    #[expect(clippy::cast_precision_loss, reason = "these are thousands")]
    pub(crate) fn load(&self) -> f64 {
        let state = self.state();
        let parts = state.shelf.len() + state.flow.unsettled();
        let speed = state.pace.rate().unwrap_or_else(|| state.window() as f64);
        parts as f64 / speed.max(1.0)
    }

    /// Parts that went out this month, as far as is known.
    pub(crate) fn used_this_month(&self) -> u64 {
        self.state().limited.used_this_month(self.clock.now())
    }

    /// Parts given out and not yet recorded.
    pub(crate) fn unsettled(&self) -> usize {
        self.state().flow.unsettled()
    }

    /// The counter as people see it: links, rate in force, and whether the carrier holds it down.
    pub(crate) fn view(&self) -> (Vec<LinkState>, Option<f64>, bool) {
        let state = self.state();
        (state.links.states_at(self.clock.now()), state.pace.rate(), state.pace.is_held())
    }

    /// How long the carrier takes to answer a part, as this node has seen it lately.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.state().round_trip
    }

    /// Since when none of its links is up here, if none is.
    pub(crate) fn down_since(&self) -> Option<Time> {
        self.state().links.down_since()
    }

    /// The counter as monitoring sees it.
    pub(crate) fn standing(&self) -> Standing {
        let state = self.state();
        Standing {
            used: state.flow.in_flight(),
            window: state.window(),
            rate: state.pace.rate(),
            links: state.links.states(),
        }
    }

    /// How long until the rate permits the next part, if something is ready and there is room for it.
    fn turn(&self) -> Option<Duration> {
        let mut state = self.state();
        let now = self.clock.now();
        let waits = state.is_open(instant(), now) && state.takes_next();
        waits.then(|| state.pace.wait(now).max(state.limited.wait(now)).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests;
