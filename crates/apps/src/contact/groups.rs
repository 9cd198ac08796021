//! Groups of contacts.

use super::document::group_label;
use crate::apps::Parts;
use crate::kept::{Document, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use serde::{Deserialize, Serialize};

/// Groups of contacts.
pub struct Groups {
    parts: Parts,
}

/// A group. Who is in it stands with the contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: Box<str>,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
}

impl Document for Group {
    const KIND: AppKind = AppKind::Group;

    fn id(&self) -> Box<str> {
        self.name.clone()
    }
}

impl Groups {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Keeps a group; returns whether it is new.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn put(&self, account: AccountId, group: &Group) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let found = find::<Group>(&*self.parts.store, account, &group.name).await?;
            let version = found.map_or(0, |kept| kept.version);
            let write = keep(account, group, version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(version == 0);
            }
        }
        Err(contended())
    }

    /// A group, and how many contacts are in it. It is there if it was declared, or if a contact names it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, name: &str) -> Result<Option<(Group, u64)>, StoreError> {
        let found = find::<Group>(&*self.parts.store, account, name).await?;
        let store = &self.parts.store;
        let members = store.count_app_records(account, AppKind::Contact, group_label(name)).await?;
        let group = match found {
            Some(kept) => kept.value,
            None if members > 0 => Group { name: name.into(), description: None },
            None => return Ok(None),
        };
        Ok(Some((group, members)))
    }

    /// Declares a group, if nobody has, so that it is listed.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn declare(&self, account: AccountId, name: &str) -> Result<(), StoreError> {
        if find::<Group>(&*self.parts.store, account, name).await?.is_none() {
            self.put(account, &Group { name: name.into(), description: None }).await?;
        }
        Ok(())
    }

    /// Groups of an account by name, behind the name `after`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Group>, StoreError> {
        let all = AppFilter::all(AppKind::Group, Some(account), most);
        let after = after.map(|name| (account, name.into()));
        let found = self.parts.store.list_app_records(AppFilter { after, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<Group>(record)?.value)).collect()
    }

    /// Deletes a group that nobody is in; returns whether there was one.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn remove(&self, account: AccountId, name: &str) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let found = find::<Group>(&*self.parts.store, account, name).await?;
            let Some(kept) = found else { return Ok(false) };
            let write = AppWrite::Forget(key::<Group>(account, name), kept.version);
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }
}
