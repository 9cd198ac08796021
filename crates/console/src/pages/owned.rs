//! Things that belong to accounts, such as templates and contacts. Users who see all accounts choose one; others have theirs.

use super::messages::names;
use crate::api::{Asker, Failed, with_query};
use crate::form::Form;
use crate::visitor::Visitor;

/// The header that names the account, for who belongs to none.
const ACCOUNT: &str = "x-account";

/// The account whose things a page shows.
pub(super) struct Owner {
    /// Its name; empty for who has one of their own, and where there is no account.
    pub(super) account: String,
    /// All accounts, for who chooses.
    pub(super) accounts: Vec<String>,
    sees_all: bool,
}

impl Owner {
    /// The account that a form or a query names, or else the first.
    pub(super) async fn of(visitor: &Visitor, form: &Form) -> Result<Self, Failed> {
        let (account, accounts) = accounts(visitor, form.get("account")).await?;
        Ok(Self { account, accounts, sees_all: visitor.who.sees_all() })
    }

    /// Whether there is no account whose things could be shown.
    pub(super) fn is_nobody(&self) -> bool {
        self.sees_all && self.account.is_empty()
    }

    /// The API for its things.
    pub(super) fn ask(&self, visitor: &Visitor) -> Asker {
        ask(visitor, &self.account)
    }

    /// The address of a page about its things.
    pub(super) fn at(&self, path: &str, query: &[(&str, &str)]) -> String {
        address(path, &self.account, query)
    }
}

/// The account whose things are shown, the first if none is wanted, and all accounts; nothing for who has one of their own.
pub(super) async fn accounts(visitor: &Visitor, wanted: &str) -> Result<(String, Vec<String>), Failed> {
    if !visitor.who.sees_all() {
        return Ok((String::new(), Vec::new()));
    }
    let accounts = names(visitor, "accounts").await?;
    let first = accounts.first().cloned().unwrap_or_default();
    Ok((if wanted.is_empty() { first } else { wanted.to_owned() }, accounts))
}

/// The API for the things of an account.
pub(super) fn ask(visitor: &Visitor, account: &str) -> Asker {
    visitor.ask.with_header(ACCOUNT, account)
}

/// The address of a page about the things of an account.
pub(super) fn address(path: &str, account: &str, query: &[(&str, &str)]) -> String {
    let mut all = vec![("account", account)];
    all.extend_from_slice(query);
    with_query(path, &all)
}
