//! The desk where accounts write, approve, show and delete templates.

use super::compiled::Compiled;
use super::content::{Content, WrongContent};
use crate::apps::Parts;
use crate::kept::{Document, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};

/// The most templates of an account.
const TEMPLATES_MAX: usize = 1_000;
/// The most versions of a template.
const VERSIONS_MAX: u32 = 1_000;

/// Templates of messages.
pub struct Templates {
    parts: Parts,
}

/// A template, as it is now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Template {
    /// Its name.
    pub name: Box<str>,
    /// Its newest version, from 1.
    pub latest: u32,
    /// The version that is sent; `None` while none is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<u32>,
}

/// A version of a template. Its content never changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// The template's name.
    pub name: Box<str>,
    /// Its number, from 1.
    pub version: u32,
    /// What it says.
    pub content: Content,
    /// Who wrote it.
    pub author: Box<str>,
    /// When, in milliseconds of Unix time.
    pub written: i64,
    /// Who approved it; `None` while it is a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Box<str>>,
}

impl Document for Template {
    const KIND: AppKind = AppKind::Template;

    fn id(&self) -> Box<str> {
        self.name.clone()
    }
}

impl Document for Version {
    const KIND: AppKind = AppKind::TemplateVersion;

    fn id(&self) -> Box<str> {
        version_id(&self.name, self.version)
    }
}

impl Version {
    /// When it was written.
    #[must_use]
    pub const fn written_at(&self) -> Time {
        Time(self.written)
    }
}

/// Names have no slash, and versions are in the order of their numbers.
fn version_id(name: &str, version: u32) -> Box<str> {
    format!("{name}/{version:06}").into()
}

/// A version that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The version.
    pub version: Version,
    /// Whether it is the first one.
    pub is_new: bool,
}

/// Why a version is not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The content is wrong.
    #[error(transparent)]
    Content(#[from] WrongContent),
    /// The newest version is not the one that the client has read.
    #[error("the template has changed meanwhile: read it again")]
    Changed,
    /// There are as many as there may be.
    #[error("{0}")]
    Full(String),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a version is not approved.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// There is no such version.
    #[error("there is no such version of a template")]
    Missing,
    /// A user approves what another one wrote.
    #[error("who wrote a version can't approve it: have somebody else read it")]
    OwnWork,
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Templates {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Writes a new version, a draft. `read` is the newest version that the client knows, 0 for none; `None` doesn't care.
    ///
    /// # Errors
    /// Why nothing is written.
    pub async fn write(
        &self,
        account: AccountId,
        name: &str,
        content: Content,
        author: &str,
        read: Option<u32>,
    ) -> Result<Written, NotWritten> {
        let content = content.normal();
        content.check()?;
        for _ in 0..TRIES {
            let found = find::<Template>(&*self.parts.store, account, name).await?;
            let (before, approved, kept) =
                found.map_or((0, None, 0), |kept| (kept.value.latest, kept.value.approved, kept.version));
            if read.is_some_and(|read| read != before) {
                return Err(NotWritten::Changed);
            }
            self.check_room(account, before).await?;
            let template = Template { name: name.into(), latest: before + 1, approved };
            let version = Version {
                name: name.into(),
                version: before + 1,
                content: content.clone(),
                author: author.into(),
                written: self.parts.live.now().0,
                approved_by: None,
            };
            let writes = vec![keep(account, &template, kept)?, keep(account, &version, 0)?];
            if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(Written { version, is_new: before == 0 });
            }
        }
        Err(contended().into())
    }

    async fn check_room(&self, account: AccountId, latest: u32) -> Result<(), NotWritten> {
        if latest >= VERSIONS_MAX {
            return Err(NotWritten::Full(format!("a template has at most {VERSIONS_MAX} versions")));
        }
        if latest == 0 && self.list(account, None, TEMPLATES_MAX).await?.len() >= TEMPLATES_MAX {
            return Err(NotWritten::Full(format!("an account has at most {TEMPLATES_MAX} templates")));
        }
        Ok(())
    }

    /// Approves a version: from now on it is sent. `is_person` says that the approver is a user, who approves what others wrote.
    ///
    /// # Errors
    /// Why not.
    pub async fn approve(
        &self,
        account: AccountId,
        name: &str,
        version: u32,
        approver: &str,
        is_person: bool,
    ) -> Result<Version, NotApproved> {
        for _ in 0..TRIES {
            let store = &*self.parts.store;
            let template = find::<Template>(store, account, name).await?.ok_or(NotApproved::Missing)?;
            let mut found = find::<Version>(store, account, &version_id(name, version))
                .await?
                .ok_or(NotApproved::Missing)?;
            if is_person && *found.value.author == *approver {
                return Err(NotApproved::OwnWork);
            }
            found.value.approved_by.get_or_insert_with(|| approver.into());
            let changed = Template { approved: Some(version), ..template.value };
            let writes =
                vec![keep(account, &changed, template.version)?, keep(account, &found.value, found.version)?];
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(found.value);
            }
        }
        Err(contended().into())
    }

    /// A template of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, name: &str) -> Result<Option<Template>, StoreError> {
        Ok(find::<Template>(&*self.parts.store, account, name).await?.map(|kept| kept.value))
    }

    /// A version of a template; `None` for the newest one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn version(
        &self,
        account: AccountId,
        name: &str,
        version: Option<u32>,
    ) -> Result<Option<(Template, Version)>, StoreError> {
        let Some(template) = self.show(account, name).await? else { return Ok(None) };
        let id = version_id(name, version.unwrap_or(template.latest));
        let found = find::<Version>(&*self.parts.store, account, &id).await?;
        Ok(found.map(|kept| (template, kept.value)))
    }

    /// Templates of an account by name, behind the name `after`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Template>, StoreError> {
        let all = AppFilter::all(AppKind::Template, Some(account), most);
        let after = after.map(|name| (account, name.into()));
        let found = self.parts.store.list_app_records(AppFilter { after, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<Template>(record)?.value)).collect()
    }

    /// Versions of a template, the newest first, older than `before`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn versions(
        &self,
        account: AccountId,
        name: &str,
        before: Option<u32>,
        most: usize,
    ) -> Result<Vec<Version>, StoreError> {
        let place = version_id(name, before.unwrap_or(VERSIONS_MAX + 1));
        let all = AppFilter::all(AppKind::TemplateVersion, Some(account), most);
        let filter = AppFilter { after: Some((account, place)), backwards: true, ..all };
        let found = self.parts.store.list_app_records(filter).await?;
        let versions = found.into_iter().map(|record| Ok(read::<Version>(record)?.value));
        let of_this = |version: &Result<Version, StoreError>| {
            version.as_ref().map_or(true, |version| *version.name == *name)
        };
        versions.take_while(of_this).collect()
    }

    /// Deletes a template and its versions; returns whether there was one.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn remove(&self, account: AccountId, name: &str) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let store = &*self.parts.store;
            let Some(template) = find::<Template>(store, account, name).await? else { return Ok(false) };
            let mut writes = vec![AppWrite::Forget(key::<Template>(account, name), template.version)];
            let versions = 1..=template.value.latest;
            let keys = versions.map(|version| key::<Version>(account, &version_id(name, version))).collect();
            let found = store.app_records(keys).await?.into_iter().flatten();
            writes.extend(found.map(|record| AppWrite::Forget(record.key, record.version)));
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }

    /// The approved version of a template, or this version if it was ever approved, compiled.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn compiled(
        &self,
        account: AccountId,
        name: &str,
        version: Option<u32>,
    ) -> Result<Option<Compiled>, StoreError> {
        let Some(template) = self.show(account, name).await? else { return Ok(None) };
        let Some(wanted) = version.or(template.approved) else { return Ok(None) };
        let found = self.version(account, name, Some(wanted)).await?;
        let approved = found.filter(|(_, version)| version.approved_by.is_some());
        let compile = |(_, version): (Template, Version)| {
            Compiled::of(name, version.version, &version.content).map_err(|(language, error)| {
                StoreError::Damaged(format!("the template '{name}' can't be read in '{language}': {error}"))
            })
        };
        approved.map(compile).transpose()
    }
}
