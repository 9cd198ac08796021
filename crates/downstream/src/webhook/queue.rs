//! The queue of notices to post: accounts, and URLs of their rules, take turns, each within its own limits.

use super::batch::{self, Batch, Place};
use super::returns::Returns;
use super::{ACCOUNT_POSTS_MAX, ACCOUNT_WAITING_MAX, POSTS_MAX};
use postrider_core::notice::{Lane, Notice};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::{HashMap, VecDeque};

/// The posts of one account at once up to which a list of events is posted though it may grow: the notices of a busy account
/// wait for company, and those of a quiet one are posted at once.
const SHORT_POSTS_MAX: usize = 4;

/// The waiting notices of all places.
pub(super) struct Queue {
    places: HashMap<Place, Waiting>,
    /// Places that have notices and are below their limit of posts, in the order of their turns; each at most once.
    turns: VecDeque<Place>,
    waiting: usize,
}

#[derive(Default)]
struct Waiting {
    notices: VecDeque<Notice>,
    posting: usize,
    has_turn: bool,
    /// When notices come back for which there was no room since this queue was last empty.
    returns: Option<Returns>,
}

impl Waiting {
    /// The next batch of at most so many events, unless it is to wait for more of them.
    fn take(&mut self, most: usize) -> Option<Batch> {
        let count = batch::together(&self.notices, most);
        let may_grow = count < most && count == self.notices.len();
        if may_grow && self.posting >= SHORT_POSTS_MAX {
            return None;
        }
        let batch = Batch::take(&mut self.notices, most)?;
        self.posting += 1;
        Some(batch)
    }
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { places: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }

    /// The number of waiting notices.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Queues a notice. If too many of its place wait, it is returned, together with the time to come back.
    pub(super) fn push(&mut self, notice: Notice, now: Time) -> Result<(), (Notice, Time)> {
        let place = batch::place(&notice);
        let waiting = self.places.entry(place).or_default();
        if waiting.notices.len() >= ACCOUNT_WAITING_MAX {
            let again = waiting.returns.get_or_insert_with(|| Returns::new(now)).next(now);
            return Err((notice, again));
        }
        waiting.notices.push_back(notice);
        self.waiting += 1;
        self.give_turn(place);
        Ok(())
    }

    /// The next notices to post. `posting` is the number of posts under way.
    pub(super) fn next(&mut self, posting: usize, rules: &Rules) -> Option<Batch> {
        if posting >= POSTS_MAX {
            return None;
        }
        while let Some(place) = self.turns.pop_front() {
            let Some(waiting) = self.places.get_mut(&place) else { continue };
            waiting.has_turn = false;
            if let Some(batch) = waiting.take(events_max(place, rules)) {
                self.waiting -= batch.notices().len();
                self.give_turn(place);
                return Some(batch);
            }
        }
        None
    }

    /// Takes note that a post of the place is done, and how many notices the endpoint has taken.
    pub(super) fn done(&mut self, place: Place, taken: usize, now: Time) {
        let Some(waiting) = self.places.get_mut(&place) else { return };
        waiting.posting = waiting.posting.saturating_sub(1);
        if waiting.notices.is_empty() {
            waiting.returns = None;
        } else if let Some(returns) = &mut waiting.returns {
            returns.posted(u32::try_from(taken).unwrap_or(u32::MAX), now);
        }
        if waiting.posting == 0 && waiting.notices.is_empty() {
            self.places.remove(&place);
        } else {
            self.give_turn(place);
        }
    }

    /// All notices that still wait.
    pub(super) fn into_rest(self) -> Vec<Notice> {
        self.places.into_values().flat_map(|waiting| waiting.notices).collect()
    }

    fn give_turn(&mut self, place: Place) {
        let Some(waiting) = self.places.get_mut(&place) else { return };
        if !waiting.has_turn && !waiting.notices.is_empty() && waiting.posting < ACCOUNT_POSTS_MAX {
            waiting.has_turn = true;
            self.turns.push_back(place);
        }
    }
}

/// The most events of one post: the URL of a rule gets one.
fn events_max((lane, account): Place, rules: &Rules) -> usize {
    if lane != Lane::Webhooks {
        return 1;
    }
    let webhook = rules.account(account).and_then(|account| account.webhook.as_ref());
    webhook.map_or(1, |webhook| webhook.batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use crate::webhook::testing::{notice, webhook};
    use postrider_core::account::{Account, AccountId, Webhook};
    use postrider_core::automation::RuleId;
    use std::sync::Arc;

    const NOW: Time = Time(0);
    const WEBHOOK: Place = (Lane::Webhooks, AccountId(1));

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.notices().iter().map(|notice| notice.id.number()).collect()
    }

    /// Rules by which the account 1 gets at most so many events a post.
    fn lists_of(batch: usize) -> Rules {
        let webhook = Webhook { batch, ..webhook("https://shop.example/") };
        rules(Account { webhook: Some(Arc::new(webhook)), ..account() })
    }

    #[test]
    fn accounts_take_turns() {
        let (mut queue, rules) = (Queue::new(), Rules::default());
        for (account, id) in [(1, 1), (1, 2), (1, 3), (2, 4), (3, 5)] {
            queue.push(notice(AccountId(account), id), NOW).unwrap();
        }
        let ids: Vec<u64> =
            std::iter::from_fn(|| queue.next(0, &rules)).flat_map(|batch| numbers(&batch)).collect();
        assert_eq!(ids, [1, 4, 5, 2, 3]);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn an_account_keeps_to_its_limits_and_goes_on_as_posts_end() {
        let (mut queue, rules) = (Queue::new(), Rules::default());
        for id in 0..ACCOUNT_WAITING_MAX as u64 {
            queue.push(notice(AccountId(1), id), NOW).unwrap();
        }
        let again: Vec<Time> =
            (0..10).map(|_| queue.push(notice(AccountId(1), 99_999), NOW).unwrap_err().1).collect();
        assert_eq!((again[0], again[9]), (Time(1_000), Time(1_001)));
        queue.push(notice(AccountId(2), 1), NOW).unwrap();
        let posted = std::iter::from_fn(|| queue.next(0, &rules)).count();
        assert_eq!(posted, ACCOUNT_POSTS_MAX + 1);
        queue.done(WEBHOOK, 1, NOW);
        assert!(queue.next(POSTS_MAX, &rules).is_none());
        assert!(queue.next(0, &rules).is_some() && queue.next(0, &rules).is_none());
        queue.done((Lane::Webhooks, AccountId(2)), 1, NOW);
        assert_eq!(queue.places.len(), 1);
        assert_eq!(queue.into_rest().len(), ACCOUNT_WAITING_MAX - ACCOUNT_POSTS_MAX - 1);
    }

    #[test]
    fn lists_are_posted_when_they_are_full_or_few_are_under_way() {
        let (mut queue, rules) = (Queue::new(), lists_of(3));
        let push = |queue: &mut Queue, ids: std::ops::Range<u64>| {
            ids.for_each(|id| queue.push(notice(AccountId(1), id), NOW).unwrap());
        };
        for id in 0..SHORT_POSTS_MAX as u64 {
            push(&mut queue, id..id + 1);
            assert_eq!(numbers(&queue.next(0, &rules).unwrap()), [id], "a quiet account waits");
        }
        push(&mut queue, 10..12);
        assert!(queue.next(0, &rules).is_none(), "a list that may grow is posted");
        push(&mut queue, 12..14);
        assert_eq!(numbers(&queue.next(0, &rules).unwrap()), [10, 11, 12]);
        assert!(queue.next(0, &rules).is_none());
        queue.done(WEBHOOK, 1, NOW);
        assert!(queue.next(0, &rules).is_none(), "four posts are under way still");
        queue.done(WEBHOOK, 1, NOW);
        assert_eq!(numbers(&queue.next(0, &rules).unwrap()), [13]);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn a_list_that_can_not_grow_does_not_wait() {
        let (mut queue, rules) = (Queue::new(), lists_of(100));
        for id in 0..SHORT_POSTS_MAX as u64 {
            queue.push(notice(AccountId(1), id), NOW).unwrap();
            assert!(queue.next(0, &rules).is_some());
        }
        queue.push(Notice { failed: 1, ..notice(AccountId(1), 20) }, NOW).unwrap();
        assert!(queue.next(0, &rules).is_none());
        queue.push(notice(AccountId(1), 21), NOW).unwrap();
        assert_eq!(numbers(&queue.next(0, &rules).unwrap()), [20]);
        assert!(queue.next(0, &rules).is_none());
    }

    #[test]
    fn the_url_of_a_rule_gets_one_event_a_post_and_holds_up_nothing_else() {
        let (mut queue, rules) = (Queue::new(), lists_of(3));
        let to_rule = |id| Notice { lane: Lane::Rule(RuleId(9)), ..notice(AccountId(1), id) };
        for id in 0..200 {
            queue.push(to_rule(id), NOW).unwrap();
        }
        queue.push(notice(AccountId(1), 1), NOW).unwrap();
        let posted: Vec<_> = std::iter::from_fn(|| queue.next(0, &rules)).collect();
        assert!(posted.iter().all(|batch| batch.notices().len() == 1));
        assert_eq!(posted.iter().filter(|batch| batch.place() == WEBHOOK).count(), 1);
        assert_eq!(posted.len(), ACCOUNT_POSTS_MAX + 1);
    }
}
