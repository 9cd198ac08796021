//! The other nodes that share the store, as far as this one knows them.

use postrider_core::account::AccountId;
use postrider_core::node::{Muster, Node, TRUST};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// The least share of an account's rate that a node has, among as many nodes as there are.
const SHARE_MIN: f64 = 0.1;

/// The other nodes, and what clients have open here and there. Each beat moves it.
#[derive(Default)]
pub(crate) struct Peers {
    state: Mutex<State>,
    leads: AtomicBool,
    wake: Notify,
    /// The reason why nothing is sent, as the beat found it.
    trouble: Mutex<Option<&'static str>>,
    /// Whether another process has this node's place.
    superseded: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    /// Sessions that clients have open here.
    sessions: BTreeMap<AccountId, u32>,
    sessions_elsewhere: BTreeMap<AccountId, u32>,
    demand_elsewhere: BTreeMap<AccountId, f64>,
    /// Parts a second that clients asked of this node until its last beat.
    demand: BTreeMap<AccountId, f64>,
}

impl Peers {
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

    /// Takes note of why nothing can be sent, or that everything can again.
    pub(crate) fn set_trouble(&self, trouble: Option<&'static str>) {
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
    pub(crate) fn beat_soon(&self) {
        self.wake.notify_one();
    }

    /// Waits until the next beat is to come at once.
    pub(crate) async fn beat_wanted(&self) {
        self.wake.notified().await;
    }

    /// Takes note whether the chores are this node's; tells whether they were.
    pub(crate) fn set_leads(&self, leads: bool) -> bool {
        self.leads.swap(leads, Ordering::Relaxed)
    }

    /// Another process has this node's place.
    pub(crate) fn set_superseded(&self) {
        self.superseded.send_replace(true);
    }

    /// Sessions that clients have open here, by account.
    pub(crate) fn sessions(&self) -> Vec<(AccountId, u32)> {
        self.state().sessions.iter().map(|(account, count)| (*account, *count)).collect()
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

    /// Takes note of what a beat brought back, and of what clients asked of this node until then.
    pub(crate) fn see(&self, muster: &Muster, me: u8, demand: &[(AccountId, f64)]) {
        let mut state = self.state();
        state.nodes.clone_from(&muster.nodes);
        state.demand = demand.iter().copied().collect();
        let (mut sessions, mut rates) = (BTreeMap::new(), BTreeMap::new());
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
