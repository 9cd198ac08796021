//! Reads pauses, of accounts and upstreams that there are.

use super::{Ids, selector};
use crate::document::Set;
use crate::mistake::Notes;
use crate::pause::{PauseDocument, REASON_MAX};
use postrider_core::pause::{Mode, Pause, Pauses};

/// All pauses.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Pauses {
    let pauses = set.pauses.iter().map(|(name, entry)| pause(&entry.document, set, ids, &notes.key(name)));
    Pauses::new(pauses.collect())
}

fn pause(document: &PauseDocument, set: &Set, ids: &Ids, notes: &Notes<'_>) -> Pause {
    check_reason(&document.reason, &notes.key("reason"));
    let selector = selector::read(&document.conditions, set, ids, notes);
    if document.mode == Mode::Drain && !selector.is_of_upstreams_alone() {
        let help = "name upstreams alone, or write mode = \"hold\"";
        notes.key("mode").wrong("only whole upstreams can be drained", help);
    }
    if document.mode == Mode::Drain && document.conditions.upstreams.is_empty() {
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
