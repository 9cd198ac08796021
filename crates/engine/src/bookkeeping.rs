//! Bookkeeping: counts messages that have ended for reports, charges months, and tells of balances that are low. The node that does the chores
//! does it.

use crate::automation::acting::Acting;
use crate::clock::Clock;
use crate::fees::Months;
use crate::peers::Peers;
use crate::store_health::tell;
use crate::streams::Streams;
use arc_swap::ArcSwap;
use postrider_core::automation::{LowBalance, Occasion, Trigger};
use postrider_core::contract::{AccountBalance, Record, Store, StoreError};
use postrider_core::dead::{DeadRule, Reach, sign_of};
use postrider_core::delivery::Outcome;
use postrider_core::money::Amount;
use postrider_core::report::{EndedMessage, ReportCounts, hour_of};
use postrider_core::rules::Rules;
use postrider_core::stream::{BALANCE_LOW, OtherEvent};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often messages are counted.
const EVERY: Duration = Duration::from_secs(1);
/// How often balances are looked at, in rounds.
const BALANCES_EVERY: u32 = 5;
/// How often it is looked whether a month's fee is due, in rounds.
const FEES_EVERY: u32 = 10;
/// How often old counts are forgotten, in rounds.
const FORGET_EVERY: u32 = 3_600;
/// Ends that are counted at once.
const AT_ONCE: usize = 2_000;

/// The task, and the parts that it works with.
pub(crate) struct Bookkeeping {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) acting: Arc<Acting>,
    /// How long counts are kept.
    pub(crate) kept: Duration,
    /// When numbers count as dead.
    pub(crate) dead: DeadRule,
}

impl Bookkeeping {
    /// Keeps the books for as long as the gateway runs.
    pub(crate) async fn keep(self) {
        let mut months = Months::default();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0u32.. {
            ticks.tick().await;
            if self.peers.leads()
                && let Err(error) = self.round(round, &mut months).await
            {
                tell(&error, "the books were not kept; it is tried again soon");
            }
        }
    }

    async fn round(&self, round: u32, months: &mut Months) -> Result<(), StoreError> {
        self.count().await?;
        if round.is_multiple_of(FEES_EVERY) {
            months.charge(&self.rules.load_full(), &*self.store, self.clock.now()).await?;
        }
        if round.is_multiple_of(BALANCES_EVERY) {
            self.look_at_balances().await?;
        }
        if round.is_multiple_of(FORGET_EVERY) {
            self.store.forget_counts(hour_of(self.clock.now() - self.kept)).await?;
        }
        Ok(())
    }

    /// Counts what has ended since the last time.
    async fn count(&self) -> Result<(), StoreError> {
        loop {
            let from = self.store.reported_to().await?;
            let found = self.store.ended(from, AT_ONCE).await?;
            if found.forgotten {
                tracing::warn!(
                    "ends of messages were forgotten before reports had counted them: is retention.events too short?"
                );
            }
            if found.next == from {
                return Ok(());
            }
            let mut counts = ReportCounts::default();
            let rules = self.rules.load();
            for (message, outcome) in &found.ended {
                counts.count(message, outcome, &rules.numbering);
            }
            if !self.store.count(from, found.next, counts).await? {
                return Ok(());
            }
            self.note_reach(&found.ended).await?;
            if !found.more {
                return Ok(());
            }
        }
    }

    /// Notes which numbers were reached, and which were not. After a crash some of it may be missing.
    async fn note_reach(&self, ended: &[(EndedMessage, Outcome)]) -> Result<(), StoreError> {
        let sign = |(message, outcome): &(EndedMessage, Outcome)| {
            Some((message.to, outcome.done_at, sign_of(outcome)?))
        };
        let mut ends: Vec<_> = ended.iter().filter_map(sign).collect();
        ends.sort_by_key(|(_, at, _)| *at);
        let reach = Reach::of(ends.into_iter());
        let now = self.clock.now();
        let any = DeadRule { failures: 1, over: Duration::ZERO, ..self.dead };
        if reach.failed.is_empty() && self.store.unreached(any, now, None, 1).await?.is_empty() {
            return Ok(());
        }
        self.store.note_reach(reach, now - self.dead.holds).await
    }

    /// Tells of balances that have become low, once each until they aren't any more.
    async fn look_at_balances(&self) -> Result<(), StoreError> {
        if self.rules.load().accounts().all(|account| account.billing.is_none()) {
            return Ok(());
        }
        let mut events = Vec::new();
        let mut changed = Vec::new();
        for balance in self.store.balances(None).await? {
            self.show(&balance);
            let Some((available, low)) = self.available(&balance) else { continue };
            let is_low = available < low;
            if is_low && !balance.is_low {
                if !self.set_off_rules(&balance, available, low).await {
                    continue;
                }
                events.push(self.event(&balance, available, low));
            }
            if is_low != balance.is_low {
                changed.push((balance.account, balance.currency, is_low));
            }
        }
        if !events.is_empty() {
            // First: what is told twice does less harm than what isn't told.
            self.store.record(Arc::new(Record { events, ..Record::default() })).await?;
            self.streams.recorded();
        }
        for (account, currency, is_low) in changed {
            self.store.note_low(account, currency, is_low).await?;
        }
        Ok(())
    }

    /// Sets off the account's rules that wait for a low balance: each at most once in an hour of the clock. Returns whether all of
    /// them have acted.
    async fn set_off_rules(&self, balance: &AccountBalance, available: Amount, low: Amount) -> bool {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        let fact = LowBalance {
            currency: balance.currency.to_string().into(),
            available: available.to_string().into(),
            low: low.to_string().into(),
        };
        let waiting = rules.automation.of(balance.account).iter();
        for rule in waiting.filter(|rule| rule.when.trigger == Trigger::BalanceLow) {
            let key = format!("{}/{}/{}", rule.id.0, fact.currency, hour_of(now));
            let fired = self.acting.fire(&rules, rule, &Occasion::BalanceLow(rule, &fact), &key, now).await;
            if fired.is_err() {
                return false;
            }
        }
        true
    }

    /// Shows a balance as a gauge, in units of its currency.
    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no millionths")]
    fn show(&self, AccountBalance { account, currency, balance, .. }: &AccountBalance) {
        let rules = self.rules.load();
        let Some(account) = rules.account(*account) else { return };
        let labels = [("account", account.name.to_string()), ("currency", currency.to_string())];
        metrics::gauge!("postrider_balance", &labels).set(balance.available().0 as f64 / 1e6);
    }

    /// What may be spent of a balance, and what is low, if its account is told of that.
    fn available(&self, balance: &AccountBalance) -> Option<(Amount, Amount)> {
        let rules = self.rules.load();
        let billing = rules.account(balance.account)?.billing.as_ref()?;
        let low = billing.credit.low.filter(|_| billing.currency() == balance.currency)?;
        Some((balance.balance.available() + billing.credit.limit.unwrap_or_default(), low))
    }

    fn event(&self, balance: &AccountBalance, available: Amount, low: Amount) -> OtherEvent {
        OtherEvent {
            kind: BALANCE_LOW.into(),
            account: Some(balance.account),
            at: self.clock.now(),
            facts: vec![
                ("currency".into(), balance.currency.to_string().into()),
                ("available".into(), available.to_string().into()),
                ("low_balance".into(), low.to_string().into()),
            ],
        }
    }
}
