//! Reads a route.

use super::super::mistake::Notes;
use super::super::{Document, Entry, RouteDocument, UpstreamDocument, suggest};
use super::Ids;
use postrider_core::route::{Route, UpstreamId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most upstreams of one route.
const UPSTREAMS_MAX: usize = 16;

/// The route that the document declares.
pub(super) fn read(
    document: &RouteDocument,
    upstreams: &BTreeMap<String, Arc<Entry<UpstreamDocument>>>,
    ids: &Ids,
    notes: &mut Notes<'_>,
) -> Route {
    notes.name("", &document.name);
    prefix("prefix", &document.prefix, 0, notes);
    if document.upstreams.is_empty() {
        notes.mistake("upstreams", "a route needs an upstream at least");
    }
    notes.at_most("upstreams", document.upstreams.len(), UPSTREAMS_MAX);
    for (index, name) in document.upstreams.iter().enumerate() {
        let path = format!("upstreams[{index}]");
        if document.upstreams.iter().take(index).any(|before| before == name) {
            notes.mistake(&path, format_args!("'{name}' stands here twice"));
        } else if !upstreams.contains_key(name) {
            let meant = suggest(name, upstreams.keys().map(String::as_str));
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean '{meant}'?"));
            notes.mistake(&path, format_args!("there is no upstream '{name}'{meant}"));
        }
    }
    let id = |name: &String| UpstreamId(ids.get(UpstreamDocument::KIND, name));
    Route {
        name: document.name.as_str().into(),
        prefix: document.prefix.as_str().into(),
        upstreams: document.upstreams.iter().map(id).collect(),
    }
}

/// Holds the start of a number to digits: at least so many, at most 15, the first not 0.
pub(super) fn prefix(path: &str, prefix: &str, least: usize, notes: &mut Notes<'_>) {
    let digits = prefix.bytes().all(|b| b.is_ascii_digit());
    if !digits || prefix.starts_with('0') || prefix.len() > 15 || prefix.len() < least {
        let form = "digits of the international form without '+', up to 15, such as 44 or 447700";
        notes.mistake(path, format_args!("'{prefix}' is no start of a number: write {form}"));
    }
}
