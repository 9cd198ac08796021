//! The desk where accounts declare groups and sources, and look alerts up.

use super::calendar::Shift;
use super::group::{Group, WrongGroup};
use super::source::{Source, SourceState, WrongSource};
use super::state::{Alert, State, id_of};
use crate::apps::Parts;
use crate::hearing::Hearing;
use crate::kept::{Document, TRIES, contended, find, keep, key, read};
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::number::{NotANumber, Number};
use std::sync::Arc;
use tokio::sync::Notify;

/// The most groups of an account, and the most sources.
const DECLARED_MAX: usize = 200;

/// Alerts of accounts.
pub struct Alerts {
    pub(super) parts: Parts,
    pub(super) hearing: Arc<Hearing>,
    /// Something is due now.
    due: Notify,
}

/// Which alerts a list has.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those of this group.
    pub group: Option<Box<str>>,
    /// Only those with lower numbers.
    pub before: Option<u64>,
    /// At most so many.
    pub most: usize,
}

/// Why a group or a source isn't declared.
#[derive(Debug, thiserror::Error)]
pub enum NotSet {
    /// The group is wrong.
    #[error(transparent)]
    Group(#[from] WrongGroup),
    /// Somebody's number is none.
    #[error("{name}: {error}")]
    Number {
        /// Whose.
        name: Box<str>,
        /// What is wrong.
        error: NotANumber,
    },
    /// The source is wrong.
    #[error(transparent)]
    Source(#[from] WrongSource),
    /// There are too many.
    #[error("an account has up to {DECLARED_MAX} groups and as many sources")]
    TooMany,
    /// A source reports to this group.
    #[error("the source '{0}' reports to this group: give it another group, or remove it first")]
    InUse(Box<str>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Alerts {
    pub(crate) fn new(parts: Parts, hearing: Arc<Hearing>) -> Self {
        Self { parts, hearing, due: Notify::new() }
    }

    /// Has what is due done soon.
    pub(super) fn hurry(&self) {
        self.due.notify_one();
    }

    /// Waits until something is due that was not before.
    pub(crate) async fn hurried(&self) {
        self.due.notified().await;
    }

    /// Declares a group. Returns it with its numbers in international form, and whether it is new.
    ///
    /// # Errors
    /// Something is wrong with it, or the store failed.
    pub async fn set_group(&self, account: &Account, mut group: Group) -> Result<(Group, bool), NotSet> {
        for member in &mut group.people {
            let number = Number::parse_recipient_in(&member.number, account.country);
            let number = number.map_err(|error| NotSet::Number { name: member.name.clone(), error })?;
            member.number = number.to_string().into();
        }
        group.check()?;
        let is_new = self.set(account.id, &group, Vec::new()).await?;
        Ok((group, is_new))
    }

    /// Declares a source. Returns whether it is new.
    ///
    /// # Errors
    /// Something is wrong with it, or the store failed.
    pub async fn set_source(&self, account: AccountId, source: &Source) -> Result<bool, NotSet> {
        source.check()?;
        if find::<Group>(&*self.parts.store, account, &source.group).await?.is_none() {
            let detail = format!("there is no group '{}': declare it first", source.group);
            return Err(WrongSource { field: "group", detail }.into());
        }
        let mut with = Vec::new();
        if let Some(heartbeat) = source.heartbeat() {
            let found = find::<SourceState>(&*self.parts.store, account, &source.name).await?;
            let now = self.parts.live.now();
            let fresh = SourceState { name: source.name.clone(), last: now.0, is_silent: false, due: None };
            let (before, version) = found.map_or((fresh, 0), |kept| (kept.value, kept.version));
            let due = (!before.is_silent).then_some((now + heartbeat).0);
            with.push(keep(account, &SourceState { due, ..before }, version)?);
        }
        self.set(account, source, with).await
    }

    async fn set<T: Document>(
        &self,
        account: AccountId,
        value: &T,
        with: Vec<AppWrite>,
    ) -> Result<bool, NotSet> {
        for _ in 0..TRIES {
            let found = find::<T>(&*self.parts.store, account, &value.id()).await?;
            let version = found.map_or(0, |kept| kept.version);
            if version == 0 && self.all::<T>(account).await?.len() >= DECLARED_MAX {
                return Err(NotSet::TooMany);
            }
            let writes = with.iter().cloned().chain([keep(account, value, version)?]).collect();
            if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(version == 0);
            }
        }
        Err(contended().into())
    }

    async fn all<T: Document>(&self, account: AccountId) -> Result<Vec<T>, StoreError> {
        let filter = AppFilter::all(T::KIND, Some(account), DECLARED_MAX);
        let found = self.parts.store.list_app_records(filter).await?;
        found.into_iter().map(|record| Ok(read::<T>(record)?.value)).collect()
    }

    async fn forget<T: Document>(&self, account: AccountId, name: &str) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some(kept) = find::<T>(&*self.parts.store, account, name).await? else { return Ok(false) };
            let write = AppWrite::Forget(key::<T>(account, name), kept.version);
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }

    /// A group of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn group(&self, account: AccountId, name: &str) -> Result<Option<Group>, StoreError> {
        Ok(find::<Group>(&*self.parts.store, account, name).await?.map(|kept| kept.value))
    }

    /// All groups of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn groups(&self, account: AccountId) -> Result<Vec<Group>, StoreError> {
        self.all(account).await
    }

    /// The present shift of a group and the next ones.
    #[must_use]
    pub fn shifts(&self, group: &Group, most: usize) -> Vec<Shift> {
        group.shifts(self.parts.live.now(), most)
    }

    /// Removes a group. Returns whether there was one.
    ///
    /// # Errors
    /// A source reports to it, or the store failed.
    pub async fn remove_group(&self, account: AccountId, name: &str) -> Result<bool, NotSet> {
        let sources: Vec<Source> = self.all(account).await?;
        if let Some(source) = sources.into_iter().find(|source| *source.group == *name) {
            return Err(NotSet::InUse(source.name));
        }
        Ok(self.forget::<Group>(account, name).await?)
    }

    /// A source of an account, and when it reported last if its silence is watched.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn source(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<(Source, Option<SourceState>)>, StoreError> {
        let Some(source) = find::<Source>(&*self.parts.store, account, name).await? else { return Ok(None) };
        let state = find::<SourceState>(&*self.parts.store, account, name).await?;
        Ok(Some((source.value, state.map(|kept| kept.value))))
    }

    /// All sources of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn sources(&self, account: AccountId) -> Result<Vec<Source>, StoreError> {
        self.all(account).await
    }

    /// Removes a source. Its alerts stay. Returns whether there was one.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn remove_source(&self, account: AccountId, name: &str) -> Result<bool, StoreError> {
        self.forget::<SourceState>(account, name).await?;
        self.forget::<Source>(account, name).await
    }

    /// An alert of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, number: u64) -> Result<Option<Alert>, StoreError> {
        Ok(find::<Alert>(&*self.parts.store, account, &id_of(number)).await?.map(|kept| kept.value))
    }

    /// A page of alerts of an account, the newest first, and the number behind which the next page begins.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        filter: &Filter,
    ) -> Result<(Vec<Alert>, Option<u64>), StoreError> {
        let after = filter.before.map(|number| (account, id_of(number)));
        let most = filter.most.min(500);
        let all = AppFilter::all(AppKind::Alert, Some(account), most + 1);
        let found = self.parts.store.list_app_records(AppFilter { after, backwards: true, ..all }).await?;
        let is_more = found.len() > most;
        let mut alerts = Vec::new();
        for record in found.into_iter().take(most) {
            alerts.push(read::<Alert>(record)?.value);
        }
        let next = alerts.last().map(|alert| alert.number).filter(|_| is_more);
        alerts.retain(|alert| {
            filter.state.is_none_or(|state| alert.state == state)
                && filter.group.as_ref().is_none_or(|group| alert.group == *group)
        });
        Ok((alerts, next))
    }
}
