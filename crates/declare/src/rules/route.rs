//! Reads a route.

use super::Ids;
use crate::mistake::Notes;
use crate::route::RouteDocument;
use crate::set::Entry;
use crate::suggest::suggest;
use crate::upstream::UpstreamDocument;
use postrider_core::route::{Route, UpstreamId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The route that the document declares.
pub(super) fn read(
    document: &RouteDocument,
    upstreams: &BTreeMap<String, Arc<Entry<UpstreamDocument>>>,
    ids: &Ids,
    notes: &Notes<'_>,
) -> Route {
    let names = &document.upstreams;
    let notes = notes.key("upstreams");
    if names.is_empty() {
        notes.wrong("a route needs at least one upstream", "");
    }
    for (index, name) in names.iter().enumerate() {
        let notes = notes.index(index);
        if names.iter().take(index).any(|before| before == name) {
            notes.wrong(format_args!("'{name}' is given twice"), "");
        } else if !upstreams.contains_key(name) {
            let meant = suggest(name, upstreams.keys().map(String::as_str));
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean '{meant}'?"));
            notes.wrong(format_args!("there is no upstream '{name}'"), meant);
        }
    }
    Route {
        name: document.name.as_str().into(),
        prefix: document.prefix.0.clone(),
        upstreams: names.iter().map(|name| UpstreamId(ids.get::<UpstreamDocument>(name))).collect(),
    }
}
