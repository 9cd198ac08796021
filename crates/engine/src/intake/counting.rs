//! The messages that frequency caps count, as decisions need them: what the store has, and what this node has judged a moment ago.

use postrider_core::account::Account;
use postrider_core::contract::{Store, StoreError};
use postrider_core::number::Number;
use postrider_core::policy::{Counted, Counts};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a message that was judged here counts though the store may not have it: it is durable by then, or refused.
const LATELY: Duration = Duration::from_secs(60);

/// Messages that were judged here a moment ago, with when that was.
#[derive(Default)]
pub(crate) struct Lately(Mutex<VecDeque<(Time, Counted)>>);

impl Lately {
    /// Takes note of a message that caps count.
    pub(super) fn note(&self, counted: Counted, now: Time) {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while lately.front().is_some_and(|(at, _)| *at + LATELY < now) {
            lately.pop_front();
        }
        lately.push_back((now, counted));
    }

    /// The messages that count of the recipients of these submissions; none where the account counts none.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(super) async fn counts(
        &self,
        store: &dyn Store,
        account: &Account,
        submissions: &[Submission],
        now: Time,
    ) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let Some(longest) = account.policy.counts_for() else { return Ok(counts) };
        let to = recipients(account, submissions);
        if to.is_empty() {
            return Ok(counts);
        }
        {
            let lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = lately.iter().map(|(_, counted)| *counted);
            known.filter(|counted| to.binary_search(&counted.to).is_ok()).for_each(|it| counts.add(it));
        }
        store.counted(to, now - longest).await?.into_iter().for_each(|counted| counts.add(counted));
        Ok(counts)
    }
}

/// The recipients of submissions that some cap counts, in order, each once.
fn recipients(account: &Account, submissions: &[Submission]) -> Vec<Number> {
    let is_counted =
        |it: &&Submission| !it.exempt && account.policy.counts(it.class.unwrap_or(account.default_class));
    let read = |it: &Submission| Number::parse_recipient_in(&it.to, account.country).ok();
    let mut to: Vec<Number> = submissions.iter().filter(is_counted).filter_map(read).collect();
    to.sort_unstable();
    to.dedup();
    to
}
