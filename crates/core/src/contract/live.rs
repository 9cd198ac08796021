//! The live configuration, for those who ask often.

use super::Depths;
use crate::account::{Account, AccountId};
use crate::budget::Period;
use crate::quality::{Place, Quality};
use crate::quota::Allowance;
use crate::route::UpstreamId;
use crate::rules::Rules;
use crate::time::Time;
use crate::traffic::Summary;
use std::sync::Arc;

/// The running gateway, as doors see it.
pub trait Live: Send + Sync {
    /// The rules in force now.
    fn rules(&self) -> Arc<Rules>;
    /// The time now: doors and engine share one clock.
    fn now(&self) -> Time;
    /// The parts that the account may submit here; `None` without a limit.
    fn sending(&self, account: &Account) -> Option<Allowance>;
    /// What is left of the account's quota, by period.
    fn quotas(&self, _account: &Account) -> Vec<(Period, Allowance)> {
        Vec::new()
    }
    /// Takes note that a session of the account has opened here, or ended.
    fn session(&self, account: AccountId, open: bool);
    /// How surely and how fast upstreams deliver, by upstream and place.
    fn qualities(&self) -> Vec<(UpstreamId, Place, Quality)> {
        Vec::new()
    }
    /// Sessions of the account that are open at other nodes.
    fn sessions_elsewhere(&self, account: AccountId) -> u32;
}

/// What passes through this node and what waits, for people who watch it.
pub trait Watch: Send + Sync {
    /// The traffic of this node in the last quarter of an hour.
    fn traffic(&self) -> Summary;
    /// How much waited when it was counted last, and when that was; `None` before the first time. It is counted every few
    /// seconds.
    fn depths(&self) -> Option<(Depths, Time)>;
}
