//! The last posts to webhooks of this node, for those who ask what was posted. They are kept in memory: a restart forgets them.

use super::batch::Batch;
use super::outcome::{NextStep, PostOutcome};
use postrider_core::account::AccountId;
use postrider_core::time::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most posts that are kept of an account.
pub const ATTEMPTS_KEPT: usize = 100;
/// The most accounts of which posts are kept. The one without a post for longest is forgotten for another.
const ACCOUNTS_MAX: usize = 1_000;

/// A post to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAttempt {
    /// When it was over.
    pub at: Time,
    /// The identifier of its event, or of the first of several.
    pub event: Box<str>,
    /// How many events it had.
    pub events: usize,
    /// How many posts of it there had been, with this one.
    pub number: u16,
    /// The outcome in words: the status and the time that it took, or why there was no answer.
    pub result: Box<str>,
    /// Whether the endpoint took it.
    pub is_taken: bool,
    /// When it is posted again; `None` if it isn't.
    pub again: Option<Time>,
}

/// The last posts, by account.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<AccountId, VecDeque<PostAttempt>>>);

impl Attempts {
    /// The last posts of an account, the newest first.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Vec<PostAttempt> {
        self.lock().get(&account).map_or_else(Vec::new, |kept| kept.iter().rev().cloned().collect())
    }

    /// Keeps a post.
    pub(super) fn note(&self, batch: &Batch, outcome: &PostOutcome, step: NextStep, now: Time) {
        let attempt = PostAttempt {
            at: now,
            event: super::batch::id(batch.first()).into(),
            events: batch.notices().len(),
            number: batch.failed().saturating_add(1),
            result: outcome.to_string().into(),
            is_taken: step == NextStep::Done,
            again: if let NextStep::Retry(again) = step { Some(again) } else { None },
        };
        self.keep(batch.account(), attempt);
    }

    fn keep(&self, account: AccountId, attempt: PostAttempt) {
        let mut all = self.lock();
        if all.len() >= ACCOUNTS_MAX && !all.contains_key(&account) {
            let last = |kept: &VecDeque<PostAttempt>| kept.back().map_or(Time(0), |attempt| attempt.at);
            let idlest = all.iter().min_by_key(|(_, kept)| last(kept)).map(|(account, _)| *account);
            idlest.and_then(|idlest| all.remove(&idlest));
        }
        let kept = all.entry(account).or_default();
        if kept.len() >= ATTEMPTS_KEPT {
            kept.pop_front();
        }
        kept.push_back(attempt);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, VecDeque<PostAttempt>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::testing::notice;

    fn batch(number: u64) -> Batch {
        Batch::single(notice(AccountId(1), number))
    }

    #[test]
    fn the_newest_posts_of_an_account_are_kept() {
        let attempts = Attempts::default();
        let refused = PostOutcome::Failed("no answer within 10 s".into());
        for number in 0..150 {
            attempts.note(&batch(number), &refused, NextStep::Retry(Time(2_000)), Time(1_000));
        }
        let kept = attempts.of(AccountId(1));
        assert_eq!(kept.len(), ATTEMPTS_KEPT);
        assert_eq!(
            (&*kept[0].result, kept[0].number, kept[0].again),
            ("no answer within 10 s", 1, Some(Time(2_000)))
        );
        assert!(!kept[0].is_taken && attempts.of(AccountId(2)).is_empty());
    }

    #[test]
    fn the_account_without_a_post_for_longest_goes() {
        let attempts = Attempts::default();
        let attempt = |at| PostAttempt {
            at: Time(at),
            event: "1".into(),
            events: 1,
            number: 1,
            result: "200 in 3 ms".into(),
            is_taken: true,
            again: None,
        };
        for account in 0..=ACCOUNTS_MAX {
            let account = u32::try_from(account).unwrap();
            attempts.keep(AccountId(account), attempt(i64::from(account)));
        }
        assert!(attempts.of(AccountId(0)).is_empty());
        assert_eq!(attempts.of(AccountId(1)).len(), 1);
    }
}
