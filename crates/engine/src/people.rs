//! What is kept of a person: found page by page, exported and erased.

use crate::archive::Records;
use crate::consent::{Changes, Holdings};
use postrider_core::consent::{Change, Kept, Kind, PseudonymKey, Source};
use postrider_core::contract::{
    Cancel, ConsentFilter, Erasure, PersonPage, PersonPlace, PersonRows, PersonSearch, Store, StoreError,
};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use std::sync::Arc;

/// Messages that are exported at once.
const EXPORTED: usize = 100;
/// Entries of one kind that are looked at of a number.
const CONSENTS_MOST: usize = 1_000;
/// Messages that are erased at once, few enough not to hold up the writer.
const ERASED: usize = 1_000;

/// The parts that look for a person work with.
pub(crate) struct People {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) records: Arc<Records>,
    pub(crate) holdings: Arc<Holdings>,
    pub(crate) changes: Changes,
    pub(crate) rules: Arc<Rules>,
}

impl People {
    /// A page of what is kept of a person.
    pub(crate) async fn export(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
    ) -> Result<PersonPage, StoreError> {
        let found = self.store.find_person(search(viewer, number, from, EXPORTED)).await?;
        let mut page = PersonPage { next: next(from, found.next), ..PersonPage::default() };
        if from == PersonPlace::default() {
            page.consents = self.consents(viewer, number, true).await?;
        }
        for id in found.messages {
            match from.rows {
                PersonRows::Received => page.received.extend(self.store.received(viewer, id).await?),
                PersonRows::Parts | PersonRows::Messages => {
                    page.messages.extend(self.records.history(viewer, id).await?);
                }
            }
        }
        Ok(page)
    }

    /// Erases a page of what is kept of a person. What has not ended is canceled, or stays until it has.
    pub(crate) async fn erase(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
        dry_run: bool,
    ) -> Result<Erasure, StoreError> {
        let search = search(viewer, number, from, ERASED);
        let found = self.store.find_person(search).await?;
        let mut erasure =
            Erasure { found: found.messages.len(), next: next(from, found.next), ..Erasure::default() };
        if dry_run {
            return Ok(erasure);
        }
        match from.rows {
            PersonRows::Parts => self.cancel(viewer, found.messages, &mut erasure).await?,
            PersonRows::Messages => {
                let last = found.messages.last().copied();
                erasure.erased = self.store.erase(found.messages, Vec::new()).await?;
                let mut left = self.store.find_person(search).await?.messages;
                left.retain(|message| Some(*message) <= last);
                self.cancel(viewer, left, &mut erasure).await?;
            }
            PersonRows::Received => erasure.erased = self.store.erase(Vec::new(), found.messages).await?,
        }
        if erasure.next.is_none() {
            erasure.traces = self.store.erase_traces(viewer, number).await?;
            erasure.traces += self.erase_consents(viewer, number).await?;
        }
        Ok(erasure)
    }

    /// What holds of the number, or also what held.
    async fn consents(&self, viewer: Viewer, number: Number, history: bool) -> Result<Vec<Kept>, StoreError> {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let filter = ConsentFilter::all(kind, viewer, CONSENTS_MOST);
            found.extend(
                self.store.consents(ConsentFilter { number: Some(number), history, ..filter }).await?,
            );
        }
        Ok(found)
    }

    /// Erases what holds of the number. What forbids messages to it holds of its pseudonym from now on, before it is forgotten of
    /// the number itself, on every node.
    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        let held = self.consents(viewer, number, false).await?;
        if !held.is_empty() {
            let key = self.store.pseudonym_key().await?;
            self.holdings.set_key(key);
            let changes = held.into_iter().flat_map(|kept| self.pseudonymised(kept.change, key)).collect();
            self.changes.make(changes, &self.rules).await?;
        }
        self.store.erase_consents(viewer, number).await
    }

    fn pseudonymised(&self, change: Change, key: PseudonymKey) -> impl Iterator<Item = Change> + use<> {
        let lifted = Change {
            id: self.changes.identifiers.next(change.id.time()),
            holds: false,
            source: Source::Erasure,
            reason: None,
            by: None,
            inbound: None,
            obtained: None,
            shown: None,
            proof: None,
            ..change
        };
        let forbids = matches!(lifted.scope.kind, Kind::OptOut | Kind::Block);
        let stays = forbids.then(|| Change {
            id: self.changes.identifiers.next(lifted.id.time()),
            number: key.of(lifted.number),
            holds: true,
            ..lifted.clone()
        });
        stays.into_iter().chain([lifted])
    }

    async fn cancel(
        &self,
        viewer: Viewer,
        messages: Vec<MessageId>,
        erasure: &mut Erasure,
    ) -> Result<(), StoreError> {
        for message in messages {
            match self.records.cancel(viewer, message, None).await? {
                Cancel::Done => erasure.canceled += 1,
                Cancel::TooLate(_) => erasure.under_way += 1,
                Cancel::Missing => {}
            }
        }
        Ok(())
    }
}

fn search(viewer: Viewer, number: Number, from: PersonPlace, most: usize) -> PersonSearch {
    PersonSearch { viewer, number, rows: from.rows, after: from.after, most }
}

/// Where the walk goes on: in the same rows, or in the next ones.
fn next(from: PersonPlace, after: Option<MessageId>) -> Option<PersonPlace> {
    if let Some(after) = after {
        return Some(PersonPlace { after, ..from });
    }
    let rows = match from.rows {
        PersonRows::Parts => PersonRows::Messages,
        PersonRows::Messages => PersonRows::Received,
        PersonRows::Received => return None,
    };
    Some(PersonPlace { rows, ..PersonPlace::default() })
}
