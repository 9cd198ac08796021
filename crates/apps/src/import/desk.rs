//! The desk where accounts make, follow, apply and delete imports.

use super::document::{Finding, Findings, Import, ImportState, NewImport, import_id};
use super::staging::Staging;
use crate::apps::Parts;
use crate::contact::{Contacts, Groups};
use crate::kept::{Kept, TRIES, contended, find, keep, key, read};
use crate::random::{NoRandomness, octets};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppStore, AppWrite, AppWritten, AudienceKey, StoreError};

/// Imports of contacts.
pub struct Imports {
    pub(super) parts: Parts,
    pub(super) contacts: Contacts,
    groups: Groups,
}

/// Why something is not done with an import.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// There is none.
    #[error("there is no such import")]
    Missing,
    /// Its state doesn't allow it.
    #[error("this can't be done with an import that is {}", .0.word())]
    State(ImportState),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Whether an audience is the rows of an import.
pub(crate) async fn is_known(store: &dyn AppStore, audience: AudienceKey) -> Result<bool, StoreError> {
    Ok(find::<Import>(store, audience.account, &import_id(audience.run)).await?.is_some())
}

impl Imports {
    pub(crate) fn new(parts: Parts) -> Self {
        let (contacts, groups) = (Contacts::new(parts.clone()), Groups::new(parts.clone()));
        Self { parts, contacts, groups }
    }

    /// Makes an import, whose rows come then.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn begin(
        &self,
        account: AccountId,
        author: &str,
        new: &NewImport,
    ) -> Result<Staging<'_>, NotImported> {
        for _ in 0..TRIES {
            let now = self.parts.live.now();
            let [one, two, three, ..] = octets::<4>()?;
            let random = u64::from(one) << 12 | u64::from(two) << 4 | u64::from(three & 0xF);
            let import = Import {
                id: now.0.cast_unsigned() << 20 | random,
                author: author.into(),
                created: now.0,
                overwrite: new.overwrite,
                group: new.group.clone(),
                all_rows: new.all_rows,
                state: ImportState::Receiving,
                reason: None,
                rows: 0,
                valid: 0,
                invalid: 0,
                doubled: 0,
                checked: 0,
                new: 0,
                changed: 0,
                same: 0,
                opted_out: 0,
                unroutable: 0,
                applied: 0,
                restored: 0,
                left: 0,
                cursor: 0,
                updated: now.0,
            };
            let write = keep(account, &import, 0)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(Staging::new(self, account, import));
            }
        }
        Err(contended().into())
    }

    pub(super) async fn find(&self, account: AccountId, id: u64) -> Result<Option<Kept<Import>>, StoreError> {
        find::<Import>(&*self.parts.store, account, &import_id(id)).await
    }

    /// An import of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, id: u64) -> Result<Option<Import>, StoreError> {
        Ok(self.find(account, id).await?.map(|kept| kept.value))
    }

    /// Imports of an account, the newest first, older than `before`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Import>, StoreError> {
        let after = Some((account, import_id(before.unwrap_or(u64::MAX))));
        let all = AppFilter::all(AppKind::Import, Some(account), most);
        let found = self.parts.store.list_app_records(AppFilter { after, backwards: true, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<Import>(record)?.value)).collect()
    }

    /// Has the contacts of a checked import changed.
    ///
    /// # Errors
    /// It is not checked yet.
    pub async fn apply(&self, account: AccountId, id: u64) -> Result<Import, NotImported> {
        let applied = self.step_to(account, id, ImportState::Applying, |state| match state {
            ImportState::Checked => Some(true),
            ImportState::Applying | ImportState::Done => Some(false),
            _ => None,
        });
        let applied = applied.await?;
        if let Some(group) = &applied.group {
            self.groups.declare(account, group).await?;
        }
        Ok(applied)
    }

    /// Has the contacts that an import made forgotten again, and those that it changed become what they were: all that have not
    /// changed since.
    ///
    /// # Errors
    /// It is not done.
    pub async fn undo(&self, account: AccountId, id: u64) -> Result<Import, NotImported> {
        self.step_to(account, id, ImportState::Undoing, |state| match state {
            ImportState::Done => Some(true),
            ImportState::Undoing | ImportState::Undone => Some(false),
            _ => None,
        })
        .await
    }

    /// Begins a step in a state that permits it; `begins` says so, or that it was begun before.
    async fn step_to(
        &self,
        account: AccountId,
        id: u64,
        step: ImportState,
        begins: impl Fn(ImportState) -> Option<bool>,
    ) -> Result<Import, NotImported> {
        for _ in 0..TRIES {
            let Kept { mut value, version, .. } =
                self.find(account, id).await?.ok_or(NotImported::Missing)?;
            match begins(value.state) {
                Some(true) => {}
                Some(false) => return Ok(value),
                None => return Err(NotImported::State(value.state)),
            }
            (value.state, value.cursor) = (step, 0);
            value.updated = self.parts.live.now().0;
            let write = keep(account, &value, version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(value);
            }
        }
        Err(contended().into())
    }

    /// Deletes an import with its rows. Contacts stay. One that is applied goes on no further.
    ///
    /// # Errors
    /// There is none.
    pub async fn remove(&self, account: AccountId, id: u64) -> Result<(), NotImported> {
        for _ in 0..TRIES {
            let kept = self.find(account, id).await?.ok_or(NotImported::Missing)?;
            let forget = AppWrite::Forget(key::<Import>(account, &import_id(id)), kept.version);
            if self.parts.store.write_app_records(vec![forget], Vec::new()).await? == AppWritten::Done {
                return Ok(());
            }
        }
        Err(contended().into())
    }

    /// What an import found out, behind a place, and the place behind that; `None` at the end.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn findings(
        &self,
        account: AccountId,
        id: u64,
        after: Option<Box<str>>,
    ) -> Result<(Vec<Finding>, Option<Box<str>>), StoreError> {
        const RECORDS: usize = 500;
        let after = after.unwrap_or_else(|| Findings::before(id));
        let all = AppFilter::all(AppKind::ImportFindings, Some(account), RECORDS);
        let found = self.parts.store.list_app_records(AppFilter { after: Some((account, after)), ..all });
        let (mut findings, mut last, mut is_end) = (Vec::new(), None, true);
        let found = found.await?;
        if found.len() == RECORDS {
            is_end = false;
        }
        for record in found {
            let page = read::<Findings>(record)?.value;
            if !page.are_of(id) {
                is_end = true;
                break;
            }
            last = Some(page.id);
            findings.extend(page.findings);
        }
        Ok((findings, last.filter(|_| !is_end)))
    }
}
