//! What an import has changed is taken back.
//!
//! A contact that an import has made says so, and one that it has changed leaves a record of what was before. Both are taken back
//! unless the contact has changed since.

use super::desk::Contacts;
use super::document::{Contact, Reference, contact_id};
use super::merging::Merging;
use super::zone::ZoneChange;
use crate::kept::{Document, Kept, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::consent::Source;
use postrider_core::contract::{AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A contact as it was before an import changed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Replaced {
    pub(super) import: u64,
    pub(super) before: Contact,
    /// When the import changed it, in milliseconds of Unix time.
    pub(super) changed: i64,
    pub(super) until: i64,
}

impl Document for Replaced {
    const KIND: AppKind = AppKind::ReplacedContact;

    fn id(&self) -> Box<str> {
        replaced_id(self.import, self.before.number)
    }

    fn person(&self) -> Option<Number> {
        self.before.number()
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }
}

fn replaced_id(import: u64, number: u64) -> Box<str> {
    format!("{import:020}/{number:015}").into()
}

/// An import whose changes can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfImport {
    /// Its number.
    pub id: u64,
    /// When it is forgotten.
    pub until: Time,
}

/// How many contacts were taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenBack {
    /// Those that are as they were before, or gone.
    pub(crate) restored: u64,
    /// Those that have changed since, and stay.
    pub(crate) left: u64,
}

impl OfImport {
    /// The write that keeps what was before a change.
    pub(super) fn keep(self, account: AccountId, before: &Contact, now: i64) -> Result<AppWrite, StoreError> {
        let replaced =
            Replaced { import: self.id, before: before.clone(), changed: now, until: self.until.0 };
        keep(account, &replaced, 0)
    }
}

impl Contacts {
    /// Takes back what an import has made of contacts, together with these writes that its progress makes of the counts.
    pub(crate) async fn take_back(
        &self,
        account: AccountId,
        import: u64,
        numbers: &[u64],
        progress: impl Fn(TakenBack) -> Result<AppWrite, StoreError>,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let store = &*self.parts.store;
            let now_keys = numbers.iter().map(|number| key::<Contact>(account, &contact_id(*number)));
            let before_keys =
                numbers.iter().map(|number| key::<Replaced>(account, &replaced_id(import, *number)));
            let now = store.app_records(now_keys.collect()).await?;
            let before = store.app_records(before_keys.collect()).await?;
            let (mut writes, mut zones, mut taken) = (Vec::new(), Vec::new(), TakenBack::default());
            for (now, before) in now.into_iter().zip(before) {
                let Some(now) = now.map(read::<Contact>).transpose()? else { continue };
                let before = before.map(read::<Replaced>).transpose()?;
                match reversal(&now.value, before.as_ref(), import) {
                    Reversal::None => {}
                    Reversal::Left => taken.left += 1,
                    Reversal::To(contact) => {
                        taken.restored += 1;
                        zones.extend(ZoneChange::between(Some(&now.value), contact.as_deref()));
                        self.move_back(account, &now, contact.as_deref(), &mut writes).await?;
                    }
                }
                if let Some(before) = before {
                    writes
                        .push(AppWrite::Forget(key::<Replaced>(account, &before.value.id()), before.version));
                }
            }
            self.follow_zones(account, zones, Source::Import).await?;
            writes.push(progress(taken)?);
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Those of these numbers of contacts of which an import has kept what was before.
    pub(super) async fn replaced(
        &self,
        account: AccountId,
        numbers: impl Iterator<Item = u64>,
        merging: Merging,
    ) -> Result<BTreeSet<u64>, StoreError> {
        let Merging::Import(import) = merging else { return Ok(BTreeSet::new()) };
        let keys = numbers.map(|number| key::<Replaced>(account, &replaced_id(import.id, number)));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(BTreeSet::new());
        }
        let found = self.parts.store.app_records(keys).await?.into_iter().flatten();
        found.map(|record| read::<Replaced>(record).map(|kept| kept.value.before.number)).collect()
    }

    /// The writes that make a contact what it was.
    async fn move_back(
        &self,
        account: AccountId,
        now: &Kept<Contact>,
        before: Option<&Contact>,
        writes: &mut Vec<AppWrite>,
    ) -> Result<(), StoreError> {
        let store = &*self.parts.store;
        let old = before.and_then(|before| before.external_id.clone());
        if now.value.external_id != old {
            if let Some(id) = &now.value.external_id
                && let Some(kept) = find::<Reference>(store, account, id).await?
            {
                writes.push(AppWrite::Forget(key::<Reference>(account, id), kept.version));
            }
            if let Some(external_id) = old
                && find::<Reference>(store, account, &external_id).await?.is_none()
            {
                writes.push(keep(account, &Reference { external_id, number: now.value.number }, 0)?);
            }
        }
        writes.push(match before {
            Some(before) => {
                let updated = self.parts.live.now().0;
                keep(account, &Contact { updated, ..before.clone() }, now.version)?
            }
            None => AppWrite::Forget(key::<Contact>(account, &now.value.id()), now.version),
        });
        Ok(())
    }
}

/// What taking an import back makes of a contact.
enum Reversal {
    /// The import has not changed it.
    None,
    /// It has changed since.
    Left,
    /// It is this again, or gone.
    To(Option<Box<Contact>>),
}

fn reversal(now: &Contact, before: Option<&Kept<Replaced>>, import: u64) -> Reversal {
    match before {
        Some(before) if now.updated == before.value.changed => {
            Reversal::To(Some(Box::new(before.value.before.clone())))
        }
        Some(_) => Reversal::Left,
        None if now.made_by_import != Some(import) => Reversal::None,
        None if now.updated == now.created => Reversal::To(None),
        None => Reversal::Left,
    }
}
