//! The outbox: notices wait here, and in the store behind it, until a door has told them.

use crate::clock::Clock;
use crate::lane::LaneState;
use crate::retrying::until_stored;
use crate::store_health::tell;
use postrider_core::contract::{Store, StoreError, Told};
use postrider_core::node::{News, Nodes};
use postrider_core::notice::{Lane, Notice, NoticeId};
use std::collections::BTreeMap;
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

/// All lanes.
pub(crate) struct Lanes {
    store: Arc<dyn Store>,
    nodes: Arc<dyn Nodes>,
    clock: Arc<dyn Clock>,
    lanes: Mutex<BTreeMap<Lane, Arc<Attended>>>,
}

/// A lane and the bell that calls whoever attends it.
struct Attended {
    lane: Mutex<LaneState>,
    bell: Notify,
    /// One look into the store at a time.
    looking: tokio::sync::Mutex<()>,
    unrecorded: Mutex<Unrecorded>,
}

/// Told notices that the store would not record, and whether a task sees to them.
#[derive(Default)]
struct Unrecorded {
    told: Vec<Told>,
    attended: bool,
}

impl Attended {
    fn new() -> Self {
        Self {
            lane: Mutex::new(LaneState::new()),
            bell: Notify::new(),
            looking: tokio::sync::Mutex::default(),
            unrecorded: Mutex::default(),
        }
    }

    fn unrecorded(&self) -> MutexGuard<'_, Unrecorded> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps notices that the store would not record; tells whether no task sees to them yet.
    fn keep(&self, told: Vec<Told>) -> bool {
        let mut unrecorded = self.unrecorded();
        unrecorded.told.extend(told);
        !std::mem::replace(&mut unrecorded.attended, true)
    }

    /// The notices that the store would not record so far; when there are none, no task sees to them any more.
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

    fn lane(&self) -> MutexGuard<'_, LaneState> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lanes of a few notices, each found once.
#[derive(Default)]
struct Found(Vec<(Lane, Arc<Attended>)>);

impl Found {
    fn of(&mut self, lanes: &Lanes, lane: Lane) -> &Arc<Attended> {
        let index = self.0.iter().position(|(known, _)| *known == lane).unwrap_or_else(|| {
            self.0.push((lane, lanes.lane(lane)));
            self.0.len() - 1
        });
        &self.0[index].1
    }
}

impl Lanes {
    pub(crate) fn new(store: Arc<dyn Store>, nodes: Arc<dyn Nodes>, clock: Arc<dyn Clock>) -> Self {
        Self { store, nodes, clock, lanes: Mutex::default() }
    }

    /// Other nodes left notices in the lane.
    pub(crate) fn look_again(&self, lane: Lane) {
        let attended = self.lane(lane);
        attended.lane().look_again();
        attended.bell.notify_one();
    }

    /// Other nodes may have left notices in any lane.
    pub(crate) fn look_at_all(&self) {
        for (lane, _) in self.all() {
            self.look_again(lane);
        }
    }

    /// Nobody here wants to tell the lane's notices any more.
    pub(crate) fn abandon(&self, lane: Lane) {
        self.lane(lane).lane().abandon();
    }

    /// Returns what nobody here will tell, for whoever else wants to.
    pub(crate) fn give_up(self: &Arc<Self>) {
        let now = self.clock.now();
        for (lane, attended) in self.all() {
            let given_up = attended.lane().give_up(now);
            self.return_to_store(lane, given_up);
        }
    }

    fn all(&self) -> Vec<(Lane, Arc<Attended>)> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().map(|(lane, attended)| (*lane, Arc::clone(attended))).collect()
    }

    fn lane(&self, lane: Lane) -> Arc<Attended> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(lane).or_insert_with(|| Arc::new(Attended::new())))
    }

    /// Decides which fresh notices are this node's from their first write. They must be offered once they are durable.
    pub(crate) fn promise<'n>(&self, notices: impl Iterator<Item = &'n mut Notice>) {
        let now = self.clock.now();
        let mut found = Found::default();
        for notice in notices {
            notice.owned = found.of(self, notice.lane).lane().promise(now);
        }
    }

    /// Gives up places that were promised to notices which are not kept.
    pub(crate) fn withdraw(&self, notices: impl Iterator<Item = Notice>) {
        for notice in notices.filter(|notice| notice.owned) {
            self.lane(notice.lane).lane().withdraw();
        }
    }

    /// Puts fresh notices, durable by now, into their lanes. Other nodes hear of those that were left in the store.
    pub(crate) fn offer(&self, notices: Vec<Notice>) {
        let mut found = Found::default();
        let mut left = Vec::new();
        for notice in notices {
            let lane = notice.lane;
            if !notice.owned && !left.contains(&lane) {
                left.push(lane);
            }
            found.of(self, lane).lane().offer(notice);
        }
        for (_, attended) in found.0 {
            attended.bell.notify_one();
        }
        self.tell_of_left(left);
    }

    /// Tells other nodes that notices were left in these lanes.
    fn tell_of_left(&self, lanes: Vec<Lane>) {
        if !self.nodes.is_alone() && !lanes.is_empty() {
            self.nodes.tell(lanes.into_iter().map(News::Lane).collect());
        }
    }

    /// Waits until the lane has notices, and takes up to `most` of them.
    pub(crate) async fn take(&self, lane: Lane, most: usize) -> Vec<Notice> {
        let attended = self.lane(lane);
        let look_every = if self.nodes.is_alone() { LOOK_EVERY } else { LOOK_AT_OTHERS_EVERY };
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
                let look =
                    look(Arc::clone(&self.store), Arc::clone(&self.clock), lane, Arc::clone(&attended));
                // It goes on when nobody waits any more: what it leased is this node's to tell.
                let _ended = tokio::spawn(look).await;
                continue;
            }
            let wait = later.map_or(look_every, |later| later.since(now).min(look_every));
            tokio::select! {
                biased;
                () = attended.bell.notified() => {}
                () = tokio::time::sleep(wait) => attended.lane().look_again(),
            }
        }
    }

    /// Records what came of telling notices.
    pub(crate) fn told(&self, lane: Lane, told: Vec<Told>) {
        tokio::spawn(settle(Arc::clone(&self.store), lane, self.lane(lane), told));
    }

    /// Takes note that a notice is done with, as the store knows already.
    pub(crate) fn settled(&self, lane: Lane, notice: NoticeId) {
        self.lane(lane).settled(&[Told { notice, again: None, failed: 0, attempt: None }]);
    }

    /// Takes back notices that were not told.
    pub(crate) fn give_back(self: &Arc<Self>, lane: Lane, notices: Vec<Notice>) {
        let attended = self.lane(lane);
        let excess = attended.lane().give_back(notices);
        attended.bell.notify_one();
        self.return_to_store(lane, excess);
    }

    fn return_to_store(self: &Arc<Self>, lane: Lane, notices: Vec<NoticeId>) {
        if notices.is_empty() {
            return;
        }
        let lanes = Arc::clone(self);
        tokio::spawn(async move {
            let what = "can't return notices to the store; trying again";
            let returned = until_stored(what, || lanes.store.release_notices(lane, notices.clone())).await;
            if returned.is_ok() {
                lanes.look_again(lane);
                lanes.tell_of_left(vec![lane]);
            }
        });
    }
}

/// Looks into the store for what is in nobody's hands.
async fn look(store: Arc<dyn Store>, clock: Arc<dyn Clock>, lane: Lane, attended: Arc<Attended>) {
    let _one_at_a_time = attended.looking.lock().await;
    if !attended.lane().begin_look() {
        return;
    }
    match store.lease_notices(lane, LOOK_MOST, clock.now()).await {
        Ok(due) => attended.lane().found(due, LOOK_MOST),
        Err(error) => {
            tell(&error, "can't look up notices; trying again");
            attended.lane().look_again();
            tokio::time::sleep(RETRY).await;
        }
    }
    attended.bell.notify_one();
}

/// Records told notices, for as long as it takes. Those that the store would not take are recorded again together, by one
/// task a lane: while the store is away there may be hundreds of them.
async fn settle(store: Arc<dyn Store>, lane: Lane, attended: Arc<Attended>, mut told: Vec<Told>) {
    match store.told(lane, told.clone()).await {
        Ok(()) => return attended.settled(&told),
        Err(StoreError::Superseded) => return,
        Err(error) => {
            if !attended.keep(told) {
                return;
            }
            tell(&error, "can't record that clients were told; trying again until it is recorded");
        }
    }
    loop {
        tokio::time::sleep(RETRY).await;
        told = match attended.kept() {
            Some(told) => told,
            None => return,
        };
        match store.told(lane, told.clone()).await {
            Ok(()) => attended.settled(&told),
            Err(StoreError::Superseded) => return,
            Err(_) => {
                attended.keep(told);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: u64) -> Told {
        Told { notice: NoticeId::from_number(number), again: None, failed: 0, attempt: None }
    }

    #[test]
    fn one_task_sees_to_all_that_the_store_would_not_take() {
        let attended = Attended::new();
        assert!(attended.keep(vec![told(1)]), "the first sees to it");
        assert!(!attended.keep(vec![told(2)]), "and to all that come after");
        let kept = |attended: &Attended| {
            attended.kept().map(|told| told.iter().map(|told| told.notice.number()).collect::<Vec<_>>())
        };
        assert_eq!(kept(&attended), Some(vec![1, 2]));
        assert!(!attended.keep(vec![told(3)]), "also while it tries");
        assert_eq!(kept(&attended), Some(vec![3]));
        assert_eq!(kept(&attended), None);
        assert!(attended.keep(vec![told(4)]), "until there is nothing more");
    }
}
