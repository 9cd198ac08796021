//! Tariffs that operators import: kept in the store as the CSV that they came in, and read whole by every node.

use super::{Registry, RegistryError, State, carried_through};
use crate::account::AccountDocument;
use crate::limit::check_name;
use crate::mistake::{Found, Mistakes};
use crate::rules::{Declared, Ids};
use crate::set::Entry;
use crate::upstream::UpstreamDocument;
use postrider_core::account::AccountId;
use postrider_core::contract::{Keeping, Resource, ResourceChange, Store, StoreError};
use postrider_core::csv::CsvMistakes;
use postrider_core::money::{Losses, Percent, RateChanges, Side, Tariff, Tariffs, derived};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Their kind in the store and in recorded changes.
pub(super) const KIND: &str = "tariff";
/// The most tariffs.
const TARIFFS_MAX: usize = 1_000;

/// What is said of an imported tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffSummary {
    /// How many rates it has.
    pub rates: usize,
    /// The currency of its prices.
    pub currency: String,
    /// Its size, in octets of CSV.
    pub octets: usize,
    /// The SHA-256 of the CSV, in hexadecimal.
    pub sha256: String,
}

/// An imported tariff.
#[derive(Clone, Debug)]
pub struct ImportedTariff {
    /// What is said of it.
    pub summary: TariffSummary,
    /// When it was imported.
    pub updated: Time,
    pub(super) tariff: Arc<Tariff>,
}

/// All of them, by name.
pub type ImportedTariffs = BTreeMap<String, ImportedTariff>;

impl ImportedTariff {
    fn read(octets: &[u8], updated: Time) -> Result<Self, CsvMistakes> {
        let tariff = Tariff::read(octets)?;
        let sha256 = Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect();
        let (rates, currency) = (tariff.len(), tariff.currency().to_string());
        let summary = TariffSummary { rates, currency, octets: octets.len(), sha256 };
        Ok(Self { summary, updated, tariff: Arc::new(tariff) })
    }

    /// Reads it on a thread that may be busy.
    async fn read_aside(octets: Arc<[u8]>, updated: Time) -> Result<Self, RegistryError> {
        let read = tokio::task::spawn_blocking(move || Self::read(&octets, updated)).await;
        Ok(read.map_err(|_| RegistryError::Interrupted)??)
    }
}

/// The tariffs that the store has; those that are known aren't read again.
pub(super) async fn fetch(
    store: &dyn Store,
    resources: &[Resource],
    known: &ImportedTariffs,
) -> Result<ImportedTariffs, RegistryError> {
    let mut tariffs = ImportedTariffs::new();
    for row in resources.iter().filter(|resource| &*resource.kind == KIND) {
        let Some(text) = row.document.as_deref() else { continue };
        let summary: Option<TariffSummary> = serde_json::from_str(text).ok();
        let same = known.get(&*row.name).filter(|known| summary.as_ref() == Some(&known.summary));
        let tariff = match same {
            Some(known) => ImportedTariff { updated: row.updated, ..known.clone() },
            None => match store.resource_data(KIND, &row.name).await? {
                None => continue,
                Some(octets) => ImportedTariff::read_aside(octets.into(), row.updated).await?,
            },
        };
        tariffs.insert(row.name.to_string(), tariff);
    }
    Ok(tariffs)
}

/// Whether both are the same tariffs.
pub(super) fn are_same(one: &ImportedTariffs, other: &ImportedTariffs) -> bool {
    let summaries = |of: &ImportedTariffs| {
        of.iter().map(|(name, tariff)| (name.clone(), tariff.summary.clone())).collect::<Vec<_>>()
    };
    summaries(one) == summaries(other)
}

/// The declarations with these tariffs in force.
pub(super) fn put_in_force(mut declared: Declared, tariffs: &ImportedTariffs, ids: &Ids) -> Declared {
    let find = |name: &str| tariffs.get(name).map(|imported| Arc::clone(&imported.tariff));
    let price = |(name, entry): (&String, &Arc<Entry<AccountDocument>>)| {
        let tariff = find(&entry.document.billing.as_ref()?.tariff)?;
        Some((AccountId(ids.get::<AccountDocument>(name)), tariff))
    };
    let cost = |(name, entry): (&String, &Arc<Entry<UpstreamDocument>>)| {
        Some((UpstreamId(ids.get::<UpstreamDocument>(name)), find(&entry.document.tariff)?))
    };
    let prices = declared.set.accounts.iter().filter_map(price).collect();
    let costs = declared.set.upstreams.iter().filter_map(cost).collect();
    if let Some(rules) = Arc::get_mut(&mut declared.rules) {
        rules.tariffs = Tariffs::new(prices, costs).with_exchange(Arc::clone(&rules.exchange));
    }
    declared.tariffs = tariffs.clone();
    declared
}

impl Declared {
    /// The tariffs that a tariff is to be compared with, and the side that it is on: those of accounts for one of an upstream, and
    /// the other way round.
    fn other_sides(&self, name: &str) -> BTreeSet<(Side, String)> {
        let billing =
            |entry: &Arc<Entry<AccountDocument>>| Some(entry.document.billing.as_ref()?.tariff.clone());
        let of_accounts: BTreeSet<String> = self.set.accounts.values().filter_map(billing).collect();
        let of_upstreams: BTreeSet<String> =
            self.set.upstreams.values().map(|entry| entry.document.tariff.clone()).collect();
        let sides = [(Side::Prices, &of_accounts, &of_upstreams), (Side::Costs, &of_upstreams, &of_accounts)];
        let known = |(side, own, others): (Side, &BTreeSet<String>, &BTreeSet<String>)| {
            let is_on = own.contains(name);
            let others = others.iter().filter(|other| is_on && self.tariffs.contains_key(*other));
            others.map(|other| (side, other.clone())).collect::<Vec<_>>()
        };
        sides.into_iter().flat_map(known).collect()
    }
}

impl Registry {
    /// Checks a tariff as [`Registry::import_tariff`] would, and says what it changes of the one with this name, and what would be
    /// sold below cost by it.
    pub async fn check_tariff(
        &self,
        name: &str,
        octets: Arc<[u8]>,
        now: Time,
    ) -> Result<(TariffSummary, RateChanges, Losses), RegistryError> {
        check(name)?;
        let imported = ImportedTariff::read_aside(Arc::clone(&octets), now).await?;
        let before = self.store.resource_data(KIND, name).await?;
        let before = before.filter(|_| self.declared().tariffs.contains_key(name));
        let mut others = Vec::new();
        for (side, other) in self.declared().other_sides(name) {
            if let Some(octets) = self.store.resource_data(KIND, &other).await? {
                others.push((side, other, octets));
            }
        }
        let compared = move || {
            let mut losses = Losses::default();
            for (side, name, other) in &others {
                losses.add(Losses::of(&octets, *side, (name, other), now)?);
            }
            Ok::<_, CsvMistakes>((RateChanges::of(before.as_deref(), &octets)?, losses))
        };
        let (changes, losses) =
            tokio::task::spawn_blocking(compared).await.map_err(|_| RegistryError::Interrupted)??;
        Ok((imported.summary, changes, losses))
    }

    /// A price list in CSV, made of tariffs: the cheapest of each rate, and so much more.
    pub async fn derived_tariff(
        &self,
        from: &[String],
        percent: Percent,
        now: Time,
    ) -> Result<Vec<u8>, RegistryError> {
        let mut sources = Vec::new();
        for name in from {
            let octets = self.exported_tariff(name).await?;
            let missing = || RegistryError::Missing(format!("there is no tariff '{name}'"));
            sources.push((name.clone(), octets.ok_or_else(missing)?));
        }
        let derive = move || {
            let sources: Vec<(&str, &[u8])> =
                sources.iter().map(|(name, octets)| (name.as_str(), octets.as_slice())).collect();
            derived(&sources, percent, now)
        };
        let made = tokio::task::spawn_blocking(derive).await.map_err(|_| RegistryError::Interrupted)?;
        made.map_err(|why| RegistryError::Unmet(why.to_string()))
    }

    /// Puts a tariff in the place of the one with its name, whole or not at all.
    pub async fn import_tariff(
        self: &Arc<Self>,
        name: &str,
        octets: Arc<[u8]>,
        who: &str,
        now: Time,
    ) -> Result<ImportedTariff, RegistryError> {
        check(name)?;
        let imported = ImportedTariff::read_aside(Arc::clone(&octets), now).await?;
        let document: Box<str> =
            serde_json::to_string(&imported.summary).map_err(|_| RegistryError::Interrupted)?.into();
        let keeping = Keeping::DocumentAndData(document.clone(), octets);
        self.replace_tariff(name, Some(imported.clone()), (Some(document), keeping), who, now).await?;
        Ok(imported)
    }

    /// Takes a tariff away, if nothing names it.
    pub async fn delete_tariff(
        self: &Arc<Self>,
        name: &str,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let declared = self.declared();
        if !declared.tariffs.contains_key(name) {
            return Err(RegistryError::Missing(format!("there is no tariff '{name}'")));
        }
        let account =
            declared.set.accounts.iter().find(|(_, entry)| {
                entry.document.billing.as_ref().is_some_and(|billing| billing.tariff == name)
            });
        let upstream = declared.set.upstreams.iter().find(|(_, entry)| entry.document.tariff == name);
        let by = account.map(|(by, _)| format!("account '{by}'"));
        if let Some(by) = by.or_else(|| upstream.map(|(by, _)| format!("upstream '{by}'"))) {
            let what = format!("the tariff '{name}' is named by the {by}: give that another tariff first");
            return Err(RegistryError::Named(what));
        }
        self.replace_tariff(name, None, (None, Keeping::Number), who, now).await
    }

    /// A tariff as it was imported, in CSV.
    pub async fn exported_tariff(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if self.declared().tariffs.contains_key(name) {
            self.store.resource_data(KIND, name).await
        } else {
            Ok(None)
        }
    }

    async fn replace_tariff(
        self: &Arc<Self>,
        name: &str,
        tariff: Option<ImportedTariff>,
        (after, keeping): (Option<Box<str>>, Keeping),
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let (registry, name, who) = (Arc::clone(self), name.to_owned(), Box::from(who));
        carried_through(async move {
            let mut state = registry.state.lock().await;
            if state.tariffs.len() >= TARIFFS_MAX && !state.tariffs.contains_key(&name) {
                let what = format!("there are {TARIFFS_MAX} tariffs already: delete one first");
                return Err(RegistryError::Taken(what));
            }
            let before = state.tariffs.get(&name);
            let before = before.and_then(|tariff| serde_json::to_string(&tariff.summary).ok());
            let change = ResourceChange {
                at: now,
                who,
                kind: KIND.into(),
                name: name.as_str().into(),
                before: before.map(Into::into),
                after,
            };
            registry.store.declare(vec![(change, keeping)]).await?;
            match tariff {
                Some(tariff) => state.tariffs.insert(name, tariff),
                None => state.tariffs.remove(&name),
            };
            let whole = state.whole();
            let declared = State::read(&mut state, &*registry.store, whole, Vec::new()).await?;
            registry.publish(&mut state, declared);
            Ok(())
        })
        .await
    }
}

/// Whether a tariff may be called so.
fn check(name: &str) -> Result<(), Mistakes> {
    let found = Found::default();
    check_name(name, &found.notes().key("tariffs").key(name));
    let mistakes = found.into_mistakes();
    if mistakes.is_empty() { Ok(()) } else { Err(Mistakes(mistakes)) }
}
