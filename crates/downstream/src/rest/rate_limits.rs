//! The limits of accounts' requests, and the headers that tell clients of them: `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10).

use super::problem::Problem;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::Live;
use postrider_core::quota::{Allowance, Bucket, Quota};
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The stretch whose requests may come at once.
const WINDOW: Duration = Duration::from_secs(10);
/// Accounts whose requests are counted. At more, those that have used nothing lately are forgotten.
const ACCOUNTS_MAX: usize = 10_000;

/// The limit that a request counts against.
#[derive(Clone, Debug)]
pub(super) enum Counted {
    /// The parts that the account submits.
    Parts(Arc<Account>),
    /// The account's other requests.
    Request(Arc<Account>),
}

/// The limit that a request counts against, once its key is known. Each request has it among its extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<OnceLock<Counted>>);

impl Slot {
    /// Notes the limit for the answer to this request.
    pub(super) fn note(parts: &Parts, counted: Counted) {
        if let Some(Self(slot)) = parts.extensions.get() {
            // A request has one caller.
            let _ = slot.set(counted);
        }
    }
}

/// The requests of accounts, other than those that send.
#[derive(Debug, Default)]
pub struct RateLimits(Mutex<HashMap<AccountId, Bucket>>);

impl RateLimits {
    /// Lets one more request of the account pass.
    pub(super) fn pass(&self, account: &Account, now: Time) -> Result<(), Problem> {
        let quota = quota(account);
        let mut buckets = self.lock();
        if buckets.len() >= ACCOUNTS_MAX && !buckets.contains_key(&account.id) {
            buckets.retain(|_, bucket| bucket.allowance(quota, now).full_in > Duration::ZERO);
        }
        let bucket = buckets.entry(account.id).or_insert_with(|| Bucket::full(quota, now));
        bucket.take(quota, 1.0, now).map_err(|wait| {
            metrics::counter!("postrider_requests_limited_total").increment(1);
            let rate = account.request_rate;
            let detail = format!("too many requests: this account may make {rate} a second ('request_rate')");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).later(wait)
        })
    }

    /// Adds the headers of the limit that a request counted against, if there is one.
    pub(super) fn tell(&self, slot: &Slot, live: &dyn Live, headers: &mut HeaderMap) {
        let told: Vec<(Allowance, &str)> = match slot.0.get() {
            None => return,
            Some(Counted::Parts(account)) => {
                let quotas = live.quotas(account).into_iter().map(|(period, left)| (left, period.word()));
                live.sending(account).map(|left| (left, "parts")).into_iter().chain(quotas).collect()
            }
            Some(Counted::Request(account)) => vec![(self.allowance(account, live.now()), "requests")],
        };
        if told.is_empty() {
            return;
        }
        let list = |write: fn(&Allowance, &str) -> String| {
            told.iter().map(|(allowance, unit)| write(allowance, unit)).collect::<Vec<_>>().join(", ")
        };
        for (name, value) in [(&POLICY, list(policy)), (&LIMIT, list(limit))] {
            // Names and numbers are fit for a header.
            headers.extend(HeaderValue::try_from(value).ok().map(|value| (name.clone(), value)));
        }
    }

    fn allowance(&self, account: &Account, now: Time) -> Allowance {
        let quota = quota(account);
        let bucket = self.lock().get(&account.id).copied();
        bucket.unwrap_or_else(|| Bucket::full(quota, now)).allowance(quota, now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota(account: &Account) -> Quota {
    Quota::new(account.request_rate.into(), WINDOW)
}

/// The policy as a structured field (RFC 9651). A policy is named after its unit, or its period. The draft's usual unit is a request; all
/// others count parts.
fn policy(allowance: &Allowance, unit: &str) -> String {
    let (most, window) = (allowance.most, seconds(allowance.window));
    let named = if unit == "requests" { String::new() } else { ";qu=\"parts\"".to_owned() };
    format!("\"{unit}\";q={most}{named};w={window}")
}

fn limit(allowance: &Allowance, unit: &str) -> String {
    format!("\"{unit}\";r={};t={}", allowance.left, seconds(allowance.full_in))
}

/// Whole seconds, rounded up, and at most as many as a structured field holds.
fn seconds(time: Duration) -> u128 {
    time.as_millis().div_ceil(1_000).min(999_999_999_999_999)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_account_reads_no_faster_than_it_may() {
        let limits = RateLimits::default();
        let [shop, other] =
            [1, 2].map(|id| Account { id: AccountId(id), request_rate: 2, ..testing::account() });
        let passed = (0..100).filter(|_| limits.pass(&shop, Time(0)).is_ok()).count();
        assert_eq!(passed, 20);
        let problem = limits.pass(&shop, Time(0)).unwrap_err();
        assert_eq!((problem.status.as_u16(), &*problem.code), (429, "too_many_requests"));
        assert_eq!(problem.retry_after, Some(Duration::from_millis(500)));
        assert_eq!(limits.pass(&other, Time(0)), Ok(()), "each account has a limit of its own");
        assert_eq!(limits.pass(&shop, Time(500)), Ok(()));
    }

    #[test]
    fn accounts_that_ask_nothing_are_forgotten() {
        let limits = RateLimits::default();
        let account = |id| Account { id: AccountId(id), ..testing::account() };
        for id in 0..ACCOUNTS_MAX {
            limits.pass(&account(u32::try_from(id).unwrap()), Time(0)).unwrap();
        }
        limits.pass(&account(u32::MAX), Time(1_000)).unwrap();
        assert_eq!(limits.lock().len(), 1);
    }

    #[test]
    fn the_headers_are_structured_fields() {
        let allowance = Allowance {
            most: 20,
            window: Duration::from_secs(10),
            left: 3,
            full_in: Duration::from_millis(8_500),
        };
        assert_eq!(policy(&allowance, "requests"), r#""requests";q=20;w=10"#);
        assert_eq!(policy(&allowance, "parts"), r#""parts";q=20;qu="parts";w=10"#);
        assert_eq!(policy(&allowance, "day"), r#""day";q=20;qu="parts";w=10"#);
        assert_eq!(limit(&allowance, "requests"), r#""requests";r=3;t=9"#);
    }
}
