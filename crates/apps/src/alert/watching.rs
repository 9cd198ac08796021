//! Alerts by time: sources that are silent, and steps that are due.

use super::desk::Alerts;
use super::escalation::step;
use super::group::Group;
use super::person::Person;
use super::receiving::Life;
use super::source::{Source, SourceState};
use super::state::Alert;
use crate::kept::{Document, Kept, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, StoreError};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Documents that are looked at together.
const AT_ONCE: usize = 200;

impl Alerts {
    /// Does all that is due.
    ///
    /// # Errors
    /// When the store can't be read or written. What is left is done at the next look.
    pub async fn do_what_is_due(&self) -> Result<(), StoreError> {
        self.keep_listening().await?;
        self.watch_sources().await?;
        self.escalate().await?;
        self.tell().await
    }

    async fn due(
        &self,
        kind: AppKind,
        now: Time,
    ) -> Result<Vec<postrider_core::contract::AppRecord>, StoreError> {
        let filter = AppFilter { due: Some(now), ..AppFilter::all(kind, None, AT_ONCE) };
        self.parts.store.list_app_records(filter).await
    }

    /// Alarms where a source is silent.
    async fn watch_sources(&self) -> Result<(), StoreError> {
        for record in self.due(AppKind::AlertSourceState, self.parts.live.now()).await? {
            let Kept { account, value: state, version } = read::<SourceState>(record)?;
            let source = find::<Source>(&*self.parts.store, account, &state.name).await?;
            match source.filter(|source| source.value.heartbeat.is_some()) {
                Some(source) => drop(self.take(account, &source.value, &[], Life::Silent).await?),
                None => {
                    let write = AppWrite::Forget(key::<SourceState>(account, &state.name), version);
                    self.parts.store.write_app_records(vec![write], Vec::new()).await?;
                }
            }
        }
        Ok(())
    }

    /// Does the steps of alerts that are due: an alert's next state and what people are to be told are one write.
    async fn escalate(&self) -> Result<(), StoreError> {
        let now = self.parts.live.now();
        let mut by_account: BTreeMap<AccountId, Vec<Kept<Alert>>> = BTreeMap::new();
        for record in self.due(AppKind::Alert, now).await? {
            let kept = read::<Alert>(record)?;
            by_account.entry(kept.account).or_default().push(kept);
        }
        for (account, alerts) in by_account {
            self.escalate_all(account, alerts, now).await?;
        }
        Ok(())
    }

    async fn escalate_all(
        &self,
        account: AccountId,
        alerts: Vec<Kept<Alert>>,
        now: Time,
    ) -> Result<(), StoreError> {
        let names: BTreeSet<Box<str>> = alerts.iter().map(|kept| kept.value.group.clone()).collect();
        let groups = self.groups_of(account, names).await?;
        let mut people: BTreeMap<Number, Kept<Person>> = BTreeMap::new();
        let mut writes = Vec::new();
        for mut kept in alerts {
            let group = groups.get(&kept.value.group);
            let told = step(&mut kept.value, group, now);
            let from = group.and_then(|group| group.from.as_deref());
            for (member, number) in told.into_iter().filter_map(|member| Some((member, member.number()?))) {
                if let std::collections::btree_map::Entry::Vacant(place) = people.entry(number) {
                    place.insert(self.person(account, number).await?);
                }
                if let Some(person) = people.get_mut(&number) {
                    person.value.tell(member, from, &kept.value, now);
                }
            }
            writes.push(keep(account, &kept.value, kept.version)?);
        }
        for person in people.values() {
            writes.push(keep(account, &person.value, person.version)?);
        }
        // Where something changed meanwhile, all of it is looked at again.
        self.parts.store.write_app_records(writes, Vec::new()).await.map(drop)
    }

    /// Groups of an account by name, as far as they are there.
    pub(super) async fn groups_of(
        &self,
        account: AccountId,
        names: BTreeSet<Box<str>>,
    ) -> Result<BTreeMap<Box<str>, Group>, StoreError> {
        let keys = names.iter().map(|name| key::<Group>(account, name)).collect();
        let found = self.parts.store.app_records(keys).await?;
        let read = |record| Ok(read::<Group>(record)?.value);
        let groups = found.into_iter().flatten().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(groups.into_iter().map(|group| (group.id(), group)).collect())
    }

    /// Somebody who is or will be told of alerts.
    pub(super) async fn person(
        &self,
        account: AccountId,
        number: Number,
    ) -> Result<Kept<Person>, StoreError> {
        let found = find::<Person>(&*self.parts.store, account, &Person::id_of(number)).await?;
        Ok(found.unwrap_or_else(|| Kept { account, value: Person::new(number), version: 0 }))
    }
}
