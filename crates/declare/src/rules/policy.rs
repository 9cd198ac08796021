//! Reads policies that several accounts share, and frequency caps.

use super::Ids;
use super::account::{classes, prefixes};
use super::fraud::fraud;
use crate::account::{AccountDocument, ClassWord};
use crate::document::Set;
use crate::mistake::Notes;
use crate::policy::{BeyondWord, CapDocument};
use postrider_core::account::{Account, AccountId};
use postrider_core::policy::{Brand, Cap};
use std::sync::Arc;

/// Gives accounts what the shared policies say of them.
pub(super) fn share(set: &Set, ids: &Ids, accounts: &mut [Account], notes: &Notes<'_>) {
    for (name, entry) in &set.policies {
        let (policy, notes) = (&entry.document, notes.key(name));
        let mut named: Vec<AccountId> = Vec::new();
        for (index, account) in policy.accounts.iter().enumerate() {
            if set.accounts.contains_key(account) {
                named.push(AccountId(ids.get::<AccountDocument>(account)));
            } else {
                notes.key("accounts").index(index).wrong(format_args!("there is no account '{account}'"), "");
            }
        }
        let blocked = prefixes(&policy.block_to, &notes.key("block_to"));
        let caps = caps(&policy.caps, &format!("policies.{name}"), &named.clone().into(), &notes.key("caps"));
        let brands = brands(&policy.brands, &notes.key("brands"));
        let fraud = policy
            .fraud
            .as_ref()
            .map(|document| fraud(document, &format!("policies.{name}"), &notes.key("fraud")));
        let holds_for = |account: &&mut Account| {
            policy.accounts.is_empty() || policy.accounts.iter().any(|it| **it == *account.name)
        };
        for account in accounts.iter_mut().filter(holds_for) {
            account.policy.blocked.extend(blocked.iter().cloned());
            account.policy.caps.extend(caps.iter().cloned());
            account.policy.brands.extend(brands.iter().cloned());
            account.policy.fraud.extend(fraud.clone());
        }
    }
}

/// Brands that are protected.
fn brands(names: &[String], notes: &Notes<'_>) -> Vec<Brand> {
    let read = |(index, name): (usize, &String)| {
        let brand = Brand::new(name);
        if brand.is_none() {
            notes
                .index(index)
                .wrong(format_args!("'{name}' has no letter"), "write a name, such as \"PayPal\"");
        }
        brand
    };
    names.iter().enumerate().filter_map(read).collect()
}

/// Frequency caps that are declared at a place, and count messages of these accounts.
pub(super) fn caps(
    documents: &[CapDocument],
    place: &str,
    accounts: &Arc<[AccountId]>,
    notes: &Notes<'_>,
) -> Vec<Cap> {
    let read = |(index, document): (usize, &CapDocument)| {
        let notes = notes.index(index);
        if document.beyond == BeyondWord::Hold && document.classes.contains(&ClassWord::Otp) {
            notes
                .key("classes")
                .wrong("a one-time password never waits", "leave 'otp' out, or set `beyond` to 'refuse'");
        }
        if document.classes.is_empty() {
            notes.key("classes").wrong("this can't be empty", "write a class at least");
        }
        Cap {
            rule: format!("{place}.caps[{index}]").into(),
            most: usize::try_from(document.most).unwrap_or(usize::MAX),
            per: document.per.get(),
            classes: classes(&document.classes),
            accounts: Arc::clone(accounts),
            beyond: document.beyond.into(),
        }
    };
    documents.iter().enumerate().map(read).collect()
}
