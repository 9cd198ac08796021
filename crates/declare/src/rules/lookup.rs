//! Reads providers of look-ups.

use crate::document::Set;
use crate::lookup::LookupDocument;
use crate::mistake::Notes;
use crate::set::Entry;
use postrider_core::lookup::{LookupProvider, LookupProviders};
use std::sync::Arc;

/// All providers.
pub(super) fn read(set: &Set, notes: &Notes<'_>) -> LookupProviders {
    let read = |(name, entry): (&String, &Arc<Entry<LookupDocument>>)| {
        entry.document.check(&entry.secrets, &notes.key(name));
        provider(&entry.document)
    };
    LookupProviders::new(set.lookups.iter().map(read).collect())
}

fn provider(document: &LookupDocument) -> LookupProvider {
    LookupProvider {
        name: document.name.as_str().into(),
        enabled: document.enabled,
        countries: document.countries.iter().map(|country| **country).collect(),
        prefixes: document.prefixes.iter().filter_map(|prefix| prefix.0.parse().ok()).collect(),
        time_limit: document.time_limit.get(),
        keep: document.keep.get(),
        daily: document.daily.map(u64::from),
    }
}
