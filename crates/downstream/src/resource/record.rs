//! Changes as they are recorded: who, when, before and after, without secrets.

use super::registry::RegistryError;
use super::{AccountDocument, Document, Entry, Origin, RouteDocument, Set, UpstreamDocument, envelope};
use postrider_core::contract::ResourceChange;
use postrider_core::time::Time;
use std::sync::Arc;

/// A change as it is recorded, and the document as it is kept.
pub(super) type Recorded = (ResourceChange, Option<Box<str>>);

/// The record of a change, with the paths of the secrets that it changed; nothing is kept.
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
    Ok((change, None))
}

/// What differs between the file as it was and as it is. Names that the store declares too are left out: recording
/// them would delete what the store has.
pub(super) fn file_changes(
    before: &Set,
    after: &Set,
    stored: &Set,
    now: Time,
) -> Result<Vec<Recorded>, RegistryError> {
    let mut changes = Vec::new();
    file_changes_of::<AccountDocument>(before, after, stored, now, &mut changes)?;
    file_changes_of::<UpstreamDocument>(before, after, stored, now, &mut changes)?;
    file_changes_of::<RouteDocument>(before, after, stored, now, &mut changes)?;
    Ok(changes)
}

fn file_changes_of<D: Document>(
    before: &Set,
    after: &Set,
    stored: &Set,
    now: Time,
    changes: &mut Vec<Recorded>,
) -> Result<(), RegistryError> {
    let (before, after) = (D::of(before), D::of(after));
    let new = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(new) {
        let (old, new) = (before.get(name), after.get(name));
        if old != new && !D::of(stored).contains_key(name) {
            let document = |entry: Option<&'_ Arc<Entry<D>>>| entry.map(|entry| entry.document.clone());
            let (old, new) = (document(old), document(new));
            changes.push(recorded(name, old.as_ref(), new.as_ref(), &[], Origin::File.word(), now)?);
        }
    }
    Ok(())
}
