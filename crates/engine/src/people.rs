//! What is kept of a person: found page by page, exported and erased.

use crate::archive::Records;
use postrider_core::contract::{
    Cancel, Erasure, PersonPage, PersonPlace, PersonRows, PersonSearch, Store, StoreError,
};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use std::sync::Arc;

/// Messages that are exported at once.
const EXPORTED: usize = 100;
/// Messages that are erased at once, few enough not to hold up the writer.
const ERASED: usize = 1_000;

/// The parts that look for a person work with.
pub(crate) struct People {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) records: Arc<Records>,
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
            erasure.erased += self.store.erase_traces(viewer, number).await?;
        }
        Ok(erasure)
    }

    async fn cancel(
        &self,
        viewer: Viewer,
        messages: Vec<MessageId>,
        erasure: &mut Erasure,
    ) -> Result<(), StoreError> {
        for message in messages {
            match self.records.cancel(viewer, message).await? {
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
