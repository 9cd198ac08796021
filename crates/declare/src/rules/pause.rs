//! Reads pauses, of accounts and upstreams that there are.

use super::Ids;
use crate::account::AccountDocument;
use crate::document::Set;
use crate::mistake::Notes;
use crate::pause::{PauseDocument, REASON_MAX};
use crate::suggest::suggest;
use crate::upstream::UpstreamDocument;
use postrider_core::account::AccountId;
use postrider_core::pause::{Mode, Pause, Pauses};
use postrider_core::route::{SenderMatch, UpstreamId};
use postrider_core::selector::Selector;
use std::collections::BTreeMap;

/// All pauses.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Pauses {
    let pauses = set.pauses.iter().map(|(name, entry)| pause(&entry.document, set, ids, &notes.key(name)));
    Pauses::new(pauses.collect())
}

fn pause(document: &PauseDocument, set: &Set, ids: &Ids, notes: &Notes<'_>) -> Pause {
    check_reason(&document.reason, &notes.key("reason"));
    check_names("account", &document.accounts, &set.accounts, &notes.key("accounts"));
    check_names("upstream", &document.upstreams, &set.upstreams, &notes.key("upstreams"));
    let selector = selector(document, ids);
    if document.mode == Mode::Drain && !selector.is_of_upstreams_alone() {
        let help = "name upstreams alone, or write mode = \"hold\"";
        notes.key("mode").wrong("only whole upstreams can be drained", help);
    }
    if document.mode == Mode::Drain && document.upstreams.is_empty() {
        notes.key("upstreams").wrong("no upstream is named", "name those that are to be drained");
    }
    Pause {
        name: document.name.as_str().into(),
        reason: document.reason.trim().into(),
        mode: document.mode,
        selector,
        until: document.until.as_ref().map(|until| until.0),
    }
}

fn selector(document: &PauseDocument, ids: &Ids) -> Selector {
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
        references: document.references.iter().map(|reference| reference.as_str().into()).collect(),
        messages: Vec::new(),
    }
}

fn check_reason(reason: &str, notes: &Notes<'_>) {
    let count = reason.trim().chars().count();
    if count == 0 || reason.chars().any(char::is_control) {
        notes.wrong("this is no reason", "write one line");
    } else if count > REASON_MAX {
        notes.wrong(
            format_args!("{count} characters are too many"),
            format_args!("at most {REASON_MAX} are allowed"),
        );
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
