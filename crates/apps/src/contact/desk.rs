//! The desk where accounts keep, find and forget contacts.

use super::document::{Contact, Reference, WrongContact, contact_id, group_label, tag_label};
use super::glimpse::{Facts, Wanted, Words};
use super::segment::Segment;
use super::zone::ZoneChange;
use crate::apps::Parts;
use crate::kept::{Kept, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::consent::Source;
use postrider_core::contract::{
    AppFilter, AppKind, AppRecord, AppScan, AppTest, AppWrite, AppWritten, StoreError,
};
use postrider_core::number::Number;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Contacts that are read together.
const PAGE: usize = 500;
/// Contacts that a filtered page looks through.
const SCAN_MAX: usize = 20_000;

/// Contacts of accounts.
pub struct Contacts {
    pub(super) parts: Parts,
}

/// Which contacts are listed, all conditions together.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    /// In this group.
    pub group: Option<Box<str>>,
    /// With this tag.
    pub tag: Option<Box<str>>,
    /// For which this holds.
    pub segment: Option<Segment>,
}

/// How many contacts there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactCount {
    /// All of them.
    pub contacts: u64,
    /// Those who get no messages, since they opted out or are blocked.
    pub opted_out: u64,
}

/// What became of a contact that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    New,
    /// It has changed.
    Changed,
    /// It was so before.
    Same,
}

/// Why a contact is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The contact is wrong.
    #[error(transparent)]
    Wrong(#[from] WrongContact),
    /// It is not as the client has read it.
    #[error("the contact has changed meanwhile: read it again")]
    Changed,
    /// There is one, though the client wants to make it.
    #[error("there is a contact with this number: read it, or leave the condition out")]
    Exists,
    /// Another contact has its external identifier.
    #[error("another contact has this external_id: {0}")]
    Taken(Number),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Contacts {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// A contact by its number, with its version.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(
        &self,
        account: AccountId,
        number: Number,
    ) -> Result<Option<(Contact, u64)>, StoreError> {
        let found = find::<Contact>(&*self.parts.store, account, &contact_id(number.digits())).await?;
        Ok(found.map(|kept| (kept.value, kept.version)))
    }

    /// The number of the contact that another system calls so.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn by_external_id(&self, account: AccountId, id: &str) -> Result<Option<Number>, StoreError> {
        let found = find::<Reference>(&*self.parts.store, account, id).await?;
        Ok(found.and_then(|kept| Number::from_kept(kept.value.number)))
    }

    /// Keeps a contact in the place of what was known of its number. `read` is the version that the client has read, 0 for none;
    /// `None` doesn't care.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn put(
        &self,
        account: AccountId,
        contact: Contact,
        read: Option<u64>,
    ) -> Result<(Contact, u64, Put), NotKept> {
        contact.check()?;
        self.change(account, contact.number, read, |_| Some(contact.clone())).await
    }

    /// Adds a contact to a group, or takes it out; makes it if there is none. Returns whether that changed anything.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn set_member(
        &self,
        account: AccountId,
        group: &str,
        number: Number,
        is_member: bool,
    ) -> Result<bool, NotKept> {
        let changed = self.change(account, number.digits(), None, |before| {
            let mut after = match before {
                Some(contact) => contact.clone(),
                None if is_member => Contact { number: number.digits(), ..Contact::default() },
                None => return None,
            };
            let groups = &mut after.groups;
            let changes = if is_member { groups.insert(group.into()) } else { groups.remove(group) };
            (changes || before.is_none()).then_some(after)
        });
        Ok(changed.await?.2 != Put::Same)
    }

    /// Changes a contact as a function says; `None` leaves it as it is.
    async fn change(
        &self,
        account: AccountId,
        number: u64,
        read: Option<u64>,
        change: impl Fn(Option<&Contact>) -> Option<Contact>,
    ) -> Result<(Contact, u64, Put), NotKept> {
        for _ in 0..TRIES {
            let store = &*self.parts.store;
            let before = find::<Contact>(store, account, &contact_id(number)).await?;
            let version = before.as_ref().map_or(0, |kept| kept.version);
            if read.is_some_and(|read| read != version) {
                return Err(if read == Some(0) { NotKept::Exists } else { NotKept::Changed });
            }
            let known = before.as_ref().map(|kept| &kept.value);
            let now = self.parts.live.now().0;
            let Some(after) = change(known).map(|after| dated(after, known, now)) else {
                return Ok((before.map(|kept| kept.value).unwrap_or_default(), version, Put::Same));
            };
            if known.is_some_and(|known| is_same(known, &after)) {
                return Ok((after, version, Put::Same));
            }
            after.check()?;
            let zone = ZoneChange::between(known, Some(&after));
            self.follow_zones(account, zone.into_iter().collect(), Source::Api).await?;
            let mut writes = vec![keep(account, &after, version)?];
            self.move_reference(account, known, Some(&after), &mut writes).await?;
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                let put = if version == 0 { Put::New } else { Put::Changed };
                return Ok((after, version + 1, put));
            }
        }
        Err(contended().into())
    }

    /// The writes by which an external identifier leads to where it should.
    async fn move_reference(
        &self,
        account: AccountId,
        before: Option<&Contact>,
        after: Option<&Contact>,
        writes: &mut Vec<AppWrite>,
    ) -> Result<(), NotKept> {
        let id = |contact: Option<&Contact>| contact.and_then(|contact| contact.external_id.clone());
        let (old, new) = (id(before), id(after));
        if old == new {
            return Ok(());
        }
        let store = &*self.parts.store;
        if let Some(old) = old
            && let Some(kept) = find::<Reference>(store, account, &old).await?
        {
            writes.push(AppWrite::Forget(key::<Reference>(account, &old), kept.version));
        }
        if let (Some(external_id), Some(after)) = (new, after) {
            if let Some(kept) = find::<Reference>(store, account, &external_id).await? {
                let other = Number::from_kept(kept.value.number);
                return Err(other.map_or_else(|| contended().into(), NotKept::Taken));
            }
            writes.push(keep(account, &Reference { external_id, number: after.number }, 0)?);
        }
        Ok(())
    }

    /// Forgets a contact; returns whether there was one.
    ///
    /// # Errors
    /// When the store can't be used, or the contact has changed meanwhile.
    pub async fn remove(
        &self,
        account: AccountId,
        number: Number,
        read: Option<u64>,
    ) -> Result<bool, NotKept> {
        for _ in 0..TRIES {
            let id = contact_id(number.digits());
            let Some(kept) = find::<Contact>(&*self.parts.store, account, &id).await? else {
                return Ok(false);
            };
            if read.is_some_and(|read| read != kept.version) {
                return Err(NotKept::Changed);
            }
            let zone = ZoneChange::between(Some(&kept.value), None);
            self.follow_zones(account, zone.into_iter().collect(), Source::Api).await?;
            let mut writes = vec![AppWrite::Forget(key::<Contact>(account, &id), kept.version)];
            self.move_reference(account, Some(&kept.value), None, &mut writes).await?;
            if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended().into())
    }

    /// Contacts by number behind `after`, with the place at which the list goes on; `None` at its end. A page looks through so
    /// many contacts, so that one that isn't the last may have fewer than `most`, or none.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        filter: &ContactFilter,
        mut after: Option<Box<str>>,
        most: usize,
    ) -> Result<(Vec<(Contact, u64)>, Option<Box<str>>), StoreError> {
        let mut listed = Vec::new();
        for _ in 0..SCAN_MAX / PAGE {
            let page = self.page(account, filter, after.clone(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for kept in page {
                after = Some(contact_id(kept.value.number));
                if filter.takes(&kept.value) {
                    listed.push((kept.value, kept.version));
                }
                if listed.len() == most {
                    return Ok((listed, after));
                }
            }
            if is_last {
                return Ok((listed, None));
            }
        }
        Ok((listed, after))
    }

    /// How many contacts meet all conditions, and how many of them are closed to messages, as `is_closed` says of their numbers. Each is
    /// looked at where the store has it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn count(
        &self,
        account: AccountId,
        filter: &ContactFilter,
        is_closed: impl Fn(Number) -> bool + Send + Sync + 'static,
    ) -> Result<ContactCount, StoreError> {
        let filter = filter.clone();
        let label = filter.label();
        let wanted = Wanted::by(filter.segment.as_ref(), filter.group.is_some() || filter.tag.is_some());
        let closed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&closed);
        let test: AppTest = Arc::new(move |_: &str, document: &str| {
            let Some(glimpse) = wanted.read(document).filter(|glimpse| filter.holds(glimpse)) else {
                return false;
            };
            if glimpse.number().is_some_and(&is_closed) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            true
        });
        let scan = AppScan { account, kind: AppKind::Contact, label, test };
        let contacts = self.parts.store.scan_app_records(scan).await?;
        Ok(ContactCount { contacts, opted_out: closed.load(Ordering::Relaxed) })
    }

    /// Contacts that the store finds by a filter, which may take some of them only.
    pub(crate) async fn page(
        &self,
        account: AccountId,
        filter: &ContactFilter,
        after: Option<Box<str>>,
        limit: usize,
    ) -> Result<Vec<Kept<Contact>>, StoreError> {
        self.records(account, filter, after, limit).await?.into_iter().map(read).collect()
    }

    async fn records(
        &self,
        account: AccountId,
        filter: &ContactFilter,
        after: Option<Box<str>>,
        limit: usize,
    ) -> Result<Vec<AppRecord>, StoreError> {
        let after = after.map(|id| (account, id));
        let all = AppFilter::all(AppKind::Contact, Some(account), limit);
        self.parts.store.list_app_records(AppFilter { label: filter.label(), after, ..all }).await
    }
}

impl ContactFilter {
    /// A label that all contacts have that meet all conditions, if there is one: the store finds them by it.
    fn label(&self) -> Option<Box<str>> {
        let own = self.group.as_deref().map(group_label).or(self.tag.as_deref().map(tag_label));
        own.or_else(|| match self.segment.as_ref()?.membership()? {
            ("group", name) => Some(group_label(name)),
            (_, name) => Some(tag_label(name)),
        })
    }

    /// Whether a contact that the store has found meets all conditions.
    #[must_use]
    pub fn takes(&self, contact: &Contact) -> bool {
        self.holds(contact)
    }

    fn holds(&self, facts: &impl Facts) -> bool {
        self.group.as_ref().is_none_or(|group| facts.has(Words::Groups, group))
            && self.tag.as_ref().is_none_or(|tag| facts.has(Words::Tags, tag))
            && self.segment.as_ref().is_none_or(|segment| segment.holds(facts))
    }
}

/// A contact with the times of its making and its change.
pub(super) fn dated(after: Contact, before: Option<&Contact>, now: i64) -> Contact {
    Contact { created: before.map_or(now, |before| before.created), updated: now, ..after }
}

/// Whether nothing has changed but the time.
pub(super) fn is_same(before: &Contact, after: &Contact) -> bool {
    *before == Contact { updated: before.updated, ..after.clone() }
}
