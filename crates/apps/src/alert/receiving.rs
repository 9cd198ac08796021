//! Reports become alerts: what is new is opened, what is known counts, what is over is resolved. All of a report is written together
//! before it is answered.

use super::desk::Alerts;
use super::format::{self, Unread};
use super::numbering::{KeyedAlert, NextNumber};
use super::signal::{Condition, Signal};
use super::source::{Source, SourceState};
use super::state::{Alert, id_of};
use crate::kept::{Document, Kept, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppStore, AppWrite, AppWritten, StoreError};
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Reports that are written together.
const AT_ONCE: usize = 200;
/// What a source's own silence is known by. No tool's key begins so.
const SILENCE: &str = "\u{1}silence";

/// What came of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// The numbers of alerts that were opened.
    pub opened: Vec<u64>,
    /// The numbers of alerts that were known.
    pub repeated: Vec<u64>,
    /// The numbers of alerts that are over.
    pub resolved: Vec<u64>,
}

/// Why a report was not received.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// The account has no source of this name.
    #[error("there is no such source of alerts")]
    NoSource,
    /// The body isn't in the source's form.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Alerts {
    /// Receives a report. When this returns, its alerts are durable.
    ///
    /// # Errors
    /// There is no such source, the body can't be read, or the store failed: then the tool has to report again.
    pub async fn receive(
        &self,
        account: AccountId,
        source: &str,
        media_type: Option<&str>,
        body: &[u8],
    ) -> Result<Reception, NotReceived> {
        let found = find::<Source>(&*self.parts.store, account, source).await?;
        let source = found.ok_or(NotReceived::NoSource)?.value;
        let now = self.parts.live.now();
        let signals = format::read(source.format, source.fields.as_ref(), media_type, body, now)?;
        let mut reception = Reception::default();
        let mut is_first = true;
        let mut left = &*signals;
        while is_first || !left.is_empty() {
            let (chunk, rest) = left.split_at(left.len().min(AT_ONCE));
            let life = if is_first { Life::Reported } else { Life::Unchanged };
            let part = self.take(account, &source, chunk, life).await?;
            count(&source, &part);
            reception.opened.extend(part.opened);
            reception.repeated.extend(part.repeated);
            reception.resolved.extend(part.resolved);
            (is_first, left) = (false, rest);
        }
        if !(reception.opened.is_empty() && reception.resolved.is_empty()) {
            self.hurry();
        }
        Ok(reception)
    }

    /// Takes signals of a source, all or none.
    pub(super) async fn take(
        &self,
        account: AccountId,
        source: &Source,
        signals: &[Signal],
        life: Life,
    ) -> Result<Reception, StoreError> {
        let store = &*self.parts.store;
        for _ in 0..TRIES {
            let now = self.parts.live.now();
            let mut signals = signals.to_vec();
            let Some(state) = self.live_on(account, source, life, &mut signals, now).await? else {
                return Ok(Reception::default());
            };
            let mut book = Book::open(store, account, source, &signals).await?;
            let reception = book.enter(source, &signals, now);
            let mut writes = book.writes(account, source, now)?;
            writes.extend(state);
            if writes.is_empty() {
                return Ok(reception);
            }
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(reception);
            }
        }
        Err(contended())
    }

    /// What opens an alert, and its number. Nothing is written.
    pub(super) async fn opening(
        &self,
        account: AccountId,
        source: &Source,
        signal: Signal,
    ) -> Result<(Vec<AppWrite>, Reception), StoreError> {
        let now = self.parts.live.now();
        let signals = [signal];
        let mut book = Book::open(&*self.parts.store, account, source, &signals).await?;
        let reception = book.enter(source, &signals, now);
        Ok((book.writes(account, source, now)?, reception))
    }

    /// The write of when the source reported last, and what its silence adds to the signals; `None` if it isn't silent any more.
    async fn live_on(
        &self,
        account: AccountId,
        source: &Source,
        life: Life,
        signals: &mut Vec<Signal>,
        now: Time,
    ) -> Result<Option<Vec<AppWrite>>, StoreError> {
        let Some(heartbeat) = source.heartbeat().filter(|_| life != Life::Unchanged) else {
            return Ok(Some(Vec::new()));
        };
        let found = find::<SourceState>(&*self.parts.store, account, &source.name).await?;
        let (before, version) = found.map_or((None, 0), |kept| (Some(kept.value), kept.version));
        let title = format!("{} is silent: nothing for {} s", source.name, heartbeat.as_secs());
        let after = match life {
            Life::Silent => {
                let Some(before) = before.filter(|it| it.due.is_some_and(|due| Time(due) <= now)) else {
                    return Ok(None);
                };
                signals.push(Signal::new(SILENCE, Condition::Firing, &title));
                SourceState { is_silent: true, due: None, ..before }
            }
            Life::Reported | Life::Unchanged => {
                if before.is_some_and(|before| before.is_silent) {
                    signals.push(Signal::new(SILENCE, Condition::Resolved, &title));
                }
                let due = Some((now + heartbeat).0);
                SourceState { name: source.name.clone(), last: now.0, is_silent: false, due }
            }
        };
        Ok(Some(vec![keep(account, &after, version)?]))
    }
}

/// What a source does when its signals are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It has reported.
    Reported,
    /// It hasn't for too long.
    Silent,
    /// That was noted already.
    Unchanged,
}

/// The alerts that signals may be about, as they were read, and what becomes of them.
struct Book {
    keyed: BTreeMap<Box<str>, Kept<KeyedAlert>>,
    alerts: BTreeMap<u64, Kept<Alert>>,
    next: Kept<NextNumber>,
    changed: BTreeSet<u64>,
}

impl Book {
    async fn open(
        store: &dyn AppStore,
        account: AccountId,
        source: &Source,
        signals: &[Signal],
    ) -> Result<Self, StoreError> {
        let names: BTreeSet<Box<str>> = signals
            .iter()
            .flat_map(|signal| signal.keys.iter().map(|key| KeyedAlert::id_of(&source.name, key)))
            .collect();
        let keys = names.iter().map(|name| key::<KeyedAlert>(account, name)).collect();
        let mut keyed = BTreeMap::new();
        for record in store.app_records(keys).await?.into_iter().flatten() {
            let kept = read::<KeyedAlert>(record)?;
            keyed.insert(kept.value.id(), kept);
        }
        let numbers: BTreeSet<u64> = keyed.values().map(|kept| kept.value.number).collect();
        let alerts = alerts(store, account, numbers).await?;
        let fresh = Kept { account, value: NextNumber { next: 1 }, version: 0 };
        let next = find::<NextNumber>(store, account, NextNumber::ID).await?.unwrap_or(fresh);
        Ok(Self { keyed, alerts, next, changed: BTreeSet::new() })
    }

    /// The number of the open alert that one of a signal's keys stands for.
    fn open_alert(&self, source: &Source, signal: &Signal) -> Option<u64> {
        let known =
            signal.keys.iter().filter_map(|key| self.keyed.get(&KeyedAlert::id_of(&source.name, key)));
        let mut numbers = known.map(|kept| kept.value.number);
        numbers.find(|number| self.alerts.get(number).is_some_and(|kept| kept.value.is_open()))
    }

    fn enter(&mut self, source: &Source, signals: &[Signal], now: Time) -> Reception {
        let mut reception = Reception::default();
        for signal in signals {
            let number = match (self.open_alert(source, signal), signal.condition) {
                (None, Condition::Resolved) => continue,
                (None, Condition::Firing) => self.begin(source, signal, now, &mut reception),
                (Some(number), condition) => {
                    let Some(kept) = self.alerts.get_mut(&number) else { continue };
                    if condition == Condition::Firing {
                        kept.value.report(signal, now);
                        reception.repeated.push(number);
                    } else {
                        kept.value.resolve(&format!("resolved by {}", source.name), None, now);
                        reception.resolved.push(number);
                    }
                    number
                }
            };
            self.changed.insert(number);
            self.name(source, number, now);
        }
        reception
    }

    fn begin(&mut self, source: &Source, signal: &Signal, now: Time, reception: &mut Reception) -> u64 {
        let number = self.next.value.next;
        self.next.value.next += 1;
        let value = Alert::open(number, &source.name, &source.group, signal, now);
        self.alerts.insert(number, Kept { account: self.next.account, value, version: 0 });
        reception.opened.push(number);
        number
    }

    /// Has all keys of an alert stand for it.
    fn name(&mut self, source: &Source, number: u64, now: Time) {
        let Some(Kept { account, value: alert, .. }) = self.alerts.get(&number) else { return };
        for key in &alert.keys {
            let value = KeyedAlert::new(&source.name, key, alert, now);
            match self.keyed.get_mut(&value.id()) {
                Some(kept) if kept.value.is_fresh(number, now) => {}
                Some(kept) => kept.value = value,
                None => drop(self.keyed.insert(value.id(), Kept { account: *account, value, version: 0 })),
            }
        }
    }

    fn writes(&self, account: AccountId, source: &Source, now: Time) -> Result<Vec<AppWrite>, StoreError> {
        let mut writes = Vec::new();
        let mut keys = BTreeSet::new();
        let mut is_new = false;
        for number in &self.changed {
            let Some(kept) = self.alerts.get(number) else { continue };
            is_new |= kept.version == 0;
            writes.push(keep(account, &kept.value, kept.version)?);
            keys.extend(kept.value.keys.iter().map(|key| KeyedAlert::id_of(&source.name, key)));
        }
        for kept in keys.iter().filter_map(|id| self.keyed.get(id)).filter(|kept| kept.value.is_new(now)) {
            writes.push(keep(account, &kept.value, kept.version)?);
        }
        if is_new {
            writes.push(keep(account, &self.next.value, self.next.version)?);
        }
        Ok(writes)
    }
}

/// Alerts of an account by their numbers, as far as they are there.
pub(super) async fn alerts(
    store: &dyn AppStore,
    account: AccountId,
    numbers: impl IntoIterator<Item = u64>,
) -> Result<BTreeMap<u64, Kept<Alert>>, StoreError> {
    let keys: Vec<_> = numbers.into_iter().map(|number| key::<Alert>(account, &id_of(number))).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut found = BTreeMap::new();
    for record in store.app_records(keys).await?.into_iter().flatten() {
        let kept = read::<Alert>(record)?;
        found.insert(kept.value.number, kept);
    }
    Ok(found)
}

fn count(source: &Source, reception: &Reception) {
    let all =
        [("opened", &reception.opened), ("repeated", &reception.repeated), ("resolved", &reception.resolved)];
    for (result, numbers) in all.into_iter().filter(|(_, numbers)| !numbers.is_empty()) {
        let labels = [("format", source.format.word()), ("result", result)];
        metrics::counter!("postrider_alerts_total", &labels).increment(numbers.len() as u64);
    }
}
