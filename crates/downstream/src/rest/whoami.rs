//! Who asks: the name behind a key, and what it may be used for.

use super::Rest;
use super::answer::json;
use super::caller::Caller;
use super::problem::ProblemDocument;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_access::SignedIn;
use postrider_core::principal::{Principal, Scope};
use postrider_core::user::{Permission, Role};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a customer does in the console, and an account's key can't.
const NOT_BY_KEY: [Permission; 5] = [
    Permission::ReadAccounts,
    Permission::WriteKeys,
    Permission::TestWebhooks,
    Permission::ReadPrices,
    Permission::ReadReports,
];

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
    /// The role of a user of the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// What a user of the console may do, and what a key may do in its place, such as `read_messages`.
    permissions: Vec<&'static str>,
    /// Whether numbers and texts are masked.
    masked: bool,
    /// Whether a user must make a key of one-time codes before anything else.
    codes_needed: bool,
    /// Whether a user has a key of one-time codes, and proves by them.
    uses_codes: bool,
}

/// Whose key it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CallerKind {
    /// An account's.
    Account,
    /// An administrator's.
    Administrator,
    /// A user's of the console, by its session.
    User,
}

/// Shows the name behind the key of the request, and what the key may be used for.
#[utoipa::path(
    get, path = "/v1/whoami", operation_id = "getWhoami", tag = "operations",
    responses(
        (status = 200, description = "Who asks.", body = WhoamiView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn whoami(
    State(_rest): State<Arc<Rest>>,
    Caller(principal): Caller,
    signed_in: Option<Extension<SignedIn>>,
) -> Response {
    let mut shown = view(&principal);
    if let Some(Extension(signed_in)) = signed_in {
        shown.codes_needed = signed_in.needs_codes;
        shown.uses_codes = signed_in.user.code_key.is_some();
    }
    json(StatusCode::OK, &shown)
}

/// What a key may do of what users may: an account's as a customer does, an administrator's as an owner.
fn key_may(principal: &Principal, permission: Permission) -> bool {
    let (reads, changes) = match &principal.scope {
        Scope::Account(_) => (principal.permits.read, principal.permits.send),
        Scope::Administrator => (principal.rights.read, principal.rights.write),
    };
    let is_allowed = match permission {
        Permission::Trace => principal.rights.trace,
        // An administrator's key is of no account, and only people unmask.
        Permission::SendMessages if matches!(principal.scope, Scope::Administrator) => false,
        Permission::Unmask => false,
        _ if permission.is_read() => reads,
        _ => changes,
    };
    let is_in_reach = match &principal.scope {
        Scope::Administrator => true,
        Scope::Account(_) => Role::Customer.may(permission) && !NOT_BY_KEY.contains(&permission),
    };
    is_allowed && is_in_reach
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
    let is_user = principal.role.is_some();
    let may_do = |permission: &Permission| match is_user {
        true => principal.may(*permission),
        false => key_may(principal, *permission),
    };
    WhoamiView {
        name: principal.who.to_string(),
        kind: if is_user { CallerKind::User } else { kind },
        account,
        may,
        role: principal.role.map(Role::word),
        permissions: Permission::ALL.into_iter().filter(may_do).map(Permission::word).collect(),
        masked: principal.is_masked(),
        codes_needed: false,
        uses_codes: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use postrider_core::account::Permits;
    use postrider_core::principal::Rights;
    use serde_json::json;

    #[test]
    fn a_key_is_told_whose_it_is_and_what_for() {
        let show = |principal| serde_json::to_value(view(&principal)).unwrap();
        let reads = Permits { send: false, read: true };
        let shop = show(Principal::account(Arc::new(account()), reads));
        let named = (&shop["name"], &shop["kind"], &shop["account"]);
        assert_eq!(named, (&json!("shop"), &json!("account"), &json!("shop")));
        assert_eq!(shop["may"], json!(["read"]));
        let may = |shown: &serde_json::Value, word: &str| {
            shown["permissions"].as_array().unwrap().contains(&json!(word))
        };
        assert!(may(&shop, "read_messages") && !may(&shop, "send_messages") && !may(&shop, "read_accounts"));
        let rights = Rights { write: false, ..Rights::ALL };
        let ops = show(Principal::administrator("ops".into()).limited_to(rights));
        assert_eq!((&ops["kind"], &ops["may"]), (&json!("administrator"), &json!(["read", "trace"])));
        assert!(may(&ops, "read_users") && !may(&ops, "write_users") && !may(&ops, "unmask"));
        let sam = show(Principal::user("sam".into(), Role::Support, None));
        let known = (&sam["kind"], &sam["role"], &sam["masked"]);
        assert_eq!(known, (&json!("user"), &json!("support"), &json!(true)));
        assert!(may(&sam, "unmask") && !may(&sam, "read_audit"));
    }
}
