//! This node among those on its store: it beats, sees who lives, and takes its share of what only one node at a time
//! may do. A node that can't beat stops sending before others take its place.

use crate::comings;
use crate::dispatch::Counter;
use crate::engine::Shared;
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use postrider_core::delivery::Event;
use postrider_core::node::{BEAT, LIFE, Lease, Muster, News, Node, Presence, TRUST, share};
use postrider_core::route::UpstreamId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, watch};

/// Parked receipts that are matched in one beat, and messages that are ended.
const MATCHED_MOST: usize = 1_000;
/// Beats in a row that came to nothing of which the log tells one.
const MISSES_TOLD: u32 = 10;
/// The least share of an account's rate that a node has, among as many nodes as there are.
const SHARE_MIN: f64 = 0.1;

/// What a node remembers of the others.
#[derive(Default)]
pub(crate) struct Fellows {
    state: Mutex<State>,
    leads: AtomicBool,
    wake: Notify,
    /// What the beat found to be wrong, until it is well again.
    trouble: Mutex<Option<&'static str>>,
    /// Whether another process has this node's place.
    superseded: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    /// Sessions that clients have open here.
    sessions: HashMap<AccountId, u32>,
    sessions_elsewhere: HashMap<AccountId, u32>,
    demand_elsewhere: HashMap<AccountId, f64>,
    /// What this node asked for, by account, at its last beat.
    demand: HashMap<AccountId, f64>,
}

impl Fellows {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every living node, as of the last beat.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.state().nodes.clone()
    }

    /// How many nodes live, as of the last beat.
    pub(crate) fn count(&self) -> usize {
        self.state().nodes.len()
    }

    /// Why nothing can be sent, as of the last beat.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_trouble(&self, trouble: Option<&'static str>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Returns when another process has this node's place.
    pub(crate) async fn superseded(&self) {
        // The sender lives as long as this does.
        let _ = self.superseded.subscribe().wait_for(|superseded| *superseded).await;
    }

    /// Whether the chores are this node's.
    pub(crate) fn leads(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    /// Has the next beat come at once: something changed that leases depend on.
    pub(crate) fn hurry(&self) {
        self.wake.notify_one();
    }

    /// Takes note that a client's session opened or ended here; returns how many the account has open now.
    pub(crate) fn session(&self, account: AccountId, open: bool) -> u32 {
        let mut state = self.state();
        let count = state.sessions.entry(account).or_default();
        *count = if open { *count + 1 } else { count.saturating_sub(1) };
        let left = *count;
        if left == 0 {
            state.sessions.remove(&account);
        }
        left
    }

    /// Sessions of the account that are open at other nodes.
    pub(crate) fn sessions_elsewhere(&self, account: AccountId) -> u32 {
        self.state().sessions_elsewhere.get(&account).copied().unwrap_or(0)
    }

    /// The share of an account's rate that is this node's, by what clients asked of it and of others lately.
    pub(crate) fn share_of_rate(&self, account: AccountId) -> f64 {
        let state = self.state();
        let elsewhere = state.demand_elsewhere.get(&account).copied().unwrap_or(0.0);
        if elsewhere <= 0.0 {
            return 1.0;
        }
        let here = state.demand.get(&account).copied().unwrap_or(0.0);
        let least = SHARE_MIN / f64::from(u32::try_from(state.nodes.len().max(1)).unwrap_or(1));
        (here / (here + elsewhere)).max(least)
    }

    fn see(&self, muster: &Muster, me: u8, demand: &[(AccountId, f64)]) {
        let mut state = self.state();
        state.nodes.clone_from(&muster.nodes);
        state.demand = demand.iter().copied().collect();
        let (mut sessions, mut rates) = (HashMap::new(), HashMap::new());
        // Who doesn't beat takes nothing in: what its clients had there they want here.
        let serves = |node: &&Node| node.number != me && muster.now.since(node.beaten) < TRUST;
        for node in muster.nodes.iter().filter(serves) {
            for (account, count) in &node.presence.sessions {
                *sessions.entry(*account).or_default() += count;
            }
            for (account, parts) in &node.presence.demand {
                *rates.entry(*account).or_default() += parts;
            }
        }
        (state.sessions_elsewhere, state.demand_elsewhere) = (sessions, rates);
    }
}

/// Beats for as long as the gateway runs and the node is this process.
pub(crate) async fn live(shared: Arc<Shared>) {
    let mut trusted = Instant::now() + TRUST;
    let mut fenced = false;
    // Beats, in a row.
    let mut missed: u32 = 0;
    loop {
        let began = Instant::now();
        let left = trusted.saturating_duration_since(began);
        if !fenced && left.is_zero() {
            fenced = true;
            tracing::error!(
                "sending stops until the store is there again: other nodes may take this one's place"
            );
            stop_sending(&shared);
            shared
                .fellows
                .in_trouble(Some("the database has not answered for some seconds, so nothing is sent"));
        }
        let patience = if fenced { LIFE } else { left };
        let silent = |_| Err(StoreError::Unavailable("it does not answer".into()));
        match tokio::time::timeout(patience, beat(&shared)).await.unwrap_or_else(silent) {
            Ok(until) => {
                trusted = until;
                if std::mem::take(&mut fenced) {
                    shared.fellows.in_trouble(None);
                }
                if std::mem::take(&mut missed) > 0 {
                    tracing::info!("the store knows again that this node lives");
                }
                lead(&shared).await;
            }
            Err(StoreError::Superseded) => return give_way(&shared),
            Err(error) => {
                if missed.is_multiple_of(MISSES_TOLD) {
                    tracing::warn!(%error, missed, "can't tell the store that this node lives");
                }
                missed += 1;
            }
        }
        let left = trusted.saturating_duration_since(Instant::now());
        let pause = if fenced { BEAT } else { BEAT.min(left) };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.fellows.wake.notified() => {}
        }
    }
}

/// Hears what other nodes did, for as long as the gateway runs.
pub(crate) async fn listen(shared: Arc<Shared>) {
    loop {
        match shared.nodes.news().await {
            News::Queue(upstream) => {
                if let Some(counter) = shared.counter(upstream) {
                    counter.look_again();
                }
            }
            News::Bound(node, upstream) => {
                if let Some(counter) = shared.counter(upstream) {
                    counter.elsewhere.bound_by(node);
                }
            }
            News::Unbound(node, upstream) => {
                if let Some(counter) = shared.counter(upstream) {
                    counter.elsewhere.unbound_by(|other| other == node);
                }
            }
            News::Lane(lane) => shared.lanes.look_again(lane),
            News::Resources => shared.resources_changed(),
            News::Learnt => shared.learnt.look(),
            News::Wanted(message) => shared.give_back(message),
            News::Anything => {
                for counter in shared.all_counters() {
                    counter.look_again();
                }
                shared.lanes.look_at_all();
                shared.resources_changed();
                shared.learnt.look();
            }
        }
    }
}

/// The first beat, from which this node learns what time it is before anything goes by it.
pub(crate) async fn greet(shared: &Shared) -> Result<(), StoreError> {
    muster(shared, &shared.presence()).await.map(drop)
}

async fn muster(shared: &Shared, presence: &Presence) -> Result<Muster, StoreError> {
    let asked = shared.followed.own();
    let muster = shared.nodes.beat(presence).await?;
    if !shared.nodes.is_alone() {
        shared.followed.follow(asked, muster.now);
    }
    Ok(muster)
}

/// One beat, and what follows from it; returns until when this node can be sure of what it holds.
pub(crate) async fn beat(shared: &Arc<Shared>) -> Result<Instant, StoreError> {
    let trusted = Instant::now() + TRUST;
    let presence = shared.presence();
    let muster = muster(shared, &presence).await?;
    if muster.was_dead {
        tracing::warn!("this node was taken for dead; what it had not sent yet is in other hands now");
        for counter in shared.all_counters() {
            // What was accepted since it came back to life is in no other hands, and would stay in these.
            shared.release(&counter);
        }
    }
    for (lane, notices) in shared.lanes.give_up() {
        shared.return_notices(lane, notices);
    }
    if !shared.nodes.is_alone() {
        comings::tell(&shared.fellows.nodes(), &muster, shared.nodes.number());
    }
    shared.fellows.see(&muster, shared.nodes.number(), &presence.demand);
    arrange(shared, &muster, trusted).await?;
    Ok(trusted)
}

/// Does what one node does for all after each beat, unless that takes so long that the next beat would come late.
async fn lead(shared: &Shared) {
    if !shared.fellows.leads() || shared.nodes.is_alone() {
        return;
    }
    match tokio::time::timeout(BEAT, tidy(shared)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "can't look after what nodes left behind; trying again"),
        Err(_) => {
            tracing::warn!("looking after what nodes left behind takes long; going on after the next beat");
        }
    }
}

async fn tidy(shared: &Shared) -> Result<(), StoreError> {
    let rescued = shared.nodes.rescue().await?;
    if rescued > 0 {
        tracing::warn!(
            messages = rescued,
            "took over what a node that died had in hand; it may have been sent already"
        );
        shared.nodes.tell(vec![News::Anything]);
    }
    let gathered = shared.nodes.gathered(MATCHED_MOST).await?;
    if !gathered.is_empty() {
        let ends = gathered.into_iter().map(|delivery| (delivery, Event::Silent));
        shared.inbox.put(|post| post.events.extend(ends));
    }
    let matched = shared.nodes.matched(MATCHED_MOST).await?;
    if !matched.is_empty() {
        shared.inbox.put(|post| post.matched.extend(matched));
    }
    Ok(())
}

/// Takes this node's share of everything, and gives up what is more.
async fn arrange(shared: &Arc<Shared>, muster: &Muster, trusted: Instant) -> Result<(), StoreError> {
    let plan = Plan::make(shared, muster);
    // Given up first: two nodes that exchange leases must not wait for each other.
    if !plan.let_go.is_empty() {
        shared.nodes.let_go(plan.let_go.clone()).await?;
    }
    let mut held: BTreeSet<Lease> = plan.keep;
    if !plan.want.is_empty() {
        held.extend(shared.nodes.hold(plan.want).await?);
    }
    put_in_force(shared, &held, muster, trusted);
    Ok(())
}

/// What to keep, to take and to let go of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    keep: BTreeSet<Lease>,
    want: Vec<Lease>,
    let_go: Vec<Lease>,
}

impl Plan {
    fn make(shared: &Shared, muster: &Muster) -> Self {
        let me = shared.nodes.number();
        let mine = |node: &&Node| node.number == me;
        let holds: BTreeSet<Lease> =
            muster.nodes.iter().filter(mine).flat_map(|node| node.holds.iter().copied()).collect();
        let taken: BTreeSet<Lease> = muster
            .nodes
            .iter()
            .filter(|node| !mine(node))
            .flat_map(|node| node.holds.iter().copied())
            .collect();
        let mut plan = Self::default();
        let mut wish = |lease: Lease| {
            if holds.contains(&lease) {
                plan.keep.insert(lease);
            } else if !taken.contains(&lease) {
                plan.want.push(lease);
            }
        };
        wish(Lease::Chores);
        for (upstream, total) in shared.binds() {
            // Others may know nothing of it yet, or any more.
            let serves = |node: &&Node| node.presence.serves.contains(&upstream);
            let servants: Vec<u8> = muster.nodes.iter().filter(serves).map(|node| node.number).collect();
            let share = share(total, upstream, &servants, me);
            for bind in choose(share, total, upstream, &holds, &taken) {
                wish(Lease::Bind(upstream, bind));
            }
        }
        let idle = |lease: &&Lease| !plan.keep.contains(lease) && !shared.is_using(**lease);
        plan.let_go = holds.iter().filter(idle).copied().collect();
        plan
    }
}

/// Which binds to keep: those that are kept already, then those that nobody keeps.
fn choose(
    share: u16,
    total: u16,
    upstream: UpstreamId,
    holds: &BTreeSet<Lease>,
    taken: &BTreeSet<Lease>,
) -> Vec<u16> {
    let all = |held: &BTreeSet<Lease>, is: bool| {
        (0..total).filter(|bind| held.contains(&Lease::Bind(upstream, *bind)) == is).collect::<Vec<_>>()
    };
    let kept = all(holds, true);
    let free = all(taken, false).into_iter().filter(|bind| !kept.contains(bind));
    kept.iter().copied().chain(free).take(share.into()).collect()
}

fn put_in_force(shared: &Arc<Shared>, held: &BTreeSet<Lease>, muster: &Muster, trusted: Instant) {
    let me = shared.nodes.number();
    let mut binds: BTreeMap<UpstreamId, BTreeSet<u16>> = BTreeMap::new();
    for lease in held {
        match lease {
            Lease::Chores => {}
            Lease::Bind(upstream, bind) => binds.entry(*upstream).or_default().extend([*bind]),
        }
    }
    let leads = held.contains(&Lease::Chores);
    if !shared.fellows.leads.swap(leads, Ordering::Relaxed) && leads && !shared.nodes.is_alone() {
        tracing::info!(node = me, "this node does the chores for all from now on");
    }
    let is_dead = |node: u8| muster.nodes.iter().all(|living| living.number != node);
    for counter in shared.all_counters() {
        counter.trust(trusted);
        counter.elsewhere.unbound_by(is_dead);
        let others = muster.nodes.iter().filter(|node| node.number != me);
        counter.elsewhere.set_up(others.flat_map(|node| &node.presence.up).any(|up| *up == counter.id));
        give(shared, &counter, binds.remove(&counter.id).unwrap_or_default());
    }
}

/// Gives a counter its binds. What lies on the shelf of one that has none any more is for other nodes.
fn give(shared: &Arc<Shared>, counter: &Arc<Counter>, binds: BTreeSet<u16>) {
    let loses_all = binds.is_empty() && !counter.kept().is_empty();
    counter.assign(binds);
    if loses_all {
        shared.release(counter);
    }
}

/// Stops whatever can be stopped at once, for the process that has this node's place.
fn give_way(shared: &Shared) {
    tracing::error!(
        node = shared.nodes.number(),
        "another process has opened the store as this node, and has its place; this one ends, since nothing that it \
         does is recorded any more"
    );
    shared.draining.store(true, Ordering::Relaxed);
    stop_sending(shared);
    shared.fellows.in_trouble(Some("another process has opened the store as this node"));
    shared.fellows.superseded.send_replace(true);
}

fn stop_sending(shared: &Shared) {
    for counter in shared.all_counters() {
        counter.fence();
    }
}

impl Shared {
    fn all_counters(&self) -> Vec<Arc<Counter>> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Enabled upstreams and their binds over all nodes.
    fn binds(&self) -> Vec<(UpstreamId, u16)> {
        let rules = self.rules.load();
        rules
            .upstreams()
            .filter(|upstream| upstream.enabled)
            .map(|upstream| (upstream.id, upstream.binds))
            .collect()
    }

    /// Takes note that messages for an upstream were left in the store, for whichever node keeps its links.
    pub(crate) fn left_in_queue(&self, counter: &Counter) {
        counter.look_again();
        if !self.nodes.is_alone() && !counter.is_up() {
            self.nodes.tell(vec![News::Queue(counter.id)]);
        }
    }

    /// Takes note that notices were left in these lanes, for whichever node tells them.
    pub(crate) fn left_in_lanes(&self, lanes: Vec<Option<AccountId>>) {
        if !self.nodes.is_alone() && !lanes.is_empty() {
            self.nodes.tell(lanes.into_iter().map(News::Lane).collect());
        }
    }

    /// Has whoever follows the store's resources read them again.
    fn resources_changed(&self) {
        self.resources.send_modify(|times| *times += 1);
    }

    /// Whether something that a lease allows still goes on.
    fn is_using(&self, lease: Lease) -> bool {
        match lease {
            Lease::Chores => false,
            Lease::Bind(upstream, bind) => {
                self.counter(upstream).is_some_and(|counter| counter.linked().contains(&bind))
            }
        }
    }

    fn presence(&self) -> Presence {
        let up =
            self.all_counters().iter().filter(|counter| counter.is_up()).map(|counter| counter.id).collect();
        let sessions =
            self.fellows.state().sessions.iter().map(|(account, count)| (*account, *count)).collect();
        Presence {
            address: self.settings.address.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            serves: self.binds().into_iter().map(|(upstream, _)| upstream).collect(),
            up,
            demand: self.meter.demand(self.clock.now()),
            sessions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: UpstreamId = UpstreamId(1);

    fn binds(numbers: &[u16]) -> BTreeSet<Lease> {
        numbers.iter().map(|bind| Lease::Bind(ACME, *bind)).collect()
    }

    #[test]
    fn a_node_keeps_what_it_has_before_it_takes_more() {
        assert_eq!(choose(2, 4, ACME, &binds(&[3]), &binds(&[0])), [3, 1]);
        assert_eq!(choose(1, 4, ACME, &binds(&[2, 3]), &binds(&[])), [2]);
    }

    #[test]
    fn a_node_doesnt_ask_for_what_others_hold() {
        assert_eq!(choose(2, 4, ACME, &binds(&[]), &binds(&[0, 1, 2])), [3]);
        assert!(choose(2, 2, ACME, &binds(&[]), &binds(&[0, 1])).is_empty());
    }
}
