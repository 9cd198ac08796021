//! Callers: an account or an administrator, by the key of a request.

use super::Rest;
use super::problem::Problem;
use crate::resource::hash_key;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use postrider_core::account::Account;
use postrider_core::principal::{Principal, Scope};
use std::sync::Arc;

/// Whoever proves to be an account or an administrator.
pub(super) struct Caller(pub(super) Principal);

/// An account.
pub(super) struct ByAccount(pub(super) Arc<Account>);

/// An administrator, by name.
pub(super) struct ByAdministrator(pub(super) Box<str>);

impl FromRequestParts<Arc<Rest>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let key = hash_key(bearer(&parts.headers)?);
        if let Some(account) = rest.live.rules().account_by_key(&key) {
            let account = Arc::clone(account);
            return if account.enabled { Ok(Self(Principal::account(account))) } else { Err(disabled()) };
        }
        let administrator = rest.administrators.iter().find(|administrator| administrator.key == key);
        match administrator {
            Some(administrator) => Ok(Self(Principal::administrator(administrator.name.clone()))),
            None => {
                metrics::counter!("postrider_auth_failures_total", "interface" => "rest").increment(1);
                Err(unknown("this key is not known here"))
            }
        }
    }
}

impl FromRequestParts<Arc<Rest>> for ByAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, rest).await?;
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
        return Err(unknown("a key is needed: send the header Authorization: Bearer <key>"));
    };
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    match given {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(unknown("the header must read Authorization: Bearer <key>")),
    }
}

fn unknown(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_key", detail)
}

fn disabled() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "account_disabled", "this account is disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_bearers() {
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
