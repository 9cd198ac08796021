//! Rows of an import become contacts, some hundred at a time: what is known of them is read at once, and what changes is one write.

use super::desk::{Contacts, Put, dated, is_same};
use super::document::{Contact, Reference, contact_id};
use super::undo::OfImport;
use super::zone::ZoneChange;
use crate::kept::{Kept, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::consent::Source;
use postrider_core::contract::{AppWrite, AppWritten, StoreError};
use postrider_core::number::Number;
use std::collections::{BTreeMap, BTreeSet};

/// What rows are merged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// Nothing is changed.
    Trial,
    /// Contacts are changed for good.
    Request,
    /// Contacts are changed, and can be taken back.
    Import(OfImport),
}

/// What became of each row, or the other contact that has its external identifier.
pub type Merged = Vec<Result<Put, Number>>;

/// Rows that are merged together.
#[derive(Clone, Copy)]
struct Rows<'r> {
    account: AccountId,
    rows: &'r [Contact],
    /// Whether what rows say takes the place of what is known.
    overwrite: bool,
    merging: Merging,
}

/// What a page of rows comes to.
#[derive(Default)]
struct Page {
    put: Merged,
    writes: Vec<AppWrite>,
    zones: Vec<ZoneChange>,
}

/// Rows of an import, and what they come to.
pub(crate) struct PreparedStep {
    account: AccountId,
    rows: Vec<Contact>,
    overwrite: bool,
    merging: Merging,
    page: Page,
}

impl Contacts {
    /// Takes over what rows say, each number once. Tells of each what became of it, or that another contact has its external
    /// identifier. A trial changes nothing.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn merge(
        &self,
        account: AccountId,
        rows: &[Contact],
        overwrite: bool,
        merging: Merging,
    ) -> Result<Merged, StoreError> {
        let rows = Rows { account, rows, overwrite, merging };
        self.merge_beside(rows, None).await?.ok_or_else(contended)
    }

    /// What rows of an import come to, as contacts are now.
    pub(crate) async fn prepare_step(
        &self,
        (account, import): (AccountId, OfImport),
        rows: Vec<Contact>,
        overwrite: bool,
    ) -> Result<PreparedStep, StoreError> {
        let merging = Merging::Import(import);
        let page = self.page_of(Rows { account, rows: &rows, overwrite, merging }).await?;
        Ok(PreparedStep { account, rows, overwrite, merging, page })
    }

    /// Takes over what was prepared, together with the write that notes how far the import has come. What contacts became meanwhile is
    /// looked at anew. Returns whether the progress was still to be noted.
    pub(crate) async fn write_step(
        &self,
        step: PreparedStep,
        progress: AppWrite,
    ) -> Result<bool, StoreError> {
        let PreparedStep { account, rows, overwrite, merging, page } = step;
        if self.write_page(account, page, Some(&progress)).await? {
            return Ok(true);
        }
        let rows = Rows { account, rows: &rows, overwrite, merging };
        Ok(self.merge_beside(rows, Some(progress)).await?.is_some())
    }

    /// Merges rows; `None` if what is written beside was written by others meanwhile.
    async fn merge_beside(
        &self,
        rows: Rows<'_>,
        beside: Option<AppWrite>,
    ) -> Result<Option<Merged>, StoreError> {
        for _ in 0..TRIES {
            if let Some(beside) = &beside
                && !self.is_current(beside).await?
            {
                return Ok(None);
            }
            let mut page = self.page_of(rows).await?;
            let put = std::mem::take(&mut page.put);
            if rows.merging == Merging::Trial || self.write_page(rows.account, page, beside.as_ref()).await? {
                return Ok(Some(put));
            }
        }
        Err(contended())
    }

    /// Writes what a page comes to, with what goes beside it. Returns whether nothing had changed meanwhile.
    async fn write_page(
        &self,
        account: AccountId,
        page: Page,
        beside: Option<&AppWrite>,
    ) -> Result<bool, StoreError> {
        let Page { mut writes, zones, .. } = page;
        writes.extend(beside.cloned());
        if writes.is_empty() {
            return Ok(true);
        }
        self.follow_zones(account, zones, Source::Import).await?;
        Ok(self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done)
    }

    /// Whether the record of a write has the version that was read.
    async fn is_current(&self, write: &AppWrite) -> Result<bool, StoreError> {
        let Some((key, version)) = write.expects() else { return Ok(true) };
        let found = self.parts.store.app_records(vec![key.clone()]).await?;
        Ok(found.into_iter().flatten().next().map_or(0, |record| record.version) == version)
    }

    /// What rows come to, as contacts are now.
    async fn page_of(&self, rows: Rows<'_>) -> Result<Page, StoreError> {
        let Rows { account, rows: all, overwrite, merging } = rows;
        let keys = all.iter().map(|row| key::<Contact>(account, &contact_id(row.number))).collect();
        let before = self.parts.store.app_records(keys).await?;
        let before = before.into_iter().map(|record| record.map(read::<Contact>).transpose());
        let before = before.collect::<Result<Vec<_>, StoreError>>()?;
        let known = before.iter().flatten().map(|kept| kept.value.number);
        let replaced = self.replaced(account, known, merging).await?;
        let mut taken = self.references(account, all).await?;
        let now = self.parts.live.now().0;
        let mut page = Page { put: Vec::with_capacity(all.len()), ..Page::default() };
        for (row, before) in all.iter().zip(before) {
            let known = before.as_ref().map(|kept| &kept.value);
            let after = dated(merged(row, known, overwrite), known, now);
            if let Some(other) = self.refer(account, &after, known, &mut taken, &mut page.writes).await? {
                page.put.push(Number::from_kept(other).map_or(Ok(Put::Same), Err));
                continue;
            }
            page.change(account, before.as_ref(), after, merging, (&replaced, now))?;
        }
        Ok(page)
    }

    /// Has an external identifier that is new to a contact lead to it. Returns the number of another contact that has it.
    async fn refer(
        &self,
        account: AccountId,
        after: &Contact,
        known: Option<&Contact>,
        taken: &mut BTreeMap<Box<str>, u64>,
        writes: &mut Vec<AppWrite>,
    ) -> Result<Option<u64>, StoreError> {
        let old = known.and_then(|known| known.external_id.as_ref());
        let Some(external_id) = after.external_id.as_ref().filter(|new| Some(*new) != old) else {
            return Ok(None);
        };
        if let Some(other) = taken.get(external_id) {
            return Ok(Some(*other));
        }
        taken.insert(external_id.clone(), after.number);
        let reference = Reference { external_id: external_id.clone(), number: after.number };
        writes.push(keep(account, &reference, 0)?);
        if let Some(old) = old
            && let Some(kept) = find::<Reference>(&*self.parts.store, account, old).await?
        {
            writes.push(AppWrite::Forget(key::<Reference>(account, old), kept.version));
        }
        Ok(None)
    }

    /// Whose the external identifiers of rows are.
    async fn references(
        &self,
        account: AccountId,
        rows: &[Contact],
    ) -> Result<BTreeMap<Box<str>, u64>, StoreError> {
        let ids = rows.iter().filter_map(|row| row.external_id.as_deref());
        let keys: Vec<_> = ids.map(|id| key::<Reference>(account, id)).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.parts.store.app_records(keys).await?.into_iter().flatten();
        let each = found
            .map(|record| read::<Reference>(record).map(|kept| (kept.value.external_id, kept.value.number)));
        each.collect()
    }
}

impl Page {
    /// Adds what becomes of a contact.
    fn change(
        &mut self,
        account: AccountId,
        before: Option<&Kept<Contact>>,
        after: Contact,
        merging: Merging,
        (replaced, now): (&BTreeSet<u64>, i64),
    ) -> Result<(), StoreError> {
        let known = before.map(|kept| &kept.value);
        if known.is_some_and(|known| is_same(known, &after)) {
            self.put.push(Ok(Put::Same));
            return Ok(());
        }
        self.put.push(Ok(if known.is_some() { Put::Changed } else { Put::New }));
        let after = match (merging, known) {
            (Merging::Trial, _) => return Ok(()),
            // What was before this import stays what was before, if a step of it is done again.
            (Merging::Import(import), Some(known)) => {
                if !replaced.contains(&known.number) {
                    self.writes.push(import.keep(account, known, now)?);
                }
                after
            }
            (Merging::Import(import), None) => Contact { made_by_import: Some(import.id), ..after },
            (Merging::Request, _) => after,
        };
        self.zones.extend(ZoneChange::between(known, Some(&after)));
        self.writes.push(keep(account, &after, before.map_or(0, |kept| kept.version))?);
        Ok(())
    }
}

/// What is known of a contact once a row is taken over.
fn merged(row: &Contact, known: Option<&Contact>, overwrite: bool) -> Contact {
    let mut after = known.cloned().unwrap_or_else(|| Contact { number: row.number, ..Contact::default() });
    after.merge(row.clone(), overwrite);
    after
}
