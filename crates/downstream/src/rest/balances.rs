//! Balances over HTTP: shown, topped up, and what moved them.

mod entries;
mod rerating;
mod top_up;

pub(in crate::rest) use entries::{__path_entries, entries};
pub(in crate::rest) use rerating::{__path_rerate, rerate};
pub(in crate::rest) use top_up::{__path_top_up, top_up};

use super::Rest;
use super::answer::json;
use super::caller::Reader;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::AccountBalance;
use postrider_core::money::{Amount, Balance, Currency};
use postrider_core::principal::{Principal, Scope};
use postrider_core::rules::Rules;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What an account has in a currency. Amounts are decimal numbers in texts.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Balance)]
pub(in crate::rest) struct BalanceView {
    /// The account.
    account: String,
    /// The currency (ISO 4217).
    #[schema(example = "EUR")]
    currency: String,
    /// Top-ups less charges. It is the sum of `amount` of all entries.
    #[schema(example = "12.50")]
    balance: String,
    /// The prices of messages that are charged later, if at all.
    reserved: String,
    /// What may be spent: the balance and the limit, less what is reserved. Absent if the account has no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<String>,
    /// How far below zero it may fall. Absent if the account has no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    /// Whether its owner was told that it is low.
    low: bool,
}

/// Balances.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct BalanceList {
    /// The balances, by account.
    balances: Vec<BalanceView>,
}

/// Shows balances: an account sees its own, an administrator all, or those of one account.
#[utoipa::path(
    get, path = "/v1/balances", tag = "money", operation_id = "listBalances",
    params(("account" = Option<String>, Query, description = "Only this account's. Default: all that the key may see.")),
    responses(
        (status = 200, description = "The balances.", body = BalanceList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn balances(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let named = pairs(query.as_deref().unwrap_or_default(), &["account"])?.pop().map(|(_, name)| name);
    let account = account(&caller, named.as_deref(), &rules)?;
    let kept = rest.credits.balances(account).await?;
    Ok(json(StatusCode::OK, &BalanceList { balances: views(&kept, account, &rules) }))
}

/// The account whose money a caller sees; `None` for all.
pub(in crate::rest) fn account(
    caller: &Principal,
    named: Option<&str>,
    rules: &Rules,
) -> Result<Option<AccountId>, Problem> {
    match (&caller.scope, named) {
        (Scope::Account(own), None) => Ok(Some(own.id)),
        (Scope::Account(own), Some(name)) if *own.name == *name => Ok(Some(own.id)),
        (Scope::Account(_), Some(_)) => Err(wrong("account", "only administrators may name another account")),
        (Scope::Administrator, None) => Ok(None),
        (Scope::Administrator, Some(name)) => of_name(name, rules).map(|account| Some(account.id)),
    }
}

/// The account with this name.
fn of_name<'r>(name: &str, rules: &'r Rules) -> Result<&'r Arc<Account>, Problem> {
    let found = rules.accounts().find(|account| *account.name == *name);
    found.ok_or_else(|| wrong("account", &format!("there is no account '{name}'")))
}

/// The balances that are kept, and zeros of billed accounts of which none is kept yet, by account.
fn views(kept: &[AccountBalance], of: Option<AccountId>, rules: &Rules) -> Vec<BalanceView> {
    let mut all: BTreeMap<(AccountId, Currency), (Balance, bool)> = BTreeMap::new();
    for account in rules.accounts().filter(|account| of.is_none_or(|of| of == account.id)) {
        if let Some(billing) = &account.billing {
            all.insert((account.id, billing.currency()), (Balance::default(), false));
        }
    }
    all.extend(kept.iter().map(|kept| ((kept.account, kept.currency), (kept.balance, kept.is_low))));
    all.into_iter()
        .map(|((account, currency), (balance, low))| view(account, currency, balance, low, rules))
        .collect()
}

/// A balance in words.
fn view(id: AccountId, currency: Currency, balance: Balance, low: bool, rules: &Rules) -> BalanceView {
    let account = rules.account(id);
    let billing = account.and_then(|account| account.billing.as_ref());
    // Of a currency that the account is not billed in any more nothing is spent.
    let limit = match billing.filter(|billing| billing.currency() == currency) {
        Some(billing) => billing.credit.limit,
        None => Some(Amount::ZERO),
    };
    BalanceView {
        account: account.map_or_else(|| id.0.to_string(), |account| account.name.to_string()),
        currency: currency.to_string(),
        balance: balance.posted.to_string(),
        reserved: balance.reserved.to_string(),
        available: limit.map(|limit| (balance.available() + limit).to_string()),
        limit: limit.map(|limit| limit.to_string()),
        low,
    }
}
