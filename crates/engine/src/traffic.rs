//! What passes through this node and what waits, as people see it.

use postrider_core::account::AccountId;
use postrider_core::contract::{Depths, Record};
use postrider_core::numbering::Country;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_core::traffic::{Summary, Traffic};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The traffic of this node, counted once a batch, and the last count of what waits.
#[derive(Default)]
pub(crate) struct Counted {
    traffic: Mutex<Traffic>,
    depths: Mutex<Option<(Depths, Time)>>,
}

impl Counted {
    /// Messages of these accounts were accepted.
    pub(crate) fn accepted(&self, accounts: impl Iterator<Item = AccountId>, now: Time) {
        let mut counts = BTreeMap::<AccountId, u64>::new();
        accounts.for_each(|account| *counts.entry(account).or_default() += 1);
        let mut traffic = self.traffic();
        counts.into_iter().for_each(|(account, messages)| traffic.accepted(account, messages, now));
    }

    /// No route led to a number of this country.
    pub(crate) fn unroutable(&self, country: Option<Country>, now: Time) {
        self.traffic().unroutable(country, now);
    }

    /// A page was recorded, with so many parts that carriers answered.
    pub(crate) fn recorded(&self, record: &Record, sent: &BTreeMap<UpstreamId, usize>, now: Time) {
        let mut traffic = self.traffic();
        traffic.recorded(&record.changes, now);
        for received in &record.inbound {
            traffic.received(received.upstream, received.account, now);
        }
        for (upstream, parts) in sent {
            traffic.sent(*upstream, *parts as u64, now);
        }
    }

    /// So much waits.
    pub(crate) fn waits(&self, depths: Depths, now: Time) {
        *self.depths.lock().unwrap_or_else(PoisonError::into_inner) = Some((depths, now));
    }

    pub(crate) fn summary(&self, now: Time) -> Summary {
        self.traffic().summary(now)
    }

    pub(crate) fn depths(&self) -> Option<(Depths, Time)> {
        self.depths.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
