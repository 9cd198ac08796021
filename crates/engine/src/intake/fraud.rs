//! What rules against fraud look at: what this node has seen, and what nodes know together of countries and conversions.

use super::Reception;
use crate::store_health::tell;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{Prepared, Store, StoreError, Used};
use postrider_core::delivery::State;
use postrider_core::fraud::{
    Conversions, LEFT_OUT, SLOT, Shared, Sightings, Suspicion, prefix_of, slot, slot_end,
};
use postrider_core::id::MessageId;
use postrider_core::message::{Class, Message};
use postrider_core::number::Number;
use postrider_core::numbering::{Country, country_of};
use postrider_core::report::{Dimension, ReportFilter};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often conversions are told to the other nodes.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// How long what was read of the store is taken for true.
const READ_EVERY: Duration = Duration::from_secs(10);
/// The most sums of conversions that are remembered.
const SUMS_MAX: usize = 20_000;
/// The most counts of conversions that wait to be told.
const UNTOLD_MAX: usize = 20_000;
/// The most conversions that are remembered, lest they count twice.
const CONVERTED_MAX: usize = 100_000;
/// How long a country that an operator has released is none that is new.
const APPROVED_FOR: Duration = Duration::from_hours(10 * 365 * 24);

/// What rules against fraud look at.
#[derive(Default)]
pub(crate) struct FraudWatch {
    sightings: Mutex<Sightings>,
    /// The countries of accounts, with when they were read.
    countries: Mutex<HashMap<AccountId, (Time, BTreeSet<Country>)>>,
    /// Sums of conversions, with when they were read.
    sums: Mutex<HashMap<Box<str>, (Time, u64)>>,
    /// Counts that the store doesn't have yet, by their names and the beginnings of their stretches.
    untold: Mutex<BTreeMap<(Box<str>, Time), u64>>,
    /// Messages that have converted.
    converted: Mutex<HashSet<MessageId>>,
}

/// The names by which the store knows what is counted.
fn sent(account: AccountId, prefix: u64) -> Box<str> {
    format!("fraud {} sent {prefix}", account.0).into()
}

fn converted(account: AccountId, prefix: u64) -> Box<str> {
    format!("fraud {} converted {prefix}", account.0).into()
}

fn converts(account: AccountId) -> Box<str> {
    format!("fraud {} converted", account.0).into()
}

fn approved(account: AccountId, country: Country) -> Box<str> {
    format!("fraud {} country {country}", account.0).into()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The recipient and the class of a submission.
fn asked(account: &Account, submission: &Submission) -> Option<(Number, Class)> {
    let to = Number::parse_recipient_in(&submission.to, account.country).ok()?;
    Some((to, submission.class.unwrap_or(account.default_class)))
}

/// The numbers that rules of the account look at, in order, each once.
fn recipients(account: &Account, submissions: &[Submission]) -> Vec<Number> {
    let read = |it: &Submission| {
        let (to, class) = asked(account, it)?;
        account.fraud_rules(class, to, None).next().map(|_| to)
    };
    let mut to: Vec<Number> = submissions.iter().filter_map(read).collect();
    to.sort_unstable();
    to.dedup();
    to
}

impl FraudWatch {
    /// What this node has seen, if the account has rules: for as long as the guard lives, a batch.
    pub(super) fn sightings(&self, account: &Account) -> Option<MutexGuard<'_, Sightings>> {
        (!account.policy.fraud.is_empty()).then(|| locked(&self.sightings))
    }

    /// What nodes know together of the recipients of these submissions.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(super) async fn shared(
        &self,
        store: &dyn Store,
        account: &Account,
        submissions: &[Submission],
        now: Time,
    ) -> Result<Shared, StoreError> {
        let (rules, mut shared) = (&account.policy.fraud, Shared::default());
        let (is_new, converts) =
            (rules.iter().any(|rule| rule.new_countries), rules.iter().any(|rule| rule.conversion.is_some()));
        if !is_new && !converts {
            return Ok(shared);
        }
        let to = recipients(account, submissions);
        if is_new {
            shared.countries = self.countries(store, account.id, &to, now).await?;
        }
        if converts {
            self.conversions(store, account.id, &to, now, &mut shared).await?;
        }
        Ok(shared)
    }

    /// The countries that the account has delivered to, and those that were released for it.
    async fn countries(
        &self,
        store: &dyn Store,
        account: AccountId,
        to: &[Number],
        now: Time,
    ) -> Result<BTreeSet<Country>, StoreError> {
        let asked: BTreeSet<Country> = to.iter().filter_map(|to| country_of(*to)).collect();
        let known = locked(&self.countries).get(&account).cloned();
        if let Some((read, countries)) = known
            && (asked.is_subset(&countries) || read + READ_EVERY > now)
        {
            return Ok(countries);
        }
        let filter = ReportFilter {
            from: 0,
            until: i64::MAX,
            by: vec![Dimension::Country],
            account: Some(account),
            ..ReportFilter::default()
        };
        let sums = store.report(filter, usize::from(u16::MAX)).await?;
        let delivered = sums.iter().filter(|sum| sum.state == State::Delivered);
        let mut countries: BTreeSet<Country> =
            delivered.filter_map(|sum| sum.values.first()?.parse().ok()).collect();
        let names = asked.iter().map(|country| approved(account, *country)).collect();
        let released = store.used(names, now).await?;
        let is_released =
            |country: &&Country| released.iter().any(|it| it.what == approved(account, **country));
        countries.extend(asked.iter().filter(is_released));
        locked(&self.countries).insert(account, (now, countries.clone()));
        Ok(countries)
    }

    async fn conversions(
        &self,
        store: &dyn Store,
        account: AccountId,
        to: &[Number],
        now: Time,
        shared: &mut Shared,
    ) -> Result<(), StoreError> {
        let prefixes: BTreeSet<u64> = to.iter().map(|to| prefix_of(*to)).collect();
        let of_prefix = |prefix: &u64| [sent(account, *prefix), converted(account, *prefix)];
        let names = prefixes.iter().flat_map(of_prefix).chain([converts(account)]).collect();
        let sums = self.sums(store, names, now).await?;
        let sum = |name: &str| sums.get(name).copied().unwrap_or(0);
        let counts = |prefix: &u64| {
            let [sent, converted] = of_prefix(prefix).map(|name| sum(&name));
            (*prefix, Conversions { sent, converted })
        };
        shared.conversions = prefixes.iter().map(counts).collect();
        shared.converts = sum(&converts(account)) > 0;
        Ok(())
    }

    /// The sums of these counts over the stretches that count.
    async fn sums(
        &self,
        store: &dyn Store,
        names: BTreeSet<Box<str>>,
        now: Time,
    ) -> Result<BTreeMap<Box<str>, u64>, StoreError> {
        let mut found = BTreeMap::new();
        let fresh = |(read, sum): &(Time, u64)| (*read + READ_EVERY > now).then_some(*sum);
        {
            let sums = locked(&self.sums);
            found.extend(names.iter().filter_map(|it| Some((it.clone(), fresh(sums.get(it)?)?))));
        }
        let missing: Vec<Box<str>> = names.into_iter().filter(|name| !found.contains_key(name)).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let counts = |used: &&Used| used.start + SLOT + LEFT_OUT <= now;
        let used = store.used(missing.clone(), now).await?;
        let mut sums = locked(&self.sums);
        if sums.len() + missing.len() > SUMS_MAX {
            sums.clear();
        }
        for name in missing {
            let sum = used.iter().filter(counts).filter(|it| it.what == name).map(|it| it.count).sum();
            sums.insert(name.clone(), (now, sum));
            found.insert(name, sum);
        }
        Ok(found)
    }

    /// Counts a message that was judged, held or not.
    pub(super) fn note(&self, sightings: &mut Sightings, account: &Account, prepared: &Prepared, now: Time) {
        let Prepared { message, part, .. } = prepared;
        if message.exempt {
            return;
        }
        let (cut, mut converts) = (part.as_ref().map(|part| &part.cut), false);
        for rule in account.fraud_rules(message.class, message.to, cut) {
            sightings.note(rule, account.id, message.to, now);
            converts |= rule.conversion.is_some();
        }
        if converts && message.hold.is_none() {
            self.count(sent(account.id, prefix_of(message.to)), slot(now));
        }
    }

    /// The recipient and the class of a submission, if the account has rules that may refuse it.
    pub(super) fn refusable(account: &Account, submission: &Submission) -> Option<(Number, Class)> {
        let refuses = account.policy.fraud.iter().any(|rule| rule.refuses);
        if refuses { asked(account, submission) } else { None }
    }

    /// Counts a message that was refused: an attack stays refused while it goes on.
    pub(super) fn note_refused(
        sightings: &mut Sightings,
        account: &Account,
        (to, class): (Number, Class),
        suspicion: &Suspicion,
        now: Time,
    ) {
        for rule in account.fraud_rules(class, to, None) {
            sightings.note(rule, account.id, to, now);
        }
        count_suspicion(suspicion);
    }

    /// Takes note that a message did what it was sent for. It counts with the messages of its time. Returns whether that is news.
    pub(crate) fn converted(&self, account: &Account, message: &Message) -> bool {
        let is_news = self.is_first_conversion(message.id);
        let mut rules = account.fraud_rules(message.class, message.to, None);
        if is_news && rules.any(|rule| rule.conversion.is_some()) {
            let start = slot(message.created());
            self.count(converted(account.id, prefix_of(message.to)), start);
            self.count(converts(account.id), start);
        }
        is_news
    }

    fn is_first_conversion(&self, message: MessageId) -> bool {
        let mut converted = locked(&self.converted);
        if converted.len() >= CONVERTED_MAX {
            converted.clear();
        }
        converted.insert(message)
    }

    fn count(&self, name: Box<str>, start: Time) {
        let mut untold = locked(&self.untold);
        let key = (name, start);
        if untold.len() < UNTOLD_MAX || untold.contains_key(&key) {
            *untold.entry(key).or_default() += 1;
        }
    }

    /// Takes note that an operator has released a message: its country is none that is new.
    ///
    /// # Errors
    /// When the store can't be written.
    pub(crate) async fn approve(
        &self,
        store: &dyn Store,
        message: &Message,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(country) = country_of(message.to) else { return Ok(()) };
        let account = message.account;
        let is_news =
            locked(&self.countries).get_mut(&account).is_none_or(|(_, countries)| countries.insert(country));
        if is_news {
            let (what, end) = (approved(account, country), now + APPROVED_FOR);
            store.add_used(vec![Used { what, start: Time(0), end, count: 1 }], now).await?;
        }
        Ok(())
    }

    /// Tells the store what was counted.
    async fn tell(&self, store: &dyn Store, now: Time) -> Result<(), StoreError> {
        let untold = std::mem::take(&mut *locked(&self.untold));
        if untold.is_empty() {
            return Ok(());
        }
        let used = |((what, start), count): (&(Box<str>, Time), &u64)| {
            let (what, start) = (what.clone(), *start);
            Used { what, start, end: slot_end(start), count: *count }
        };
        let told = store.add_used(untold.iter().map(used).collect(), now).await;
        if told.is_err() {
            let mut later = locked(&self.untold);
            untold.into_iter().for_each(|(key, count)| *later.entry(key).or_default() += count);
        }
        told
    }
}

/// Counts a message that looked like fraud.
pub(super) fn count_suspicion(suspicion: &Suspicion) {
    metrics::counter!("postrider_fraud_suspected_total", "rule" => suspicion.rule.to_string()).increment(1);
}

/// Tells the store what was counted of conversions, for as long as the gateway runs.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
pub(crate) async fn keep_telling(reception: Arc<Reception>) {
    loop {
        match reception.fraud.tell(&*reception.store, reception.clock.now()).await {
            Ok(()) => {}
            Err(StoreError::Superseded) => return,
            Err(error) => tell(&error, "can't keep what was counted of conversions; trying again"),
        }
        let watched = locked(&reception.fraud.sightings).len();
        metrics::gauge!("postrider_fraud_watched").set(watched as f64);
        tokio::time::sleep(TELL_EVERY).await;
    }
}

#[cfg(test)]
mod tests;
