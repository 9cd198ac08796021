//! Notices that one session fetched and another one of the account serves. They change hands here, in memory: what nobody
//! takes goes back to the outbox.

use super::address_range::AddressRange;
use super::speaks::Speaks;
use postrider_core::account::AccountId;
use postrider_core::notice::{Notice, What};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Notices of one account that wait here at most; more are postponed.
const WAITING_MAX: usize = 1_000;

/// The notices of its account that a session serves.
#[derive(Clone, Debug)]
pub(crate) struct Serves {
    /// Ends of messages that came by this protocol: others know a message by another name.
    pub(crate) speaks: Speaks,
    /// Messages from handsets to these addresses.
    pub(crate) range: AddressRange,
}

impl Serves {
    fn takes(&self, notice: &Notice) -> bool {
        match &notice.what {
            What::Ended { message, .. } => Speaks::of(message) == self.speaks,
            What::Received { received, .. } => self.range.contains(&received.inbound.to),
            What::Consent { .. } => true,
        }
    }
}

/// What changes hands, by account.
#[derive(Default)]
pub(crate) struct Handover(Mutex<BTreeMap<AccountId, Arc<Desk>>>);

/// The sessions of an account, and what they hand to each other.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    handed: Notify,
}

#[derive(Default)]
struct State {
    next: u64,
    served: BTreeMap<u64, Serves>,
    waiting: Vec<Notice>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's place at its account's desk. It leaves with [`Seat::leave`].
pub(crate) struct Seat {
    desk: Arc<Desk>,
    number: u64,
    serves: Serves,
}

impl Handover {
    /// A session that receives begins.
    pub(crate) fn join(&self, account: AccountId, serves: Serves) -> Seat {
        let mut desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desks.retain(|_, desk| Arc::strong_count(desk) > 1);
        let desk = Arc::clone(desks.entry(account).or_default());
        drop(desks);
        let mut state = desk.state();
        state.next += 1;
        let number = state.next;
        state.served.insert(number, serves.clone());
        drop(state);
        Seat { desk, number, serves }
    }
}

impl Seat {
    /// Sorts what was fetched: what this session tells, and what nobody here does. The rest is handed to others.
    pub(crate) fn sort(&self, fetched: Vec<Notice>) -> (Vec<Notice>, Vec<Notice>) {
        if fetched.iter().all(|notice| self.serves.takes(notice)) {
            return (fetched, Vec::new());
        }
        let (own, others): (Vec<_>, Vec<_>) =
            fetched.into_iter().partition(|notice| self.serves.takes(notice));
        let mut state = self.desk.state();
        let mut unserved = Vec::new();
        for notice in others {
            let is_served = state.served.values().any(|serves| serves.takes(&notice));
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
    pub(crate) async fn take(&self, most: usize) -> Vec<Notice> {
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
            let takes = left > 0 && self.serves.takes(notice);
            left -= usize::from(takes);
            takes
        };
        state.waiting.extract_if(.., is_taken).collect()
    }

    /// The session ends. Returns what nobody here serves any more.
    pub(crate) fn leave(&self) -> Vec<Notice> {
        let mut state = self.desk.state();
        let State { served, waiting, .. } = &mut *state;
        served.remove(&self.number);
        waiting.extract_if(.., |notice| !served.values().any(|serves| serves.takes(notice))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;
    use postrider_core::delivery::{Outcome, State as Ended};
    use postrider_core::id::MessageId;
    use postrider_core::message::Message;
    use postrider_core::notice::{Lane, NoticeId};
    use postrider_core::route::UpstreamId;
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

    fn outcome() -> Outcome {
        Outcome {
            state: Ended::Delivered,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: Some(Time(0)),
            done_at: Time(1),
            parts: 1,
            possible_duplicate: false,
        }
    }

    fn smpp(range: &str) -> Serves {
        Serves { speaks: Speaks::Smpp, range: AddressRange::read(range).unwrap() }
    }

    fn ids(notices: &[Notice]) -> Vec<u64> {
        notices.iter().map(|notice| notice.id.number()).collect()
    }

    #[tokio::test]
    async fn what_another_session_serves_is_handed_to_it() {
        let all = Handover::default();
        let join = |range: &str| all.join(AccountId(1), smpp(range));
        let (six, seven) = (join("^6"), join("^7"));
        let fetched = vec![notice(1, "60006"), notice(2, "70007"), notice(3, "80008"), notice(4, "70007")];
        let (own, unserved) = six.sort(fetched);
        assert_eq!((ids(&own), ids(&unserved)), (vec![1], vec![3]));
        assert_eq!(ids(&seven.take(1).await), [2]);
        assert_eq!(ids(&six.leave()), Vec::<u64>::new());
        assert_eq!(ids(&seven.leave()), [4], "nobody is left to tell it");
    }

    #[tokio::test]
    async fn the_end_of_a_message_is_for_a_session_of_its_protocol() {
        let ended = |id: u64, reference: &str| {
            let message = Message {
                reference: Some(reference.into()),
                ..crate::testing::message(MessageId::from_number(id))
            };
            let what = What::Ended { message: Arc::new(message), outcome: outcome() };
            Notice { what, ..notice(id, "60006") }
        };
        let all = Handover::default();
        let smpp = all.join(AccountId(1), smpp(""));
        let fetched = || vec![ended(1, "4711"), ended(2, "ucp:291126083007"), notice(3, "60006")];
        let (own, unserved) = smpp.sort(fetched());
        assert_eq!((ids(&own), ids(&unserved)), (vec![1, 3], vec![2]));
        let ucp = all.join(AccountId(1), Serves { speaks: Speaks::Ucp, range: AddressRange::All });
        let (own, unserved) = smpp.sort(fetched());
        assert_eq!((ids(&own), ids(&unserved)), (vec![1, 3], vec![]));
        assert_eq!(ids(&ucp.take(9).await), [2]);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let all = Handover::default();
        let join = |range: &str| all.join(AccountId(1), smpp(range));
        let (six, seven) = (join("60006"), join("70007"));
        let (taken, _) = tokio::join!(seven.take(9), async { six.sort(vec![notice(1, "70007")]) });
        assert_eq!(ids(&taken), [1]);
    }
}
