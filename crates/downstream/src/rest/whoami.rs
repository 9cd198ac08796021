//! Who asks: the name behind a key, and what it may be used for.

use super::Rest;
use super::answer::json;
use super::caller::Caller;
use super::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::principal::{Principal, Scope};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Whoami)]
pub(super) struct WhoamiView {
    /// The name under which changes are recorded.
    name: String,
    /// Whose key it is.
    kind: CallerKind,
    /// The account whose messages are seen alone; absent for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What the key may be used for: `send`, `read`, `write` and `trace`.
    may: Vec<&'static str>,
}

/// Whose key it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CallerKind {
    /// An account's.
    Account,
    /// An administrator's.
    Administrator,
}

/// Shows the name behind the key of the request, and what the key may be used for.
#[utoipa::path(
    get, path = "/v1/whoami", operation_id = "getWhoami", tag = "operations",
    responses(
        (status = 200, description = "Who asks.", body = WhoamiView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn whoami(State(_rest): State<Arc<Rest>>, Caller(principal): Caller) -> Response {
    json(StatusCode::OK, &view(&principal))
}

fn view(principal: &Principal) -> WhoamiView {
    let (kind, account, may) = match &principal.scope {
        Scope::Account(account) => {
            let permits = principal.permits;
            let may = vec![("send", permits.send), ("read", permits.read)];
            (CallerKind::Account, Some(account.name.to_string()), may)
        }
        Scope::Administrator => {
            let rights = principal.rights;
            let may = vec![("read", rights.read), ("write", rights.write), ("trace", rights.trace)];
            (CallerKind::Administrator, None, may)
        }
    };
    let may = may.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect();
    WhoamiView { name: principal.who.to_string(), kind, account, may }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use postrider_core::account::Permits;
    use postrider_core::principal::Rights;

    #[test]
    fn a_key_is_told_whose_it_is_and_what_for() {
        let show = |principal| serde_json::to_value(view(&principal)).unwrap();
        let reads = Permits { send: false, read: true };
        assert_eq!(
            show(Principal::account(Arc::new(account()), reads)),
            serde_json::json!({ "name": "shop", "kind": "account", "account": "shop", "may": ["read"] })
        );
        let rights = Rights { write: false, ..Rights::ALL };
        assert_eq!(
            show(Principal::administrator("ops".into()).limited_to(rights)),
            serde_json::json!({ "name": "ops", "kind": "administrator", "may": ["read", "trace"] })
        );
    }
}
