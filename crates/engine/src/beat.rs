//! The beat of this node: it tells the store that the node lives, sees which others do, and takes the node's share of what
//! only one node at a time may do. A node that can't beat stops sending before others take its place.

use crate::clock::{Clock, Followed, instant};
use crate::consent::{Following, Holdings};
use crate::inbox::Inbox;
use crate::lease_plan::LeasePlan;
use crate::outbox::Lanes;
use crate::peer_log;
use crate::peers::Peers;
use crate::shelves::Shelves;
use crate::submissions::Submissions;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::contract::StoreError;
use postrider_core::delivery::Event;
use postrider_core::node::{BEAT, LIFE, Lease, Muster, News, Node, Nodes, Presence, TRUST};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;

/// Parked receipts that are matched in one beat, and messages that are ended.
const MATCHED_MOST: usize = 1_000;
/// Beats in a row that came to nothing of which the log tells one.
const MISSES_TOLD: u32 = 10;

/// The task that beats, and the parts that it works with.
pub(crate) struct Beat {
    /// The address of this node's HTTP API, for people who look at all nodes.
    pub(crate) address: Box<str>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) clock: Arc<Followed>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) shelves: Arc<Shelves>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) submissions: Arc<Submissions>,
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) following: Arc<Following>,
    pub(crate) holdings: Arc<Holdings>,
}

impl Beat {
    /// Beats for as long as the gateway runs and the node is this process.
    pub(crate) async fn keep_beating(self: Arc<Self>) {
        let mut trusted = instant() + TRUST;
        let mut fenced = false;
        // Beats, in a row.
        let mut missed: u32 = 0;
        loop {
            let left = trusted.saturating_duration_since(instant());
            if !fenced && left.is_zero() {
                fenced = true;
                self.fence();
            }
            let patience = if fenced { LIFE } else { left };
            let silent = |_| Err(StoreError::Unavailable("it does not answer".into()));
            match tokio::time::timeout(patience, self.beat()).await.unwrap_or_else(silent) {
                Ok(until) => {
                    trusted = until;
                    self.recover(std::mem::take(&mut fenced), std::mem::take(&mut missed));
                    self.lead().await;
                }
                Err(StoreError::Superseded) => return self.give_way(),
                Err(error) => {
                    if missed.is_multiple_of(MISSES_TOLD) {
                        tracing::warn!(%error, missed, "can't tell the store that this node lives");
                    }
                    missed += 1;
                }
            }
            let left = trusted.saturating_duration_since(instant());
            let pause = if fenced { BEAT } else { BEAT.min(left) };
            tokio::select! {
                biased;
                () = tokio::time::sleep(pause) => {}
                () = self.peers.beat_wanted() => {}
            }
        }
    }

    /// Nothing is sent any more: others may take this node's place.
    fn fence(&self) {
        tracing::error!(
            "sending stops until the store is there again: other nodes may take this one's place"
        );
        self.stop_sending();
        let trouble = "the database has not answered for some seconds, so nothing is sent";
        self.peers.set_trouble(Some(trouble));
    }

    fn recover(&self, was_fenced: bool, missed: u32) {
        if was_fenced {
            self.peers.set_trouble(None);
        }
        if missed > 0 {
            tracing::info!("the store knows again that this node lives");
        }
    }

    /// Stops whatever can be stopped at once, for the process that has this node's place.
    fn give_way(&self) {
        tracing::error!(
            node = self.nodes.number(),
            "another process has opened the store as this node, and has its place; this one ends, since nothing that it \
             does is recorded any more"
        );
        self.draining.store(true, Ordering::Relaxed);
        self.stop_sending();
        self.peers.set_trouble(Some("another process has opened the store as this node"));
        self.peers.set_superseded();
    }

    fn stop_sending(&self) {
        for counter in self.upstreams.all() {
            counter.fence();
        }
    }

    /// The first beat, from which this node learns what time it is before anything goes by it.
    ///
    /// # Errors
    /// When the store can't be reached.
    pub(crate) async fn greet(&self) -> Result<(), StoreError> {
        self.muster(&self.presence()).await.map(drop)
    }

    async fn muster(&self, presence: &Presence) -> Result<Muster, StoreError> {
        self.clock.look();
        let asked = self.clock.own();
        let muster = self.nodes.beat(presence).await?;
        if !self.nodes.is_alone() {
            self.clock.follow(asked, muster.now);
        }
        Ok(muster)
    }

    /// One beat, and what follows from it; returns until when this node can be sure of what it holds.
    ///
    /// # Errors
    /// When the store can't be reached, or another process has this node's place.
    pub(crate) async fn beat(&self) -> Result<Instant, StoreError> {
        let trusted = instant() + TRUST;
        let presence = self.presence();
        let muster = self.muster(&presence).await?;
        if muster.was_dead {
            tracing::warn!("this node was taken for dead; what it had not sent yet is in other hands now");
            for counter in self.upstreams.all() {
                // What was accepted since it came back to life is in no other hands, and would stay in these.
                self.shelves.release(&counter);
            }
        }
        self.lanes.give_up();
        if !self.nodes.is_alone() {
            peer_log::tell(&self.peers.nodes(), &muster, self.nodes.number());
        }
        self.tell_of_the_dead(&muster);
        self.peers.see(&muster, self.nodes.number(), &presence.demand);
        let held = self.arrange(&muster).await?;
        if !self.nodes.is_alone() && self.holdings.are_known() {
            // Others don't wait for a node that they took for dead: it must not send before it knows what they know.
            self.following.catch_up().await?;
        }
        self.put_in_force(&held, &muster, trusted);
        Ok(trusted)
    }

    /// Tells the ledger of nodes that are gone: what handsets wrote to them last may come here.
    fn tell_of_the_dead(&self, muster: &Muster) {
        let lives =
            |node: &Node| muster.nodes.iter().any(|it| (it.number, it.since) == (node.number, node.since));
        if self.peers.nodes().iter().all(lives) {
            return;
        }
        let died = muster.now - LIFE;
        let upstreams: Vec<_> = self.upstreams.all().iter().map(|counter| (counter.id, died)).collect();
        self.inbox.put(|post| post.lost_elsewhere.extend(upstreams));
    }

    fn presence(&self) -> Presence {
        let up =
            self.upstreams.all().iter().filter(|counter| counter.is_up()).map(|counter| counter.id).collect();
        Presence {
            address: self.address.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            serves: self.binds().into_iter().map(|(upstream, _)| upstream).collect(),
            up,
            demand: self.submissions.demand(self.clock.now()),
            sessions: self.peers.sessions(),
            consent: self.following.taken(),
        }
    }

    /// Enabled upstreams and their binds over all nodes.
    fn binds(&self) -> Vec<(UpstreamId, u16)> {
        let rules = self.rules.load();
        let enabled = rules.upstreams().filter(|upstream| upstream.enabled);
        let mut binds: Vec<_> = enabled.map(|upstream| (upstream.id, upstream.binds)).collect();
        binds.sort_unstable();
        binds
    }

    /// Takes this node's share of everything, and gives up what is more; returns what it holds.
    async fn arrange(&self, muster: &Muster) -> Result<BTreeSet<Lease>, StoreError> {
        let plan = LeasePlan::make(self.nodes.number(), muster, &self.binds(), |lease| self.is_using(lease));
        // Given up first: two nodes that exchange leases must not wait for each other.
        if !plan.let_go.is_empty() {
            self.nodes.let_go(plan.let_go).await?;
        }
        let mut held: BTreeSet<Lease> = plan.keep;
        if !plan.want.is_empty() {
            held.extend(self.nodes.hold(plan.want).await?);
        }
        Ok(held)
    }

    /// Whether something that a lease allows still goes on.
    fn is_using(&self, lease: Lease) -> bool {
        match lease {
            Lease::Chores => false,
            Lease::Bind(upstream, bind) => {
                self.upstreams.get(upstream).is_some_and(|counter| counter.is_linked(bind))
            }
        }
    }

    fn put_in_force(&self, held: &BTreeSet<Lease>, muster: &Muster, trusted: Instant) {
        let me = self.nodes.number();
        let mut binds: BTreeMap<UpstreamId, BTreeSet<u16>> = BTreeMap::new();
        for lease in held {
            match lease {
                Lease::Chores => {}
                Lease::Bind(upstream, bind) => binds.entry(*upstream).or_default().extend([*bind]),
            }
        }
        let leads = held.contains(&Lease::Chores);
        if !self.peers.set_leads(leads) && leads && !self.nodes.is_alone() {
            tracing::info!(node = me, "this node does the chores for all from now on");
        }
        let is_dead = |node: u8| muster.nodes.iter().all(|living| living.number != node);
        for counter in self.upstreams.all() {
            counter.trust(trusted);
            counter.peer_links.unbound_by(is_dead);
            let others = muster.nodes.iter().filter(|node| node.number != me);
            counter.peer_links.set_up(others.flat_map(|node| &node.presence.up).any(|up| *up == counter.id));
            let loses_all = counter.assign(binds.remove(&counter.id).unwrap_or_default());
            if loses_all {
                // What lies on its shelf is for other nodes.
                self.shelves.release(&counter);
            }
        }
    }

    /// Does what one node does for all after each beat, unless that takes so long that the next beat would come late.
    async fn lead(&self) {
        if !self.peers.leads() || self.nodes.is_alone() {
            return;
        }
        match tokio::time::timeout(BEAT, self.tidy()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "can't look after what nodes left behind; trying again"),
            Err(_) => {
                tracing::warn!(
                    "looking after what nodes left behind takes long; going on after the next beat"
                );
            }
        }
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        let rescued = self.nodes.rescue().await?;
        if rescued > 0 {
            tracing::warn!(
                messages = rescued,
                "took over what a node that died had in hand; it may have been sent already"
            );
            self.nodes.tell(vec![News::Anything]);
        }
        let gathered = self.nodes.gathered(MATCHED_MOST).await?;
        if !gathered.is_empty() {
            let ends = gathered.into_iter().map(|delivery| (delivery, Event::Silent));
            self.inbox.put(|post| post.events.extend(ends));
        }
        let matched = self.nodes.matched(MATCHED_MOST).await?;
        if !matched.is_empty() {
            self.inbox.put(|post| post.matched.extend(matched));
        }
        Ok(())
    }
}
