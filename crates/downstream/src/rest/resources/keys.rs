//! Accounts, and the last uses of their keys.

use super::description::DeclaredAccount;
use super::{Resource, Shown, billing};
use crate::rest::{Rest, moment};
use postrider_core::time::Time;
use postrider_core::user::Permission;
use postrider_declare::tree::Node;
use postrider_declare::{AccountDocument, Declared, Entry};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// An account, and the last uses of its keys.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountView {
    #[serde(flatten)]
    #[schema(value_type = DeclaredAccount)]
    account: Resource<AccountDocument>,
    /// When each key was used last at this node since it started, to the minute, by the names of the keys.
    keys_used: BTreeMap<Box<str>, String>,
}

/// The last uses of keys, by the names of the accounts.
pub(super) type Uses = HashMap<Box<str>, BTreeMap<Box<str>, Time>>;

impl Shown for AccountDocument {
    type View = AccountView;
    type Moment = Uses;

    fn moment(rest: &Rest, declared: &Declared) -> Uses {
        let accounts = declared.rules.accounts();
        accounts.map(|account| (account.name.clone(), rest.key_uses.of(account.id))).collect()
    }

    fn view(entry: &Entry<Self>, uses: &Uses) -> AccountView {
        let keys = &entry.document.keys;
        let is_there = |name: &str| keys.iter().any(|key| key.name == name);
        let uses = uses.get(&*entry.document.name).into_iter().flatten();
        let uses = uses.filter(|(name, _)| is_there(name));
        let keys_used = uses.map(|(name, at)| (name.clone(), moment::write(*at))).collect();
        AccountView { account: Resource::shown(entry), keys_used }
    }

    fn needed(before: Option<&Self>, after: &Self) -> Option<Permission> {
        billing::needed(before, after)
    }

    fn needed_by_patch(patch: &Node) -> Option<Permission> {
        billing::needed_by_patch(patch)
    }
}
