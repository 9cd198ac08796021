//! The submissions of accounts: their rates, and how much waits for the store.

use crate::account_quotas::AccountQuotas;
use postrider_core::account::{Account, AccountId};
use postrider_core::quota::{Allowance, Bucket, Quota};
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Messages that may wait for the store at once; for more, clients are told to come back.
const STORING_MAX: usize = 50_000;
/// Clients may send the parts of this stretch at once.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts what accounts submit, and what waits for the store.
#[derive(Default)]
pub(crate) struct Submissions {
    demands: Mutex<BTreeMap<AccountId, Demand>>,
    storing: AtomicUsize,
    /// What accounts may submit in a day and other periods.
    pub(crate) quotas: AccountQuotas,
}

/// The demand of one account's clients.
struct Demand {
    bucket: Bucket,
    /// Parts asked for since the last look, those refused too.
    parts: f64,
    since: Time,
}

impl Submissions {
    /// Parts a second that clients of accounts with a rate asked for since the last look.
    pub(crate) fn demand(&self, now: Time) -> Vec<(AccountId, f64)> {
        let mut demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        let demand = |(account, demand): (&AccountId, &mut Demand)| {
            let span = now.since(demand.since).as_secs_f64().max(0.001);
            let parts = std::mem::take(&mut demand.parts);
            demand.since = now;
            (parts > 0.0).then_some((*account, parts / span))
        };
        demands.iter_mut().filter_map(demand).collect()
    }

    /// Lets so many parts of the account pass, of which a share of its rate is this node's.
    ///
    /// # Errors
    /// When the account is too fast; the refusal says how long to wait.
    pub(crate) fn pass(&self, account: &Account, share: f64, parts: u8, now: Time) -> Result<(), Refusal> {
        let Some(quota) = quota(account, share) else { return Ok(()) };
        let mut demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Demand { bucket: Bucket::full(quota, now), parts: 0.0, since: now };
        let demand = demands.entry(account.id).or_insert_with(new);
        let parts = f64::from(parts);
        demand.parts += parts;
        demand.bucket.take(quota, parts, now).map_err(|retry_after| Refusal::TooFast { retry_after })
    }

    /// The parts that the account may submit, with this node's share of its rate; `None` without a limit.
    pub(crate) fn allowance(&self, account: &Account, share: f64, now: Time) -> Option<Allowance> {
        let quota = quota(account, share)?;
        let demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket =
            demands.get(&account.id).map_or_else(|| Bucket::full(quota, now), |demand| demand.bucket);
        Some(bucket.allowance(quota, now))
    }

    /// Makes room for so many messages to wait for the store, for as long as the returned value lives; `None` where too
    /// many wait already.
    pub(crate) fn begin_storing(self: &Arc<Self>, count: usize) -> Option<Storing> {
        let before = self.storing.fetch_add(count, Ordering::Relaxed);
        let storing = Storing { submissions: Arc::clone(self), count };
        (before + count <= STORING_MAX).then_some(storing)
    }
}

fn quota(account: &Account, share: f64) -> Option<Quota> {
    account.rate.map(|rate| Quota::new(rate * share, WINDOW))
}

/// Room for messages that wait for the store; given back when dropped.
pub(crate) struct Storing {
    submissions: Arc<Submissions>,
    count: usize,
}

impl Drop for Storing {
    fn drop(&mut self) {
        self.submissions.storing.fetch_sub(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_may_wait_for_the_store() {
        let submissions = Arc::new(Submissions::default());
        let first = submissions.begin_storing(STORING_MAX).unwrap();
        assert!(submissions.begin_storing(1).is_none());
        drop(first);
        assert!(submissions.begin_storing(1).is_some(), "what was refused takes no room");
    }
}
