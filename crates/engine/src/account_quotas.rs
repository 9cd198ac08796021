//! The parts that accounts may submit in a day, a month and other periods. What is used is told to the store, and so to all nodes, and
//! heard from it, as it is of upstreams' limits.

use crate::peers::Peers;
use postrider_core::account::{Account, AccountId};
use postrider_core::budget::{Budgets, PartLimits, Period, Untold};
use postrider_core::contract::{Store, StoreError, Used};
use postrider_core::quota::Allowance;
use postrider_core::rules::Rules;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How soon a node that has just started knows what was used before.
const KNOWN_SOON: Duration = Duration::from_secs(2);

/// What accounts with a quota have used, as far as this node knows.
#[derive(Debug, Default)]
pub(crate) struct AccountQuotas(Mutex<BTreeMap<AccountId, Budgets>>);

impl AccountQuotas {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Budgets>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets so many parts of the account pass, of which a share of its quota is this node's. Periods without a quota are counted where
    /// prices depend on them.
    ///
    /// # Errors
    /// When the quota of a period is used up, or it isn't known yet what was used.
    pub(crate) fn pass(
        &self,
        account: &Account,
        quota: PartLimits,
        share: f64,
        (parts, now): (u8, Time),
    ) -> Result<(), Refusal> {
        if quota.are_none() {
            return Ok(());
        }
        let mut all = self.lock();
        let budgets = all.entry(account.id).or_default();
        let room = budgets.room(quota, share, now);
        if !budgets.are_known(quota) {
            return Err(Refusal::TooFast { retry_after: KNOWN_SOON });
        }
        if room > 0 {
            budgets.spend(parts.into());
            return Ok(());
        }
        // The period that ends last decides.
        let closed = quota.iter().filter(|(period, _)| budgets.is_closed(*period)).last();
        let (period, most) = closed.unwrap_or((Period::Day, 0));
        Err(Refusal::QuotaReached { most, period, retry_after: period.end(now).since(now) })
    }

    /// Parts that the account has submitted this month on all nodes, as far as this one knows. Only accounts whose prices depend on it are
    /// counted.
    pub(crate) fn volume(&self, account: &Account, rules: &Rules, now: Time) -> u64 {
        if !rules.tariffs.have_volumes(account.id) {
            return 0;
        }
        let mut all = self.lock();
        let budgets = all.entry(account.id).or_default();
        // A month that has begun since is turned to.
        let _ = budgets.room(counted(account, rules), 1.0, now);
        budgets.used(Period::Month)
    }

    /// What is left of each period's quota, as far as this node knows.
    pub(crate) fn allowances(&self, account: &Account, now: Time) -> Vec<(Period, Allowance)> {
        let all = self.lock();
        let budgets = all.get(&account.id);
        let allowance = |(period, most): (Period, u64)| {
            let used = budgets.map_or(0, |budgets| budgets.used(period));
            let window = period.end(now).since(period.start(now));
            let full_in = period.end(now).since(now);
            (period, Allowance { most, window, left: most.saturating_sub(used), full_in })
        };
        account.quota.iter().map(allowance).collect()
    }

    /// Tells what was used here, and hears what all nodes have used. Without quotas the store isn't asked.
    pub(crate) async fn exchange(
        &self,
        rules: &Rules,
        peers: &Peers,
        store: &dyn Store,
        now: Time,
    ) -> Result<(), StoreError> {
        let of = |account: &Arc<Account>| (Arc::clone(account), counted(account, rules));
        let limited: Vec<Limited> = rules.accounts().map(of).filter(|(_, quota)| !quota.are_none()).collect();
        self.lock().retain(|id, _| limited.iter().any(|(account, _)| account.id == *id));
        if limited.is_empty() {
            return Ok(());
        }
        let untold = self.take_untold(&limited);
        let used: Vec<Used> = untold.iter().map(|(id, untold)| used(*id, untold)).collect();
        if !used.is_empty()
            && let Err(error) = store.add_used(used, now).await
        {
            let mut all = self.lock();
            untold.into_iter().for_each(|(id, untold)| all.entry(id).or_default().put_back(vec![untold]));
            return Err(error);
        }
        let asked = |(account, quota): &Limited| {
            let id = account.id;
            quota.iter().map(move |(period, _)| what(id, period)).collect::<Vec<_>>()
        };
        let told = store.used(limited.iter().flat_map(asked).collect(), now).await?;
        for limited in &limited {
            self.hear(limited, &told, peers.share_of_rate(limited.0.id), now);
        }
        Ok(())
    }

    fn take_untold(&self, limited: &[Limited]) -> Vec<(AccountId, Untold)> {
        let mut all = self.lock();
        let of = |(account, quota): &Limited| {
            let untold = all.get_mut(&account.id).map(|budgets| budgets.take_untold(*quota));
            untold.unwrap_or_default().into_iter().map(|untold| (account.id, untold)).collect::<Vec<_>>()
        };
        limited.iter().flat_map(of).collect()
    }

    fn hear(&self, (account, quota): &Limited, told: &[Used], share: f64, now: Time) {
        let mut all = self.lock();
        let budgets = all.entry(account.id).or_default();
        for (period, most) in quota.iter() {
            let (what, start) = (what(account.id, period), period.start(now));
            let told = told.iter().find(|it| it.what == what && it.start == start).map_or(0, |it| it.count);
            budgets.hear(period, most, told, share, now);
            #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
            metrics::gauge!("postrider_quota_used", "account" => account.name.to_string(), "per" => period.word())
                .set(budgets.used(period) as f64);
        }
    }
}

/// An account of which parts are counted, and its limits.
type Limited = (Arc<Account>, PartLimits);

/// The limits of an account's quota, and one of a month that is never reached if its prices depend on the month.
pub(crate) fn counted(account: &Account, rules: &Rules) -> PartLimits {
    let mut limits = account.quota;
    if rules.tariffs.have_volumes(account.id) {
        limits.0[Period::Month as usize].get_or_insert(u64::MAX);
    }
    limits
}

/// The name by which the store knows a quota's period.
fn what(account: AccountId, period: Period) -> Box<str> {
    format!("quota {} {}", account.0, period.word()).into()
}

fn used(account: AccountId, untold: &Untold) -> Used {
    let Untold { period, start, parts } = *untold;
    Used { what: what(account, period), start, end: period.end(start), count: parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::money::{Tariff, Tariffs};

    // 2027-01-15, 08:00.
    const NOW: Time = Time(1_800_000_000_000);

    #[test]
    fn a_quota_is_refused_when_it_is_used_and_begins_anew() {
        let quotas = AccountQuotas::default();
        let quota = PartLimits([None, None, Some(10), Some(15)]);
        let account = Account { quota, ..testing::account() };
        let pass = |parts, now| quotas.pass(&account, quota, 1.0, (parts, now)).map_err(|why| why.code());
        assert_eq!(pass(1, NOW), Err("rate_limited"), "it isn't known what was used before");
        let before = Used {
            what: what(account.id, Period::Month),
            start: Period::Month.start(NOW),
            end: NOW,
            count: 2,
        };
        quotas.hear(&(Arc::new(account.clone()), quota), &[before], 1.0, NOW);
        assert_eq!((pass(6, NOW), pass(5, NOW)), (Ok(()), Ok(())), "the last one may use more than is left");
        let refused = quotas.pass(&account, quota, 1.0, (1, NOW)).unwrap_err();
        let Refusal::QuotaReached { most, period, retry_after } = refused else { panic!("{refused}") };
        assert_eq!((most, period, retry_after), (10, Period::Day, Duration::from_hours(16)));
        let left: Vec<_> = quotas.allowances(&account, NOW).iter().map(|(_, it)| it.left).collect();
        assert_eq!(left, [0, 2]);
        let tomorrow = NOW + Duration::from_hours(16);
        assert_eq!((pass(2, tomorrow), pass(1, tomorrow)), (Ok(()), Err("quota_reached")), "the month's");
        let others = quotas.pass(&testing::account(), PartLimits::default(), 1.0, (9, NOW));
        assert_eq!(others, Ok(()), "others have none");
    }

    #[test]
    fn the_parts_of_a_month_are_counted_where_prices_depend_on_them() {
        let quotas = AccountQuotas::default();
        let account = testing::account();
        let rules = |csv: &str| {
            let tariff = Arc::new(Tariff::read(csv.as_bytes()).unwrap());
            let mut rules = Rules::new(1, vec![account.clone()], Vec::new(), Default::default());
            rules.tariffs = Tariffs::new([(account.id, tariff)].into(), Default::default());
            rules
        };
        let tiered = rules("prefix,price,currency,from_parts\n*,0.05,EUR,\n*,0.04,EUR,10\n");
        let plain = rules("prefix,price,currency\n*,0.05,EUR\n");
        assert!(counted(&account, &plain).are_none());
        let limits = counted(&account, &tiered);
        let pass = |parts, now| quotas.pass(&account, limits, 1.0, (parts, now)).map_err(|why| why.code());
        assert_eq!(pass(1, NOW), Err("rate_limited"), "it isn't known what was sent before");
        let start = Period::Month.start(NOW);
        let before = Used { what: what(account.id, Period::Month), start, end: NOW, count: 7 };
        quotas.hear(&(Arc::new(account.clone()), limits), &[before], 0.5, NOW);
        assert_eq!((pass(5, NOW), quotas.volume(&account, &tiered, NOW)), (Ok(()), 12));
        assert_eq!(quotas.volume(&account, &plain, NOW), 0);
        let next_month = NOW + Duration::from_hours(24 * 30);
        assert_eq!((quotas.volume(&account, &tiered, next_month), pass(1, next_month)), (0, Ok(())));
        assert_eq!(quotas.allowances(&account, NOW), [], "it is no quota");
    }
}
