//! The last posts to webhooks of this node, for those who ask what was posted. They are kept in memory: a restart forgets them. Those that
//! failed also wait here to be kept in the store.

use super::batch::Batch;
use super::outcome::{NextStep, PostOutcome};
use postrider_apps::failed_post::FailedPost;
use postrider_core::account::AccountId;
use postrider_core::notice::{Lane, Notice, What};
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

/// The most failed posts that wait to be kept. Those beyond are counted only.
const FAILED_MAX: usize = 1_000;

/// The last posts, by account.
#[derive(Debug, Default)]
pub struct Attempts {
    last: Mutex<HashMap<AccountId, VecDeque<PostAttempt>>>,
    failed: Mutex<Vec<FailedPost>>,
}

impl Attempts {
    /// The last posts of an account, the newest first.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Vec<PostAttempt> {
        self.lock().get(&account).map_or_else(Vec::new, |kept| kept.iter().rev().cloned().collect())
    }

    /// Keeps a post.
    pub(super) fn note(
        &self,
        batch: &Batch,
        outcome: &PostOutcome,
        step: NextStep,
        endpoint: &str,
        now: Time,
    ) {
        let attempt = PostAttempt {
            at: now,
            event: super::batch::id(batch.first()).into(),
            events: batch.notices().len(),
            number: batch.failed().saturating_add(1),
            result: outcome.to_string().into(),
            is_taken: step == NextStep::Done,
            again: if let NextStep::Retry(again) = step { Some(again) } else { None },
        };
        if step != NextStep::Done {
            self.fail(failed_post(batch, &attempt, endpoint));
        }
        self.keep(batch.account(), attempt);
    }

    fn fail(&self, post: FailedPost) {
        let mut failed = self.failed();
        if failed.len() < FAILED_MAX {
            failed.push(post);
        } else {
            metrics::counter!("postrider_webhook_failures_unkept_total").increment(1);
        }
    }

    /// Takes the failed posts that wait to be kept.
    pub(crate) fn take_failed(&self) -> Vec<FailedPost> {
        std::mem::take(&mut *self.failed())
    }

    fn failed(&self) -> MutexGuard<'_, Vec<FailedPost>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A failed post, as it is kept. Of its messages it names those that the webhook can be told of again.
fn failed_post(batch: &Batch, attempt: &PostAttempt, endpoint: &str) -> FailedPost {
    let again = |notice: &Notice| match &notice.what {
        What::Ended { message, .. } => Some(message.id.number()),
        What::Received { received, .. } => Some(received.id.number()),
        What::Consent { .. } => None,
    };
    let is_of_webhook = batch.lane() == Lane::Webhooks;
    FailedPost {
        id: 0,
        account: batch.account().0,
        at: attempt.at.0,
        endpoint: endpoint.into(),
        event: attempt.event.clone(),
        events: attempt.events,
        number: attempt.number,
        result: attempt.result.clone(),
        again: attempt.again.map(|again| again.0),
        messages: batch.notices().iter().filter(|_| is_of_webhook).filter_map(again).collect(),
    }
}

/// A URL without what may be secret: user, password and query.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = url::Url::parse(url) else { return String::new() };
    // A URL that can't have these hasn't.
    let _none = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::testing::notice;
    use std::time::Duration;

    fn batch(number: u64) -> Batch {
        Batch::single(notice(AccountId(1), number))
    }

    #[test]
    fn the_newest_posts_of_an_account_are_kept() {
        let attempts = Attempts::default();
        let refused = PostOutcome::Failed("no answer within 10 s".into());
        for number in 0..150 {
            attempts.note(
                &batch(number),
                &refused,
                NextStep::Retry(Time(2_000)),
                "https://x.example/",
                Time(1_000),
            );
        }
        let kept = attempts.of(AccountId(1));
        assert_eq!(kept.len(), ATTEMPTS_KEPT);
        assert_eq!(
            (&*kept[0].result, kept[0].number, kept[0].again),
            ("no answer within 10 s", 1, Some(Time(2_000)))
        );
        assert!(!kept[0].is_taken && attempts.of(AccountId(2)).is_empty());
        let failed = attempts.take_failed();
        assert_eq!((failed.len(), attempts.take_failed().len()), (150, 0));
        assert_eq!((&*failed[149].endpoint, &failed[149].messages[..]), ("https://x.example/", &[149][..]));
    }

    #[test]
    fn what_is_taken_did_not_fail() {
        let attempts = Attempts::default();
        let taken = PostOutcome::Status { status: 204, took: Duration::from_millis(3), retry_after: None };
        attempts.note(&batch(1), &taken, NextStep::Done, "", Time(1_000));
        assert!(attempts.take_failed().is_empty());
    }

    #[test]
    fn an_endpoint_is_shown_without_secrets() {
        assert_eq!(shown("https://ann:pass@x.example:8443/hook?token=1#a"), "https://x.example:8443/hook");
        assert_eq!(shown("nonsense"), "");
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
