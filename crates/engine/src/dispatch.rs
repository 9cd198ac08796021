//! The counters at which upstreams fetch their work: what is ready to go, how fast it may, and how much of
//! it is in hand. What doesn't fit stays in the store and is leased as room appears.

use crate::clock::Clock;
use crate::elsewhere::Elsewhere;
use crate::inbox::Inbox;
use crate::meters::{Meters, Standing};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{self, Answer, Desk, Late, LinkState, Store, StoreError, Unheard};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::node::{News, Nodes};
use postrider_core::pace::Pace;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot, watch};

/// Deliveries held ready for one upstream; the rest of its queue stays in the store.
const READY_MAX: usize = 8_192;
/// How often the store is asked for messages whose time has come: scheduled ones and retries.
const LEASE_EVERY: Duration = Duration::from_millis(500);
/// How long an upstream may be down before what is on its shelf goes back to the store, where its time can run out and
/// it can be found by whoever looks for it.
const CLEAR_AFTER: Duration = Duration::from_secs(5);
/// How long answers are waited for when a bind is given up to another node that will take its place.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How long they are waited for when others may take the bind's place at any moment.
const FENCED: Duration = Duration::from_millis(500);
/// How many are leased at once.
const LEASE_MOST: usize = 1_000;

/// One upstream's counter.
pub(crate) struct Counter {
    pub(crate) id: UpstreamId,
    pub(crate) meters: Meters,
    clock: Arc<dyn Clock>,
    inbox: Arc<Inbox>,
    nodes: Arc<dyn Nodes>,
    shelf: Mutex<Shelf>,
    /// Parts that the carrier is to be asked about.
    asks: Mutex<VecDeque<Unheard>>,
    /// Whether any link of this node is up; read by routing for every message.
    up: AtomicBool,
    /// The links of other nodes.
    pub(crate) elsewhere: Elsewhere,
    /// The binds that are this node's to keep.
    kept: watch::Sender<BTreeSet<u16>>,
    /// Whether binds are given up because this node can't be sure of them any more.
    fenced: AtomicBool,
    version: watch::Sender<u64>,
    refill: Notify,
}

struct Shelf {
    ready: [VecDeque<Delivery>; Class::ALL.len()],
    /// Room promised to messages that are being stored.
    reserved: usize,
    pace: Pace,
    /// Parts given out and not yet recorded. They are what a crash could send twice, so they are held to
    /// the upstream's window.
    in_hand: usize,
    /// The upstream as the rules have it, over all nodes; `None` when it is no more.
    upstream: Option<Upstream>,
    /// How many of its binds this node keeps: that is its share of window and rate.
    binds: u16,
    /// Until when they are this node's for sure. It is looked at here, since whoever would stop the sending may come too late
    /// when the whole process stood still.
    trusted: Instant,
    /// Whether the store holds more messages, due and in nobody's hands, than one lease gave: they go first.
    backlog: bool,
    /// Whether a few were left in the store since the last lease began, and how often that happened: what came after them
    /// is held until they are here.
    behind: bool,
    left: u64,
    held: Vec<Delivery>,
    /// How each link stands, and since when.
    links: BTreeMap<usize, (LinkState, Time)>,
    /// Since when no link is up, if none is.
    down_since: Option<Time>,
}

impl Shelf {
    fn count(&self) -> usize {
        self.ready.iter().map(VecDeque::len).sum::<usize>() + self.held.len()
    }

    fn lane(&mut self, class: Class) -> &mut VecDeque<Delivery> {
        &mut self.ready[class as usize]
    }

    /// Whether messages may be given out at all.
    fn is_open(&self) -> bool {
        self.binds > 0
            && Instant::now() < self.trusted
            && self.upstream.as_ref().is_some_and(|upstream| upstream.enabled)
    }

    /// This node's share of the window.
    fn window(&self) -> usize {
        let share = |upstream: &Upstream| {
            upstream.window * usize::from(self.binds) / usize::from(upstream.binds.max(1))
        };
        self.upstream.as_ref().map_or(0, share)
    }

    /// This node's share of the rate.
    fn rate(&self) -> Option<f64> {
        let upstream = self.upstream.as_ref()?;
        upstream.rate.map(|rate| rate * f64::from(self.binds) / f64::from(upstream.binds.max(1)))
    }

    /// Parts that may be given out besides those that are. A message longer than the window goes alone.
    fn room(&self) -> usize {
        if self.in_hand == 0 { usize::MAX } else { self.window().saturating_sub(self.in_hand) }
    }

    /// Whether the next message fits into this many parts.
    fn fits(&self, room: usize) -> bool {
        let next = self.ready.iter().find_map(VecDeque::front);
        next.is_some_and(|delivery| usize::from(delivery.message.parts) <= room)
    }

    fn put(&mut self, deliveries: impl IntoIterator<Item = Delivery>) {
        for delivery in deliveries {
            self.lane(delivery.message.class).push_back(delivery);
        }
    }

    /// What was held back has its turn.
    fn let_held_go(&mut self) {
        self.behind = false;
        let held = std::mem::take(&mut self.held);
        self.put(held);
    }

    fn next(&mut self) -> Option<Delivery> {
        self.ready.iter_mut().find_map(VecDeque::pop_front)
    }
}

impl Counter {
    pub(crate) fn new(
        upstream: &Upstream,
        clock: Arc<dyn Clock>,
        inbox: Arc<Inbox>,
        nodes: Arc<dyn Nodes>,
    ) -> Self {
        let shelf = Shelf {
            ready: Default::default(),
            reserved: 0,
            pace: Pace::new(upstream.rate, clock.now()),
            in_hand: 0,
            upstream: Some(upstream.clone()),
            binds: 0,
            trusted: Instant::now(),
            backlog: true,
            behind: false,
            left: 0,
            held: Vec::new(),
            links: BTreeMap::new(),
            down_since: None,
        };
        Self {
            id: upstream.id,
            meters: Meters::new(&upstream.name),
            clock,
            inbox,
            nodes,
            shelf: Mutex::new(shelf),
            asks: Mutex::default(),
            up: AtomicBool::new(false),
            elsewhere: Elsewhere::default(),
            kept: watch::Sender::default(),
            fenced: AtomicBool::new(false),
            version: watch::Sender::new(1),
            refill: Notify::new(),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asks(&self) -> MutexGuard<'_, VecDeque<Unheard>> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is this node that asks the carrier about parts, and those laid out before were asked about.
    pub(crate) fn may_ask(&self) -> bool {
        self.is_up() && self.kept.borrow().contains(&0) && self.asks().is_empty()
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

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Takes on new settings; `None` when the upstream is no more.
    pub(crate) fn configure(&self, upstream: Option<&Upstream>) {
        let mut shelf = self.shelf();
        shelf.upstream = upstream.cloned();
        let rate = shelf.rate();
        shelf.pace.set_limit(rate);
        drop(shelf);
        self.bump();
        self.refill.notify_one();
    }

    /// Takes on which binds are this node's to keep from now on.
    pub(crate) fn assign(&self, binds: BTreeSet<u16>) {
        if !binds.is_empty() {
            self.fenced.store(false, Ordering::Relaxed);
        }
        if *self.kept.borrow() == binds {
            return;
        }
        let mut shelf = self.shelf();
        shelf.binds = u16::try_from(binds.len()).unwrap_or(u16::MAX);
        let rate = shelf.rate();
        shelf.pace.set_limit(rate);
        drop(shelf);
        self.kept.send_replace(binds);
        self.bump();
        self.refill.notify_one();
    }

    /// Takes on until when the binds are this node's for sure.
    pub(crate) fn trust(&self, until: Instant) {
        let before = std::mem::replace(&mut self.shelf().trusted, until);
        if before <= Instant::now() {
            self.bump();
        }
    }

    /// Gives up all binds at once: other nodes may take them at any moment.
    pub(crate) fn fence(&self) {
        self.fenced.store(true, Ordering::Relaxed);
        self.elsewhere.set_up(false);
        self.assign(BTreeSet::new());
    }

    /// The binds that are this node's to keep.
    pub(crate) fn kept(&self) -> BTreeSet<u16> {
        self.kept.borrow().clone()
    }

    /// The binds of which this node has a link, in whatever state, that is not [`LinkState::Elsewhere`].
    pub(crate) fn linked(&self) -> BTreeSet<u16> {
        let shelf = self.shelf();
        let binds = usize::from(shelf.upstream.as_ref().map_or(1, |upstream| upstream.binds.max(1)));
        let here = shelf.links.iter().filter(|(_, (state, _))| state.is_here());
        here.filter_map(|(link, _)| u16::try_from(link % binds).ok()).collect()
    }

    /// Whether a link of this node is up: a message may expect to leave at once.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Whether a link of any node is up: the upstream is a way out.
    pub(crate) fn is_up_anywhere(&self) -> bool {
        self.is_up() || self.elsewhere.is_up()
    }

    /// Tells the other nodes of a link that was bound, or of the end of the last one.
    fn tell_of_link(&self, bound: bool, ended: bool) {
        let me = self.nodes.number();
        let news = match (bound, ended) {
            (true, _) => News::Bound(me, self.id),
            (false, true) => News::Unbound(me, self.id),
            (false, false) => return,
        };
        if !self.nodes.is_alone() {
            self.nodes.tell(vec![news]);
        }
    }

    /// Promises room for a message, if it may go past the store's queue: nothing waits there before it, or
    /// it is urgent.
    pub(crate) fn reserve(&self, message_class: Class, due: Time, now: Time) -> bool {
        let mut shelf = self.shelf();
        if due > now {
            return false;
        }
        let has_room = shelf.count() + shelf.reserved < READY_MAX;
        let may_leave = shelf.is_open() && self.is_up() && has_room;
        // What comes after what is left in the store now goes after it.
        shelf.backlog |= !may_leave;
        let promised = may_leave && (!shelf.backlog || message_class == Class::Otp);
        shelf.reserved += usize::from(promised);
        promised
    }

    /// Puts accepted messages on the shelf, giving back the room that was promised to them.
    pub(crate) fn keep_promise(&self, deliveries: Vec<Delivery>) {
        let mut shelf = self.shelf();
        shelf.reserved = shelf.reserved.saturating_sub(deliveries.len());
        if shelf.behind {
            let is_urgent = |delivery: &Delivery| delivery.message.class == Class::Otp;
            let (urgent, others): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(is_urgent);
            shelf.put(urgent);
            shelf.held.extend(others);
        } else {
            shelf.put(deliveries);
        }
        drop(shelf);
        self.bump();
    }

    /// Gives back promised room: the messages could not be stored.
    pub(crate) fn unreserve(&self, count: usize) {
        let mut shelf = self.shelf();
        shelf.reserved = shelf.reserved.saturating_sub(count);
    }

    /// Takes note that messages were accepted just now that are not this node's yet.
    pub(crate) fn leave_behind(&self) {
        let mut shelf = self.shelf();
        shelf.behind = true;
        shelf.left += 1;
        drop(shelf);
        self.refill.notify_one();
    }

    /// Takes note that messages for this upstream are in the store.
    pub(crate) fn look_again(&self) {
        self.refill.notify_one();
    }

    /// Puts back what was taken and never sent.
    pub(crate) fn put_back(&self, delivery: Delivery) {
        let mut shelf = self.shelf();
        shelf.in_hand = shelf.in_hand.saturating_sub(usize::from(delivery.message.parts));
        shelf.lane(delivery.message.class).push_front(delivery);
        drop(shelf);
        self.bump();
    }

    /// Takes note that deliveries of so many parts are recorded.
    pub(crate) fn recorded(&self, parts: usize) {
        let mut shelf = self.shelf();
        shelf.in_hand = shelf.in_hand.saturating_sub(parts);
        drop(shelf);
        self.bump();
    }

    /// The carrier said "too fast".
    pub(crate) fn throttled(&self, now: Time) {
        self.shelf().pace.throttled(now);
    }

    /// Takes a message of the account (`None`: of any) off the shelf, if it is on it.
    pub(crate) fn pick(&self, account: Option<AccountId>, message: MessageId) -> Option<Delivery> {
        let is_it = |delivery: &Delivery| {
            delivery.message.id == message
                && account.is_none_or(|account| account == delivery.message.account)
        };
        let mut shelf = self.shelf();
        let index = shelf.held.iter().position(is_it);
        index.map(|index| shelf.held.remove(index)).or_else(|| {
            let take = |lane: &mut VecDeque<Delivery>| lane.remove(lane.iter().position(is_it)?);
            shelf.ready.iter_mut().find_map(take)
        })
    }

    /// Clears the shelf: the upstream goes away, or the gateway does.
    pub(crate) fn clear(&self) -> Vec<MessageId> {
        let mut shelf = self.shelf();
        shelf.backlog = true;
        shelf.let_held_go();
        shelf.ready.iter_mut().flat_map(|lane| lane.drain(..)).map(|delivery| delivery.message.id).collect()
    }

    /// Parts given out and not yet recorded.
    pub(crate) fn in_hand(&self) -> usize {
        self.shelf().in_hand
    }

    /// Whether the window is full, and all in it are among so many parts.
    fn is_full_of(&self, parts: usize) -> bool {
        let shelf = self.shelf();
        shelf.in_hand <= parts && shelf.in_hand >= shelf.window()
    }

    /// What a person wants to see: links, rate in force and whether it is held down.
    pub(crate) fn view(&self) -> (Vec<LinkState>, Option<f64>, bool) {
        let shelf = self.shelf();
        let now = self.clock.now();
        let links = shelf.links.values().map(|(state, since)| match state.clone() {
            LinkState::Down { reason, retry_in } => {
                LinkState::Down { reason, retry_in: retry_in.saturating_sub(now.since(*since)) }
            }
            state => state,
        });
        (links.collect(), shelf.pace.rate(), shelf.pace.is_held())
    }

    /// What monitoring wants to see.
    pub(crate) fn standing(&self) -> Standing {
        let shelf = self.shelf();
        Standing {
            used: shelf.in_hand,
            window: shelf.window(),
            rate: shelf.pace.rate(),
            links: shelf.links.values().map(|(state, _)| state.clone()).collect(),
        }
    }

    /// Leases from the store for as long as the gateway runs.
    pub(crate) async fn keep_filled(self: Arc<Self>, store: Arc<dyn Store>) {
        loop {
            self.clear_if_down(&*store).await;
            let (wanted, left) = self.room();
            let leased = match wanted {
                0 => Ok(Vec::new()),
                wanted => store.lease(self.id, wanted, self.clock.now()).await,
            };
            let count = leased.as_ref().map_or(0, Vec::len);
            match leased {
                Ok(deliveries) => self.shelve(deliveries, wanted, left),
                Err(StoreError::Superseded) => return,
                Err(error) => {
                    tracing::warn!(upstream = self.id.0, %error, "can't lease messages; trying again");
                    // However often it is called meanwhile.
                    tokio::time::sleep(LEASE_EVERY).await;
                    continue;
                }
            }
            if count == 0 || count < wanted {
                tokio::select! {
                    () = self.refill.notified() => {}
                    () = tokio::time::sleep(LEASE_EVERY) => {}
                }
            }
        }
    }

    /// Returns what is on the shelf of an upstream that has been down for a while.
    async fn clear_if_down(&self, store: &dyn Store) {
        let is_long_down = {
            let shelf = self.shelf();
            let since = shelf.down_since.map(|since| self.clock.now().since(since));
            shelf.count() > 0 && since.is_some_and(|since| since >= CLEAR_AFTER)
        };
        if !is_long_down {
            return;
        }
        if let Err(error) = store.release(self.clear()).await {
            tracing::warn!(upstream = self.id.0, %error, "can't return messages; they wait for the next start");
        }
    }

    /// How many to lease now, and how often some were left in the store so far. None are leased while nobody could send
    /// them, so that a carrier that is away costs no memory.
    fn room(&self) -> (usize, u64) {
        let shelf = self.shelf();
        let held = shelf.count() + shelf.reserved;
        if !shelf.is_open() || !self.is_up() || held > READY_MAX / 2 {
            return (0, shelf.left);
        }
        ((READY_MAX - held).min(LEASE_MOST), shelf.left)
    }

    /// Takes in what a lease gave when it asked for so many. What was left in the store while it went on is for the next
    /// one. It doesn't keep others from coming here past the store, or a steady stream would pass through it for ever.
    fn shelve(&self, deliveries: Vec<Delivery>, wanted: usize, left: u64) {
        let mut shelf = self.shelf();
        if wanted > 0 {
            shelf.backlog = deliveries.len() >= wanted;
        }
        let puts = !deliveries.is_empty() || !shelf.held.is_empty();
        shelf.put(deliveries);
        if shelf.left == left || shelf.backlog {
            shelf.let_held_go();
        }
        drop(shelf);
        if puts {
            self.bump();
        }
    }

    async fn until_kept(&self, bind: usize, wanted: bool) {
        let mut kept = self.kept.subscribe();
        let is_so =
            |kept: &BTreeSet<u16>| u16::try_from(bind).is_ok_and(|bind| kept.contains(&bind)) == wanted;
        // The sender lives as long as this counter does.
        let _ = kept.wait_for(is_so).await;
    }

    /// How long until the rate permits the next part, if something is ready and room is there.
    fn turn(&self) -> Option<Duration> {
        let shelf = self.shelf();
        let waits = shelf.is_open() && shelf.fits(shelf.room());
        waits.then(|| shelf.pace.wait(self.clock.now()).max(Duration::from_millis(1)))
    }
}

#[async_trait]
impl Desk for Counter {
    fn take(&self, parts: usize) -> Vec<Delivery> {
        let now = self.clock.now();
        let mut taken = Vec::new();
        let mut expired = Vec::new();
        let mut shelf = self.shelf();
        if !shelf.is_open() {
            return taken;
        }
        let mut room = parts.min(shelf.pace.permits(now)).min(shelf.window().saturating_sub(shelf.in_hand));
        let mut spent = 0;
        while room > 0 && shelf.fits(shelf.room()) {
            let Some(delivery) = shelf.next() else { break };
            if delivery.message.expires <= now {
                expired.push(delivery);
                continue;
            }
            let parts = usize::from(delivery.message.parts);
            room = room.saturating_sub(parts);
            spent += parts;
            shelf.in_hand += parts;
            taken.push(delivery);
        }
        shelf.pace.spend(spent, now);
        let low = shelf.backlog && shelf.count() < READY_MAX / 2;
        drop(shelf);
        if low {
            self.refill.notify_one();
        }
        if !expired.is_empty() {
            self.inbox.put(|post| post.events.extend(expired.into_iter().map(|d| (d, Event::Expired))));
        }
        self.meters.taken(&taken, now);
        taken
    }

    async fn work(&self, seen: u64) -> u64 {
        let mut version = self.version.subscribe();
        let turn = self.turn();
        let timer = async {
            match turn {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            now = version.wait_for(|version| *version > seen) => now.map_or(seen, |version| *version),
            () = timer => seen,
        }
    }

    fn answered(&self, answers: Vec<Answer>) {
        let parts = self.inbox.put(|post| post.answer(self.id, answers));
        // Nothing more is sent before these are recorded.
        if self.is_full_of(parts) {
            self.inbox.hurry();
        }
    }

    fn named_late(&self, late: Vec<Late>) {
        let event =
            |Late { delivery, part, parts, reference }| (delivery, Event::Named { part, parts, reference });
        self.inbox.put(|post| post.events.extend(late.into_iter().map(event)));
    }

    async fn heard(&self, reports: Vec<Report>) -> Result<(), StoreError> {
        self.meters.heard(&reports);
        let (ack, acked) = oneshot::channel();
        self.inbox.put(|post| {
            post.reports.push((self.id, reports));
            post.acks.push(ack);
        });
        acked.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())))
    }

    fn ask(&self, most: usize) -> Vec<Unheard> {
        let mut asks = self.asks();
        let count = most.min(asks.len());
        asks.drain(..count).collect()
    }

    fn replied(&self, replies: Vec<Report>) {
        self.inbox.put(|post| post.replies.extend(replies.into_iter().map(|report| (self.id, report))));
    }

    fn link(&self, link: usize, state: LinkState) {
        let mut shelf = self.shelf();
        let bound = state == LinkState::Up;
        shelf.links.insert(link, (state, self.clock.now()));
        let up = shelf.links.values().any(|(state, _)| *state == LinkState::Up);
        shelf.down_since = if up { None } else { shelf.down_since.or_else(|| Some(self.clock.now())) };
        drop(shelf);
        let was_up = self.up.swap(up, Ordering::Relaxed);
        if was_up != up {
            self.refill.notify_one();
        }
        self.tell_of_link(bound, was_up && !up);
        self.bump();
    }

    fn elsewhere(&self) -> contract::Elsewhere {
        self.elsewhere.heard()
    }

    fn loaded(&self, per_cent: u8) {
        self.shelf().pace.loaded(per_cent, self.clock.now());
    }

    async fn admitted(&self, bind: usize) {
        self.until_kept(bind, true).await;
    }

    async fn dismissed(&self, bind: usize) -> Duration {
        self.until_kept(bind, false).await;
        if self.fenced.load(Ordering::Relaxed) { FENCED } else { GIVE_UP }
    }
}
