//! Reads limits, of accounts and upstreams that there are.

use super::{Ids, selector};
use crate::account::AccountDocument;
use crate::document::Set;
use crate::mistake::Notes;
use crate::part_limit::LimitDocument;
use crate::upstream::UpstreamDocument;
use postrider_core::account::AccountId;
use postrider_core::limit::{Limit, Limits, Names};
use postrider_core::route::UpstreamId;

/// All limits.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Limits {
    let limits = set.limits.iter().map(|(name, entry)| limit(&entry.document, set, ids, &notes.key(name)));
    let accounts = set.accounts.keys().map(|name| (AccountId(ids.get::<AccountDocument>(name)), &**name));
    let upstreams = set.upstreams.keys().map(|name| (UpstreamId(ids.get::<UpstreamDocument>(name)), &**name));
    let names = Names {
        accounts: accounts.map(|(id, name)| (id, name.into())).collect(),
        upstreams: upstreams.map(|(id, name)| (id, name.into())).collect(),
    };
    Limits::new(limits.collect(), names)
}

fn limit(document: &LimitDocument, set: &Set, ids: &Ids, notes: &Notes<'_>) -> Limit {
    let limit = Limit {
        name: document.name.as_str().into(),
        selector: selector::read(&document.conditions, set, ids, notes),
        each: document.each.clone(),
        second: document.second,
        periods: document.periods.limits(),
    };
    if limit.second.is_none() && limit.periods.are_none() {
        let help = "write second, minute, hour, day or month";
        notes.wrong("this limit permits everything", help);
    }
    limit
}
