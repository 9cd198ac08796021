//! What is known of numbers besides the numbering plan: what providers say of them, and which our own messages show to be dead.

mod asking;

use crate::clock::Clock;
use crate::store_health::tell;
use arc_swap::ArcSwap;
use asking::Asking;
use postrider_core::account::Account;
use postrider_core::contract::{KnownNumber, NumberLookup, Store, StoreError};
use postrider_core::dead::{DEAD_MAX, DeadNumbers, DeadRule, Reach, Unreached};
use postrider_core::lookup::LookedUpNumbers;
use postrider_core::number::Number;
use postrider_core::policy::Facts;
use postrider_core::rules::Rules;
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What this node knows of numbers.
pub(crate) struct KnownNumbers {
    store: Arc<dyn Store>,
    rule: DeadRule,
    dead: ArcSwap<DeadNumbers>,
    asking: Asking,
}

/// What is known of the numbers of a batch.
pub(crate) struct KnownOfBatch {
    dead: Arc<DeadNumbers>,
    looked_up: LookedUpNumbers,
}

impl KnownOfBatch {
    /// Adds it to the facts by which the batch is judged.
    pub(crate) fn add_to<'f>(&'f self, facts: &mut Facts<'f>) {
        facts.dead = Some(&self.dead);
        facts.looked_up = Some(&self.looked_up);
    }
}

impl KnownNumbers {
    pub(crate) fn new(store: Arc<dyn Store>, rule: DeadRule) -> Self {
        Self { asking: Asking::new(Arc::clone(&store)), store, rule, dead: ArcSwap::default() }
    }

    /// Takes on who asks providers.
    pub(crate) fn ask_by(&self, lookup: Arc<dyn NumberLookup>) {
        self.asking.ask_by(lookup);
    }

    /// What is known of the recipients of a batch. Providers are waited for no longer than their time limits.
    pub(crate) async fn of_batch(
        &self,
        rules: &Rules,
        account: &Account,
        submissions: &[Submission],
        now: Time,
    ) -> KnownOfBatch {
        let mut looked_up = BTreeMap::new();
        if !rules.lookups.is_empty() {
            let read = |it: &Submission| Number::parse_recipient_in(&it.to, account.country).ok();
            let mut numbers: Vec<Number> =
                submissions.iter().filter(|it| !it.exempt).filter_map(read).collect();
            numbers.sort_unstable();
            numbers.dedup();
            looked_up = self.asking.look_up(rules, numbers, now).await;
        }
        KnownOfBatch { dead: self.dead.load_full(), looked_up }
    }

    /// What is known of a number.
    pub(crate) async fn of(&self, rules: &Rules, number: Number, now: Time) -> KnownNumber {
        let looked_up = self.asking.look_up(rules, vec![number], now).await;
        let known = KnownOfBatch { dead: self.dead.load_full(), looked_up };
        let mut facts = Facts::default();
        known.add_to(&mut facts);
        KnownNumber {
            looked_up: facts.looked_up(number).cloned(),
            is_dead: facts.is_dead(number),
            price: None,
        }
    }

    /// Tells the store what was used of daily budgets, and hears what all nodes have used; `share` of a budget is this node's.
    pub(crate) async fn exchange(&self, rules: &Rules, share: f64, now: Time) -> Result<(), StoreError> {
        self.asking.exchange(rules, share, now).await
    }

    /// When numbers count as dead.
    pub(crate) const fn rule(&self) -> DeadRule {
        self.rule
    }

    /// Forgets the failures of a number. Other nodes hear of it when they read the dead numbers again.
    pub(crate) async fn clear(&self, number: Number, now: Time) -> Result<bool, StoreError> {
        let is_known = self.store.unreached_number(number).await?.is_some();
        if is_known {
            let reach = Reach { reached: vec![number], failed: Vec::new() };
            self.store.note_reach(reach, now - self.rule.holds).await?;
            self.read(now).await?;
        }
        Ok(is_known)
    }

    async fn read(&self, now: Time) -> Result<(), StoreError> {
        let dead = self.store.unreached(self.rule, now, None, DEAD_MAX).await?;
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
        metrics::gauge!("postrider_dead_numbers").set(dead.len() as f64);
        self.dead.store(Arc::new(DeadNumbers::new(dead.iter().map(|it: &Unreached| it.number).collect())));
        Ok(())
    }

    /// Reads the dead numbers for as long as the gateway runs.
    pub(crate) async fn keep_reading(self: Arc<Self>, clock: Arc<dyn Clock>, every: Duration) {
        loop {
            match self.read(clock.now()).await {
                Ok(()) => {}
                Err(StoreError::Superseded) => return,
                Err(error) => tell(&error, "can't read the dead numbers; trying again"),
            }
            tokio::time::sleep(every).await;
        }
    }
}
