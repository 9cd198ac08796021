//! The outbox: notices wait here, and in the store behind it, until a door has told them.

use crate::clock::Clock;
use crate::engine::Engine;
use crate::lane::Lane;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{Outbox, Store, Told};
use postrider_core::notice::Notice;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Notices looked up in the store at once.
const LOOK_MOST: usize = 500;
/// How often a lane is looked at though nothing happened: after this long at most.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The same where other nodes leave notices too, in case the news of it is lost. It also says again that the lane is
/// wanted here.
const LOOK_AT_OTHERS_EVERY: Duration = Duration::from_secs(5);
/// How far the clock of another node may be ahead of ours: what it left just now is due by its own.
const AHEAD: Duration = Duration::from_millis(500);
/// How long until what the store refused is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Which lane: the sessions of an account, or webhooks.
type Name = Option<AccountId>;

/// All lanes.
pub(crate) struct Lanes {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lanes: Mutex<HashMap<Name, Arc<Attended>>>,
    /// Whether no other node shares the store: every lane is ours.
    alone: bool,
    /// Has the node beat at once: a lane is wanted here.
    wanted: Arc<Notify>,
}

/// A lane and the bell that calls whoever attends it.
struct Attended {
    lane: Mutex<Lane>,
    bell: Notify,
    /// One look into the store at a time.
    looking: tokio::sync::Mutex<()>,
}

impl Attended {
    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        alone: bool,
        wanted: Arc<Notify>,
    ) -> Self {
        Self { store, clock, lanes: Mutex::default(), alone, wanted }
    }

    /// Lanes whose notices somebody here wants to tell.
    pub(crate) fn attended(&self) -> Vec<Name> {
        let now = self.clock.now();
        self.all()
            .into_iter()
            .filter(|(_, lane)| lane.lane().is_attended(now))
            .map(|(name, _)| name)
            .collect()
    }

    /// Takes note of which lanes are this node's.
    pub(crate) fn keep(&self, kept: &BTreeSet<Name>) {
        if self.alone {
            return;
        }
        for (name, attended) in self.all() {
            if attended.lane().keep(kept.contains(&name)) {
                attended.bell.notify_one();
            }
        }
    }

    /// Whether notices of the lane are in somebody's hands here.
    pub(crate) fn has_in_hand(&self, name: Name) -> bool {
        self.lane(name).lane().has_in_hand()
    }

    /// Another node left notices in the lane.
    pub(crate) fn look_again(&self, name: Name) {
        let attended = self.lane(name);
        attended.lane().look_again();
        attended.bell.notify_one();
    }

    /// Other nodes may have left notices in any lane.
    pub(crate) fn look_at_all(&self) {
        for (name, _) in self.all() {
            self.look_again(name);
        }
    }

    fn all(&self) -> Vec<(Name, Arc<Attended>)> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().map(|(name, lane)| (*name, Arc::clone(lane))).collect()
    }

    fn lane(&self, name: Name) -> Arc<Attended> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Attended {
            lane: Mutex::new(Lane::new(self.alone)),
            bell: Notify::new(),
            looking: tokio::sync::Mutex::default(),
        };
        Arc::clone(lanes.entry(name).or_insert_with(|| Arc::new(new())))
    }

    /// Puts fresh notices, durable by now, into their lanes; returns the lanes that other nodes may keep.
    pub(crate) fn offer(&self, notices: Vec<Notice>) -> Vec<Name> {
        let now = self.clock.now();
        let mut lanes: Vec<(Name, Arc<Attended>)> = Vec::new();
        for notice in notices {
            let name = notice.sessions_of();
            let index = lanes.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                lanes.push((name, self.lane(name)));
                lanes.len() - 1
            });
            if let Some((_, attended)) = lanes.get(index) {
                attended.lane().offer(notice, now);
            }
        }
        let mut others = Vec::new();
        for (name, attended) in lanes {
            attended.bell.notify_one();
            if !attended.lane().is_kept() {
                others.push(name);
            }
        }
        others
    }

    /// Looks into the store for what memory doesn't hold.
    async fn look(&self, name: Name, attended: &Attended) {
        let _one_at_a_time = attended.looking.lock().await;
        let now = self.clock.now() + if self.alone { Duration::ZERO } else { AHEAD };
        let (after, due) = attended.lane().look_after(now);
        match self.store.notices(name, after, LOOK_MOST, due).await {
            Ok(notices) => attended.lane().found(notices, LOOK_MOST, now),
            Err(error) => {
                tracing::warn!(%error, "can't look up notices; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn take(&self, name: Name, most: usize) -> Vec<Notice> {
        let attended = self.lane(name);
        loop {
            let now = self.clock.now();
            let (taken, backlog, later, more) = {
                let mut lane = attended.lane();
                if !lane.is_kept() && !lane.is_attended(now) {
                    self.wanted.notify_one();
                }
                let taken = lane.take(most, now);
                (taken, lane.backlog && lane.is_kept(), lane.later(), lane.has_ready())
            };
            if !taken.is_empty() {
                if more || backlog {
                    attended.bell.notify_one();
                }
                return taken;
            }
            if backlog {
                self.look(name, &attended).await;
                continue;
            }
            let every = if self.alone { LOOK_EVERY } else { LOOK_AT_OTHERS_EVERY };
            let wait = later.map_or(every, |later| later.since(now).min(every));
            tokio::select! {
                () = attended.bell.notified() => {}
                () = tokio::time::sleep(wait) => {
                    if !self.alone {
                        attended.lane().look_again();
                    }
                }
            }
        }
    }
}

/// Tells the store what came of notices, for as long as it takes.
async fn settle(store: Arc<dyn Store>, name: Name, attended: Arc<Attended>, told: Vec<Told>) {
    while let Err(error) = store.told(name, told.clone()).await {
        tracing::warn!(%error, "can't record that clients were told; trying again");
        tokio::time::sleep(RETRY).await;
    }
    let mut lane = attended.lane();
    for told in told {
        lane.settled(told.message, told.again);
    }
    drop(lane);
    attended.bell.notify_one();
}

#[async_trait]
impl Outbox for Engine {
    async fn take(&self, sessions_of: Option<AccountId>, most: usize) -> Vec<Notice> {
        self.shared.lanes.take(sessions_of, most).await
    }

    fn told(&self, sessions_of: Option<AccountId>, told: Vec<Told>) {
        let attended = self.shared.lanes.lane(sessions_of);
        tokio::spawn(settle(Arc::clone(&self.shared.store), sessions_of, attended, told));
    }

    fn give_back(&self, sessions_of: Option<AccountId>, notices: Vec<Notice>) {
        let attended = self.shared.lanes.lane(sessions_of);
        attended.lane().give_back(notices);
        attended.bell.notify_one();
    }
}
