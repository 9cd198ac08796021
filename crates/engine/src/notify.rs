//! The outbox: notices wait here, and in the store behind it, until a door has told them.

use crate::clock::Clock;
use crate::engine::Engine;
use crate::lane::Lane;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{Outbox, Store, StoreError, Told};
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Notices looked up in the store at once.
const LOOK_MOST: usize = 500;
/// How often a lane is looked at though nothing happened: after this long at most.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The same where other nodes leave notices too, in case the news of it is lost.
const LOOK_AT_OTHERS_EVERY: Duration = Duration::from_secs(5);
/// How long until what the store refused is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Which lane: the sessions of an account, or webhooks.
type Name = Option<AccountId>;

/// All lanes.
pub(crate) struct Lanes {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lanes: Mutex<HashMap<Name, Arc<Attended>>>,
    /// How often a lane is looked at though nothing happened.
    look_every: Duration,
}

/// A lane and the bell that calls whoever attends it.
struct Attended {
    lane: Mutex<Lane>,
    bell: Notify,
    /// One look into the store at a time.
    looking: tokio::sync::Mutex<()>,
    unrecorded: Mutex<Unrecorded>,
}

/// What clients were told that the store would not take, and whether somebody sees to it.
#[derive(Default)]
struct Unrecorded {
    told: Vec<Told>,
    attended: bool,
}

impl Attended {
    fn new() -> Self {
        Self {
            lane: Mutex::new(Lane::new()),
            bell: Notify::new(),
            looking: tokio::sync::Mutex::default(),
            unrecorded: Mutex::default(),
        }
    }

    fn unrecorded(&self) -> MutexGuard<'_, Unrecorded> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what the store would not take, with whatever else it would not take; says whether nobody sees to that yet.
    fn keep(&self, told: Vec<Told>) -> bool {
        let mut unrecorded = self.unrecorded();
        unrecorded.told.extend(told);
        !std::mem::replace(&mut unrecorded.attended, true)
    }

    /// What the store would not take so far; when there is none, nobody sees to it any more.
    fn kept(&self) -> Option<Vec<Told>> {
        let mut unrecorded = self.unrecorded();
        let told = std::mem::take(&mut unrecorded.told);
        unrecorded.attended = !told.is_empty();
        unrecorded.attended.then_some(told)
    }

    /// Takes note that what clients were told is recorded.
    fn settled(&self, told: &[Told]) {
        let mut lane = self.lane();
        for told in told {
            lane.settled(told.again);
        }
        drop(lane);
        self.bell.notify_one();
    }

    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lanes of a few notices, each found once.
#[derive(Default)]
struct Found(Vec<(Name, Arc<Attended>)>);

impl Found {
    fn of(&mut self, lanes: &Lanes, name: Name) -> &Arc<Attended> {
        let index = self.0.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.0.push((name, lanes.lane(name)));
            self.0.len() - 1
        });
        &self.0[index].1
    }
}

impl Lanes {
    /// The lanes of a store, which `alone` says that this node shares with no other.
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, alone: bool) -> Self {
        let look_every = if alone { LOOK_EVERY } else { LOOK_AT_OTHERS_EVERY };
        Self { store, clock, lanes: Mutex::default(), look_every }
    }

    /// Other nodes left notices in the lane.
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

    /// Nobody here wants to tell the lane's notices any more.
    pub(crate) fn abandon(&self, name: Name) {
        self.lane(name).lane().abandon();
    }

    /// Takes out of all lanes what nobody here will tell.
    pub(crate) fn give_up(&self) -> Vec<(Name, Vec<MessageId>)> {
        let now = self.clock.now();
        let given = self.all().into_iter().map(|(name, attended)| (name, attended.lane().give_up(now)));
        given.filter(|(_, messages)| !messages.is_empty()).collect()
    }

    fn all(&self) -> Vec<(Name, Arc<Attended>)> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().map(|(name, lane)| (*name, Arc::clone(lane))).collect()
    }

    fn lane(&self, name: Name) -> Arc<Attended> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(name).or_insert_with(|| Arc::new(Attended::new())))
    }

    /// Decides which fresh notices are this node's from their first row. They must be offered once they are durable.
    pub(crate) fn promise<'n>(&self, notices: impl Iterator<Item = &'n mut Notice>) {
        let now = self.clock.now();
        let mut found = Found::default();
        for notice in notices {
            notice.owned = found.of(self, notice.sessions_of()).lane().promise(now);
        }
    }

    /// Puts fresh notices, durable by now, into their lanes; returns the lanes of which some were left in the store.
    pub(crate) fn offer(&self, notices: Vec<Notice>) -> Vec<Name> {
        let mut found = Found::default();
        let mut left = Vec::new();
        for notice in notices {
            let name = notice.sessions_of();
            if !notice.owned && !left.contains(&name) {
                left.push(name);
            }
            found.of(self, name).lane().offer(notice);
        }
        for (_, attended) in found.0 {
            attended.bell.notify_one();
        }
        left
    }

    async fn take(&self, name: Name, most: usize) -> Vec<Notice> {
        let attended = self.lane(name);
        loop {
            let now = self.clock.now();
            let (taken, later, more) = {
                let mut lane = attended.lane();
                (lane.take(most, now), lane.later(), lane.has_more())
            };
            if !taken.is_empty() || most == 0 {
                if more {
                    attended.bell.notify_one();
                }
                return taken;
            }
            if more {
                let look = look(Arc::clone(&self.store), self.clock.now(), name, Arc::clone(&attended));
                // It goes on when nobody waits any more: what it leased is this node's to tell.
                let _ended = tokio::spawn(look).await;
                continue;
            }
            let wait = later.map_or(self.look_every, |later| later.since(now).min(self.look_every));
            tokio::select! {
                () = attended.bell.notified() => {}
                () = tokio::time::sleep(wait) => attended.lane().look_again(),
            }
        }
    }
}

/// Looks into the store for what is in nobody's hands.
async fn look(store: Arc<dyn Store>, now: Time, name: Name, attended: Arc<Attended>) {
    let _one_at_a_time = attended.looking.lock().await;
    if !attended.lane().begin_look() {
        return;
    }
    match store.lease_notices(name, LOOK_MOST, now).await {
        Ok(due) => attended.lane().found(due, LOOK_MOST),
        Err(error) => {
            tracing::warn!(%error, "can't look up notices; trying again");
            attended.lane().look_again();
            tokio::time::sleep(RETRY).await;
        }
    }
    attended.bell.notify_one();
}

/// Tells the store what came of notices, for as long as it takes. What it would not take is told again all together, by one
/// task a lane: while the store is away there may be hundreds of them.
async fn settle(store: Arc<dyn Store>, name: Name, attended: Arc<Attended>, mut told: Vec<Told>) {
    match store.told(name, told.clone()).await {
        Ok(()) => return attended.settled(&told),
        Err(StoreError::Superseded) => return,
        Err(error) => {
            if !attended.keep(told) {
                return;
            }
            tracing::warn!(%error, "can't record that clients were told; trying again until it is recorded");
        }
    }
    loop {
        tokio::time::sleep(RETRY).await;
        told = match attended.kept() {
            Some(told) => told,
            None => return,
        };
        match store.told(name, told.clone()).await {
            Ok(()) => attended.settled(&told),
            Err(StoreError::Superseded) => return,
            Err(_) => {
                attended.keep(told);
            }
        }
    }
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
        let excess = attended.lane().give_back(notices);
        attended.bell.notify_one();
        self.shared.return_notices(sessions_of, excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: u64) -> Told {
        Told { message: MessageId::from_number(number), again: None, failed: 0, attempt: None }
    }

    #[test]
    fn one_task_sees_to_all_that_the_store_would_not_take() {
        let attended = Attended::new();
        assert!(attended.keep(vec![told(1)]), "the first sees to it");
        assert!(!attended.keep(vec![told(2)]), "and to all that come after");
        let kept = |attended: &Attended| {
            attended.kept().map(|told| told.iter().map(|told| told.message.number()).collect::<Vec<_>>())
        };
        assert_eq!(kept(&attended), Some(vec![1, 2]));
        assert!(!attended.keep(vec![told(3)]), "also while it tries");
        assert_eq!(kept(&attended), Some(vec![3]));
        assert_eq!(kept(&attended), None);
        assert!(attended.keep(vec![told(4)]), "until there is nothing more");
    }
}
