//! The submissions of accounts: their rates, and how much waits for the store.

use postrider_core::account::{Account, AccountId};
use postrider_core::pace::Pace;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Messages that may wait for the store at once; for more, clients are told to come back.
const STORING_MAX: usize = 50_000;
/// Clients may send their share of this stretch at once.
const BURST: Duration = Duration::from_secs(1);

/// Counts what accounts submit, and what waits for the store.
#[derive(Default)]
pub(crate) struct Submissions {
    paces: Mutex<BTreeMap<AccountId, Demand>>,
    storing: AtomicUsize,
}

/// The demand of one account's clients.
struct Demand {
    pace: Pace,
    /// Parts asked for since the last look, those refused too.
    parts: f64,
    since: Time,
}

impl Submissions {
    /// Parts a second that clients of accounts with a rate asked for since the last look.
    pub(crate) fn demand(&self, now: Time) -> Vec<(AccountId, f64)> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let demand = |(account, demand): (&AccountId, &mut Demand)| {
            let span = now.since(demand.since).as_secs_f64().max(0.001);
            let parts = std::mem::take(&mut demand.parts);
            demand.since = now;
            (parts > 0.0).then_some((*account, parts / span))
        };
        paces.iter_mut().filter_map(demand).collect()
    }

    /// Lets so many parts of the account pass, of which a share of its rate is this node's.
    ///
    /// # Errors
    /// When the account is too fast; the refusal says how long to wait.
    pub(crate) fn pass(&self, account: &Account, share: f64, parts: u8, now: Time) -> Result<(), Refusal> {
        let Some(rate) = account.rate.map(|rate| rate * share) else { return Ok(()) };
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Demand { pace: Pace::with_burst(Some(rate), BURST, now), parts: 0.0, since: now };
        let demand = paces.entry(account.id).or_insert_with(new);
        demand.parts += f64::from(parts);
        demand.pace.set_limit(Some(rate));
        if demand.pace.permits(now) == 0 {
            return Err(Refusal::TooFast { retry_after: demand.pace.wait(now) });
        }
        demand.pace.spend(parts.into(), now);
        Ok(())
    }

    /// Makes room for so many messages to wait for the store, for as long as the returned value lives; `None` where too
    /// many wait already.
    pub(crate) fn begin_storing(self: &Arc<Self>, count: usize) -> Option<Storing> {
        let before = self.storing.fetch_add(count, Ordering::Relaxed);
        let storing = Storing { submissions: Arc::clone(self), count };
        (before + count <= STORING_MAX).then_some(storing)
    }
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
