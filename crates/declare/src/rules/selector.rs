//! Reads conditions of messages, of accounts and upstreams that there are.

use super::Ids;
use crate::account::AccountDocument;
use crate::document::Set;
use crate::mistake::Notes;
use crate::selector::SelectorDocument;
use crate::suggest::suggest;
use crate::upstream::UpstreamDocument;
use postrider_core::account::AccountId;
use postrider_core::route::{SenderMatch, UpstreamId};
use postrider_core::selector::Selector;
use std::collections::BTreeMap;

/// The selector of these conditions.
pub(super) fn read(document: &SelectorDocument, set: &Set, ids: &Ids, notes: &Notes<'_>) -> Selector {
    check_names("account", &document.accounts, &set.accounts, &notes.key("accounts"));
    check_names("upstream", &document.upstreams, &set.upstreams, &notes.key("upstreams"));
    let account = |name: &String| AccountId(ids.get::<AccountDocument>(name));
    let upstream = |name: &String| UpstreamId(ids.get::<UpstreamDocument>(name));
    Selector {
        accounts: document.accounts.iter().map(account).collect(),
        upstreams: document.upstreams.iter().map(upstream).collect(),
        classes: document.classes.iter().map(|class| (*class).into()).collect(),
        countries: document.countries.iter().map(|country| **country).collect(),
        networks: document.networks.iter().map(|network| **network).collect(),
        prefixes: document.prefixes.iter().filter_map(|prefix| prefix.0.parse().ok()).collect(),
        senders: document.senders.iter().map(|sender| SenderMatch::new(sender)).collect(),
        routes: document.routes.iter().map(|route| route.as_str().into()).collect(),
        tags: document.tags.iter().map(|tag| tag.as_str().into()).collect(),
        references: document.references.iter().map(|reference| reference.as_str().into()).collect(),
        messages: Vec::new(),
    }
}

/// Notes names that nothing has.
fn check_names<T>(kind: &str, names: &[String], known: &BTreeMap<String, T>, notes: &Notes<'_>) {
    for (index, name) in names.iter().enumerate() {
        if !known.contains_key(name) {
            let meant = suggest(name, known.keys().map(String::as_str));
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean '{meant}'?"));
            notes.index(index).wrong(format_args!("there is no {kind} '{name}'"), meant);
        }
    }
}
