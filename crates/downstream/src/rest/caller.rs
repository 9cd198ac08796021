//! Callers: an account or an administrator, by the key of a request.

use super::problem::Problem;
use super::{Administrator, Rest};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use postrider_core::account::{Account, KeyHash};
use postrider_core::principal::{Principal, Scope};
use postrider_core::rules::Rules;
use postrider_declare::hash_key;
use std::sync::Arc;

/// The principal of a request.
pub(super) struct Caller(pub(super) Principal);

/// The principal of a request to see messages.
pub(super) struct Reader(pub(super) Principal);

/// The principal of a request to do something to messages.
pub(super) struct Sender(pub(super) Principal);

/// The account of a request to send, which only accounts may make.
pub(super) struct ByAccount(pub(super) Arc<Account>);

/// The name of the administrator of a request that only administrators may make.
pub(super) struct ByAdministrator(pub(super) Box<str>);

impl FromRequestParts<Arc<Rest>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let key = hash_key(bearer(&parts.headers)?);
        principal(&key, &rest.live.rules(), &rest.administrators).map(Self)
    }
}

/// The principal whose key has this hash.
fn principal(key: &KeyHash, rules: &Rules, administrators: &[Administrator]) -> Result<Principal, Problem> {
    if let Some(account) = rules.account_by_key(key) {
        let account = Arc::clone(account);
        return if account.enabled { Ok(Principal::account(account)) } else { Err(disabled()) };
    }
    match administrators.iter().find(|administrator| administrator.key == *key) {
        Some(administrator) => Ok(Principal::administrator(administrator.name.clone())),
        None => {
            metrics::counter!("postrider_auth_failures_total", "interface" => "rest").increment(1);
            Err(unknown("this key is not known here"))
        }
    }
}

impl FromRequestParts<Arc<Rest>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        if principal.permits.read { Ok(Self(principal)) } else { Err(out_of_scope("read")) }
    }
}

impl FromRequestParts<Arc<Rest>> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        if principal.permits.send { Ok(Self(principal)) } else { Err(out_of_scope("send")) }
    }
}

impl FromRequestParts<Arc<Rest>> for ByAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Sender(principal) = Sender::from_request_parts(parts, rest).await?;
        match principal.scope {
            Scope::Account(account) => Ok(Self(account)),
            Scope::Administrator => {
                let detail = "an administrator's key can't send messages: use a key of an account";
                Err(Problem::new(StatusCode::FORBIDDEN, "account_key_needed", detail))
            }
        }
    }
}

impl FromRequestParts<Arc<Rest>> for ByAdministrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
        match principal.scope {
            Scope::Administrator => Ok(Self(principal.who)),
            Scope::Account(_) => {
                let detail = "only an administrator's key may do this";
                Err(Problem::new(StatusCode::FORBIDDEN, "administrator_key_needed", detail))
            }
        }
    }
}

/// The key in `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        return Err(unknown("a key is required: send the header Authorization: Bearer <key>"));
    };
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    match given {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(unknown("malformed header: send Authorization: Bearer <key>")),
    }
}

fn unknown(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_key", detail)
}

fn out_of_scope(scope: &str) -> Problem {
    let detail = format!("this key has not the scope '{scope}': use another key, or ask the administrator");
    Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail)
}

fn disabled() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "account_disabled", "this account is disabled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};

    #[test]
    fn a_key_is_an_accounts_or_an_administrators() {
        let administrators = [Administrator { name: "ops".into(), key: [9; 32] }];
        let who = |key: u8, enabled| {
            let rules = rules(Account { enabled, ..account() });
            let found = principal(&[key; 32], &rules, &administrators);
            found
                .map(|principal| (principal.who.to_string(), principal.viewer().account().is_some()))
                .map_err(|problem| (problem.status.as_u16(), problem.code.into_owned()))
        };
        assert_eq!(who(7, true), Ok(("shop".into(), true)));
        assert_eq!(who(9, true), Ok(("ops".into(), false)));
        assert_eq!(who(7, false), Err((403, "account_disabled".into())));
        assert_eq!(who(8, true), Err((401, "invalid_key".into())));
    }

    #[test]
    fn the_key_is_a_bearer_token() {
        let key = |text: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(text) = text {
                headers.insert(AUTHORIZATION, text.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!(key(Some("Bearer pr_x")), Ok("pr_x".into()));
        assert_eq!(key(Some("bearer  pr_x ")), Ok("pr_x".into()));
        for bad in [None, Some(""), Some("pr_x"), Some("Basic eDp5")] {
            assert_eq!(key(bad), Err(401), "{bad:?}");
        }
    }
}
