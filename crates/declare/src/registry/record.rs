//! Changes as they are recorded: who, when, before and after, without secrets.

use super::{RegistryError, envelope};
use crate::document::{Document, EachKind, Set, each_kind};
use crate::set::{Entry, Origin};
use postrider_core::contract::{Keeping, ResourceChange};
use postrider_core::time::Time;
use std::sync::Arc;

/// A change as it is recorded, and what is kept.
pub(super) type Recorded = (ResourceChange, Keeping);

/// The record of a change, with the paths of the secrets that it changed; no document is kept.
pub(super) fn recorded<D: Document>(
    name: &str,
    before: Option<&D>,
    after: Option<&D>,
    changed: &[String],
    who: &str,
    now: Time,
) -> Result<Recorded, RegistryError> {
    let shown = |document: Option<&D>, changed: &[String]| {
        let shown = document.map(|document| envelope::shown(document, changed)).transpose();
        shown.map_err(|_| RegistryError::Interrupted)
    };
    let change = ResourceChange {
        at: now,
        who: who.into(),
        kind: D::KIND.into(),
        name: name.into(),
        before: shown(before, &[])?,
        after: shown(after, changed)?,
    };
    Ok((change, Keeping::Number))
}

/// The differences between the file before and now. Names that the store declares too are left out: recording
/// them would delete what the store has.
pub(super) fn file_changes(
    before: &Set,
    after: &Set,
    stored: &Set,
    now: Time,
) -> Result<Vec<Recorded>, RegistryError> {
    let mut compare = Compare { before, after, stored, now, changes: Vec::new(), failed: None };
    each_kind(&mut compare);
    compare.failed.map_or(Ok(compare.changes), Err)
}

struct Compare<'a> {
    before: &'a Set,
    after: &'a Set,
    stored: &'a Set,
    now: Time,
    changes: Vec<Recorded>,
    failed: Option<RegistryError>,
}

impl EachKind for Compare<'_> {
    fn kind<D: Document>(&mut self) {
        let (before, after) = (D::of(self.before), D::of(self.after));
        let new = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(new) {
            let (old, new) = (before.get(name), after.get(name));
            if old == new || D::of(self.stored).contains_key(name) {
                continue;
            }
            let document = |entry: Option<&'_ Arc<Entry<D>>>| entry.map(|entry| entry.document.clone());
            let (old, new) = (document(old), document(new));
            match recorded(name, old.as_ref(), new.as_ref(), &[], Origin::File.word(), self.now) {
                Ok(change) => self.changes.push(change),
                Err(error) => self.failed = Some(error),
            }
        }
    }
}
