//! What holds of numbers over HTTP: opt-outs, blocked numbers, consents and time zones are listed, made, lifted, imported and
//! exported.

pub(super) mod csv;
mod export;
mod import;
mod kinds;
mod list;
mod make;
mod view;

pub(super) use kinds::routes;
pub(crate) use view::ConsentView;

use super::problem::Problem;
use super::query;
use postrider_core::account::AccountId;
use postrider_core::number::Number;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;

/// The number of a path or a field.
fn number(text: &str, field: &str) -> Result<Number, Problem> {
    Number::parse_recipient(text).map_err(|why| query::wrong(field, &why.to_string()))
}

/// The account whose messages something is to hold for: an account's own; an administrator names one, or means all.
fn account(caller: &Principal, given: Option<&str>, rules: &Rules) -> Result<Option<AccountId>, Problem> {
    match (caller.viewer(), given.filter(|name| !name.is_empty())) {
        (Viewer::Account(own), None) => Ok(Some(own)),
        (Viewer::Account(own), Some(name)) => match rules.account(own) {
            Some(account) if *account.name == *name => Ok(Some(own)),
            _ => Err(query::wrong("account", "only an administrator may name another account")),
        },
        (Viewer::Everything, None) => Ok(None),
        (Viewer::Everything, Some(name)) => {
            let account = rules.accounts().find(|account| *account.name == *name);
            account
                .map(|account| Some(account.id))
                .ok_or_else(|| query::wrong("account", &format!("there is no account '{name}'")))
        }
    }
}
