//! Things that belong to accounts, such as templates and contacts. Users who see all accounts choose one; others have theirs.

mod listed;

pub(super) use listed::{ListPlace, Listed};

use super::messages::names;
use crate::api::{Asker, Failed, Query, with_query};
use crate::cookies;
use crate::form::Form;
use crate::visitor::Visitor;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;

/// The header that names the account, for who belongs to none.
const ACCOUNT: &str = "x-account";

/// The cookie that keeps the account that was chosen last.
const LAST: &str = "postrider_account";
/// How long it is kept, in seconds: 30 days.
const KEPT: u32 = 30 * 24 * 3600;

/// Has the browser keep the account that an address names, so that the next page begins with it.
pub(super) async fn remember(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let chosen = Form::read(query.as_bytes()).get("account").to_owned();
    let is_new = is_name(&chosen) && last(request.headers()) != Some(&*chosen);
    let mut response = next.run(request).await;
    if is_new && response.status().is_success() {
        response.headers_mut().append(SET_COOKIE, cookies::set(LAST, &chosen, KEPT));
    }
    response
}

/// The account that was chosen last in this browser, if it was.
pub(crate) fn last(headers: &HeaderMap) -> Option<&str> {
    cookies::read(headers, LAST).filter(|name| is_name(name))
}

/// Whether a text may be the name of an account, and is a value of a cookie as it is.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet))
}

/// The account whose things a page shows.
pub(super) struct Owner {
    /// Its name; empty for who has one of their own, and where there is no account.
    pub(super) account: String,
    /// All accounts, for who chooses.
    pub(super) accounts: Vec<String>,
    sees_all: bool,
}

impl Owner {
    /// The account that a form or a query names, or else the one that was chosen last, or the first.
    pub(super) async fn of(visitor: &Visitor, form: &Form) -> Result<Self, Failed> {
        Self::of_named(visitor, form.get("account")).await
    }

    /// The same for a name, which may be empty.
    pub(super) async fn of_named(visitor: &Visitor, named: &str) -> Result<Self, Failed> {
        if !visitor.who.sees_all() {
            return Ok(Self { account: String::new(), accounts: Vec::new(), sees_all: false });
        }
        let accounts = names(visitor, "accounts").await?;
        let last = visitor.last_account.as_ref().filter(|last| accounts.contains(last));
        let account = match named {
            "" => last.or(accounts.first()).cloned().unwrap_or_default(),
            named => named.to_owned(),
        };
        Ok(Self { account, accounts, sees_all: true })
    }

    /// Whether there is no account whose things could be shown.
    pub(super) fn is_nobody(&self) -> bool {
        self.sees_all && self.account.is_empty()
    }

    /// The API for its things.
    pub(super) fn ask(&self, visitor: &Visitor) -> Asker {
        ask(visitor, &self.account)
    }

    /// A list of its things; an empty one where there is no account.
    pub(super) async fn list<T: DeserializeOwned + Default>(
        &self,
        visitor: &Visitor,
        path: &str,
        query: Query<'_>,
    ) -> Result<T, Failed> {
        match self.is_nobody() {
            true => Ok(T::default()),
            false => self.ask(visitor).get(path, query).await,
        }
    }

    /// The address of a page about its things.
    pub(super) fn at(&self, path: &str, query: &[(&str, &str)]) -> String {
        address(path, &self.account, query)
    }
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

/// Leads back to a page about the things of an account, with the word for what was done; or says why it was not.
pub(super) fn leads(visitor: &Visitor, done: Result<&str, Failed>, path: &str, account: &str) -> Response {
    match done {
        Ok(word) => Redirect::to(&address(path, account, &[("done", word)])).into_response(),
        Err(failed) => visitor.refused(failed, &address(path, account, &[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::COOKIE;

    #[test]
    fn the_account_that_was_chosen_last_is_read_and_nothing_else() {
        for (cookie, expected) in [
            ("postrider_account=shop", Some("shop")),
            ("a=1; postrider_account=my-shop.de", Some("my-shop.de")),
            ("postrider_account=", None),
            ("postrider_account=<b>", None),
            ("other=shop", None),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookie))]);
            assert_eq!(last(&headers), expected, "{cookie}");
        }
    }
}
