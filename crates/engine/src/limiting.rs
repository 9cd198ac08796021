//! The limits of accounts, senders, networks and other messages, at this node: one for all upstreams.

use crate::account_queues::AccountQueues;
use postrider_core::limit::{LimitMeters, Limits, PutOff};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The limits. Counters ask them under their own lock, one at a time.
#[derive(Debug, Default)]
pub(crate) struct Limiting {
    /// Whether there is one.
    is_on: AtomicBool,
    meters: Mutex<LimitMeters>,
    /// How many messages of accounts wait.
    pub(crate) queues: AccountQueues,
    /// Calls whoever tells and hears what was used of limits: they may be new.
    pub(crate) changed: Arc<Notify>,
}

impl Limiting {
    /// Takes on the limits that the rules say.
    pub(crate) fn configure(&self, limits: &Limits) {
        self.lock().configure(limits);
        self.is_on.store(!limits.is_empty(), Ordering::Relaxed);
    }

    /// The meters; `None` where nothing is limited.
    pub(crate) fn meters(&self) -> Option<MutexGuard<'_, LimitMeters>> {
        self.is_on.load(Ordering::Relaxed).then(|| self.lock())
    }

    /// The meters, whether anything is limited or not.
    pub(crate) fn lock(&self) -> MutexGuard<'_, LimitMeters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a message that is put off.
pub(crate) fn count_put_off(put_off: &PutOff) {
    metrics::counter!("postrider_limited_total", "limit" => put_off.limit.to_string()).increment(1);
}
