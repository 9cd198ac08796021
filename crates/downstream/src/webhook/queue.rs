//! The queue of notices to post: accounts take turns, each within its own limits.

use super::{ACCOUNT_POSTS_MAX, ACCOUNT_WAITING_MAX, POSTS_MAX};
use postrider_core::account::AccountId;
use postrider_core::notice::Notice;
use std::collections::{HashMap, VecDeque};

/// The waiting notices of all accounts.
pub(super) struct Queue {
    accounts: HashMap<AccountId, Waiting>,
    /// Accounts that have notices and are below their limit of posts, in the order of their turns; each at most once.
    turns: VecDeque<AccountId>,
    waiting: usize,
}

#[derive(Default)]
struct Waiting {
    notices: VecDeque<Notice>,
    posting: usize,
    has_turn: bool,
    /// The number of notices that found no room since the queue of this account was last empty.
    turned_away: u32,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { accounts: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }

    /// The number of waiting notices.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Queues a notice. If too many of its account wait, it is returned, together with the number of notices returned
    /// before it since the account's queue was last empty.
    pub(super) fn push(&mut self, notice: Notice) -> Result<(), (Notice, u32)> {
        let account = notice.account();
        let waiting = self.accounts.entry(account).or_default();
        if waiting.notices.len() >= ACCOUNT_WAITING_MAX {
            waiting.turned_away = waiting.turned_away.saturating_add(1);
            return Err((notice, waiting.turned_away - 1));
        }
        waiting.notices.push_back(notice);
        self.waiting += 1;
        self.give_turn(account);
        Ok(())
    }

    /// The next notice to post. `posting` is the number of posts under way.
    pub(super) fn next(&mut self, posting: usize) -> Option<Notice> {
        if posting >= POSTS_MAX {
            return None;
        }
        let account = self.turns.pop_front()?;
        let waiting = self.accounts.get_mut(&account)?;
        waiting.has_turn = false;
        let notice = waiting.notices.pop_front()?;
        waiting.posting += 1;
        self.waiting -= 1;
        self.give_turn(account);
        Some(notice)
    }

    /// Takes note that a post of the account is done.
    pub(super) fn done(&mut self, account: AccountId) {
        let Some(waiting) = self.accounts.get_mut(&account) else { return };
        waiting.posting = waiting.posting.saturating_sub(1);
        if waiting.posting == 0 && waiting.notices.is_empty() {
            self.accounts.remove(&account);
        } else {
            self.give_turn(account);
        }
    }

    /// All notices that still wait.
    pub(super) fn into_rest(self) -> Vec<Notice> {
        self.accounts.into_values().flat_map(|waiting| waiting.notices).collect()
    }

    fn give_turn(&mut self, account: AccountId) {
        let Some(waiting) = self.accounts.get_mut(&account) else { return };
        if !waiting.has_turn && !waiting.notices.is_empty() && waiting.posting < ACCOUNT_POSTS_MAX {
            waiting.has_turn = true;
            self.turns.push_back(account);
        }
    }
}

/// Notices for tests of webhooks.
#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::testing;
    use postrider_core::delivery::{Outcome, State};
    use postrider_core::id::MessageId;
    use postrider_core::message::Message;
    use postrider_core::notice::{Lane, What};
    use postrider_core::route::UpstreamId;
    use postrider_core::sender::Sender;
    use postrider_core::time::Time;
    use std::sync::Arc;

    /// A notice of the account's message with this number.
    pub(in crate::webhook) fn notice(account: AccountId, id: u64) -> Notice {
        let from = Some(Sender::parse("Shop").unwrap());
        let message = Message { account, from, ..testing::message(MessageId::from_number(id)) };
        let outcome = Outcome {
            state: State::Undelivered,
            upstream: UpstreamId(1),
            reference: None,
            error: Some("invalid_recipient 0x0000000B ESME_RINVDSTADR".into()),
            sent_at: Some(Time(3_000)),
            done_at: Time(5_000),
            parts: 2,
            possible_duplicate: false,
        };
        let what = What::Ended { message: Arc::new(message), outcome };
        let id = MessageId::from_number(id).into();
        Notice { id, lane: Lane::Webhooks, what, failed: 0, due: Time(0), owned: true }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::notice;
    use super::*;

    #[test]
    fn accounts_take_turns() {
        let mut queue = Queue::new();
        for (account, id) in [(1, 1), (1, 2), (1, 3), (2, 4), (3, 5)] {
            queue.push(notice(AccountId(account), id)).unwrap();
        }
        let ids: Vec<u64> = std::iter::from_fn(|| queue.next(0)).map(|notice| notice.id.number()).collect();
        assert_eq!(ids, [1, 4, 5, 2, 3]);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn an_account_keeps_to_its_limits_and_goes_on_as_posts_end() {
        let mut queue = Queue::new();
        for id in 0..ACCOUNT_WAITING_MAX as u64 {
            queue.push(notice(AccountId(1), id)).unwrap();
        }
        for before in 0..3 {
            assert_eq!(queue.push(notice(AccountId(1), 99_999)).map_err(|(_, before)| before), Err(before));
        }
        queue.push(notice(AccountId(2), 1)).unwrap();
        let posted = std::iter::from_fn(|| queue.next(0)).count();
        assert_eq!(posted, ACCOUNT_POSTS_MAX + 1);
        queue.done(AccountId(1));
        assert!(queue.next(POSTS_MAX).is_none());
        assert!(queue.next(0).is_some() && queue.next(0).is_none());
        queue.done(AccountId(2));
        assert_eq!(queue.accounts.len(), 1);
        assert_eq!(queue.into_rest().len(), ACCOUNT_WAITING_MAX - ACCOUNT_POSTS_MAX - 1);
    }
}
