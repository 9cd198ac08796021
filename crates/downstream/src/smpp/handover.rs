//! Messages from handsets that one session fetched and another one of the account serves. They change hands here, in memory:
//! what nobody takes goes back to the outbox.

use super::address_range::AddressRange;
use postrider_core::account::AccountId;
use postrider_core::notice::Notice;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Notices of one account that wait here at most; more are postponed.
const WAITING_MAX: usize = 1_000;

/// What changes hands, by account.
#[derive(Default)]
pub(super) struct Handover(Mutex<BTreeMap<AccountId, Arc<Desk>>>);

/// The sessions of an account, and what they hand to each other.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    handed: Notify,
}

#[derive(Default)]
struct State {
    next: u64,
    ranges: BTreeMap<u64, AddressRange>,
    waiting: Vec<Notice>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's place at its account's desk. It leaves with [`Seat::leave`].
pub(super) struct Seat {
    desk: Arc<Desk>,
    number: u64,
    range: AddressRange,
}

impl Handover {
    /// A session that receives begins.
    pub(super) fn join(&self, account: AccountId, range: AddressRange) -> Seat {
        let mut desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desks.retain(|_, desk| Arc::strong_count(desk) > 1);
        let desk = Arc::clone(desks.entry(account).or_default());
        drop(desks);
        let mut state = desk.state();
        state.next += 1;
        let number = state.next;
        state.ranges.insert(number, range.clone());
        drop(state);
        Seat { desk, number, range }
    }
}

impl Seat {
    /// Sorts what was fetched: what this session tells, and what nobody here does. The rest is handed to others.
    pub(super) fn sort(&self, fetched: Vec<Notice>) -> (Vec<Notice>, Vec<Notice>) {
        if matches!(self.range, AddressRange::All) {
            return (fetched, Vec::new());
        }
        let (own, others): (Vec<_>, Vec<_>) =
            fetched.into_iter().partition(|notice| self.range.takes(notice));
        if others.is_empty() {
            return (own, others);
        }
        let mut state = self.desk.state();
        let mut unserved = Vec::new();
        for notice in others {
            let is_served = state.ranges.values().any(|range| range.takes(&notice));
            if is_served && state.waiting.len() < WAITING_MAX {
                state.waiting.push(notice);
            } else {
                unserved.push(notice);
            }
        }
        drop(state);
        self.desk.handed.notify_waiters();
        (own, unserved)
    }

    /// Waits until others hand something over that this session serves, and takes up to `most` of it.
    pub(super) async fn take(&self, most: usize) -> Vec<Notice> {
        loop {
            let mut handed = std::pin::pin!(self.desk.handed.notified());
            handed.as_mut().enable();
            let taken = self.taken(most);
            if !taken.is_empty() {
                return taken;
            }
            handed.await;
        }
    }

    fn taken(&self, most: usize) -> Vec<Notice> {
        let mut state = self.desk.state();
        let mut left = most;
        let is_taken = |notice: &mut Notice| {
            let takes = left > 0 && self.range.takes(notice);
            left -= usize::from(takes);
            takes
        };
        state.waiting.extract_if(.., is_taken).collect()
    }

    /// The session ends. Returns what nobody here serves any more.
    pub(super) fn leave(&self) -> Vec<Notice> {
        let mut state = self.desk.state();
        let State { ranges, waiting, .. } = &mut *state;
        ranges.remove(&self.number);
        waiting.extract_if(.., |notice| !ranges.values().any(|range| range.takes(notice))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;
    use postrider_core::notice::{Lane, NoticeId, What};
    use postrider_core::sender::Sender;
    use postrider_core::time::Time;

    fn notice(id: u64, to: &str) -> Notice {
        let mut received = received("Hello");
        received.inbound.to.given = to.into();
        received.inbound.to.understood = Sender::parse(to).ok();
        let (account, received) = (AccountId(1), Arc::new(received));
        let what = What::Received { account, received };
        let (id, lane) = (NoticeId::from_number(id), Lane::Sessions(account));
        Notice { id, lane, what, failed: 0, due: Time(0), owned: true }
    }

    fn ids(notices: &[Notice]) -> Vec<u64> {
        notices.iter().map(|notice| notice.id.number()).collect()
    }

    #[tokio::test]
    async fn what_another_session_serves_is_handed_to_it() {
        let all = Handover::default();
        let join = |range: &str| all.join(AccountId(1), AddressRange::read(range).unwrap());
        let (six, seven) = (join("^6"), join("^7"));
        let fetched = vec![notice(1, "60006"), notice(2, "70007"), notice(3, "80008"), notice(4, "70007")];
        let (own, unserved) = six.sort(fetched);
        assert_eq!((ids(&own), ids(&unserved)), (vec![1], vec![3]));
        assert_eq!(ids(&seven.take(1).await), [2]);
        assert_eq!(ids(&six.leave()), Vec::<u64>::new());
        assert_eq!(ids(&seven.leave()), [4], "nobody is left to tell it");
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let all = Handover::default();
        let join = |range: &str| all.join(AccountId(1), AddressRange::read(range).unwrap());
        let (six, seven) = (join("60006"), join("70007"));
        let (taken, _) = tokio::join!(seven.take(9), async { six.sort(vec![notice(1, "70007")]) });
        assert_eq!(ids(&taken), [1]);
    }
}
