//! Who asks: the name behind a key or a session, and what they may do.

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

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Whoami)]
pub(super) struct WhoamiView {
    /// The name: of an account, an administrator's key, or a user.
    name: String,
    /// What they came with.
    kind: CallerKind,
    /// The role of a user; absent for keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// The account whose messages are seen alone; absent for who sees all.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What they may do, such as `read_messages`.
    may: Vec<&'static str>,
    /// Whether numbers and texts are masked.
    masked: bool,
    /// Whether a user must make a key of one-time codes before anything else.
    codes_needed: bool,
    /// Whether a user has a key of one-time codes, and proves by them.
    uses_codes: bool,
    /// Whether a user signs in at the identity provider, and proves there.
    by_provider: bool,
    /// Whether a user must prove again who they are before they export lists, or change keys, prices or users.
    proof_needed: bool,
}

/// What somebody came with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CallerKind {
    /// A key of an account.
    Account,
    /// An administrator's key.
    Administrator,
    /// The session of a user.
    User,
}

/// Shows the name behind the key or the session of the request, and what they may do.
#[utoipa::path(
    get, path = "/v1/whoami", operation_id = "getWhoami", tag = "operations",
    responses(
        (status = 200, description = "Who asks.", body = WhoamiView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn whoami(
    State(rest): State<Arc<Rest>>,
    Caller(principal): Caller,
    signed_in: Option<Extension<SignedIn>>,
) -> Response {
    let mut shown = view(&principal);
    if let Some(Extension(signed_in)) = signed_in {
        shown.codes_needed = signed_in.needs_codes;
        shown.uses_codes = signed_in.user.code_key.is_some();
        shown.by_provider = signed_in.user.subject.is_some();
        shown.proof_needed = rest.access.needs_proof(&signed_in, Permission::Export);
    }
    json(StatusCode::OK, &shown)
}

fn view(principal: &Principal) -> WhoamiView {
    let account = match &principal.scope {
        Scope::Account(account) => Some(account.name.to_string()),
        Scope::Administrator => None,
    };
    let kind = match (principal.role, &account) {
        (Some(_), _) => CallerKind::User,
        (None, Some(_)) => CallerKind::Account,
        (None, None) => CallerKind::Administrator,
    };
    WhoamiView {
        name: principal.who.to_string(),
        kind,
        role: principal.role.map(Role::word),
        account,
        may: principal.permissions().into_iter().map(Permission::word).collect(),
        masked: principal.is_masked(),
        codes_needed: false,
        uses_codes: false,
        by_provider: false,
        proof_needed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use postrider_core::account::Permits;

    #[test]
    fn whoever_asks_is_told_who_they_are_and_what_they_may_do() {
        let show = |principal| serde_json::to_value(view(&principal)).unwrap();
        let sends = Permits { send: true, read: false };
        let key = show(Principal::account(Arc::new(account()), sends));
        assert_eq!(
            (&key["name"], &key["kind"], &key["account"]),
            (&"shop".into(), &"account".into(), &"shop".into())
        );
        let may = ["send_messages", "cancel_messages", "answer_conversations", "write_consent"];
        assert_eq!(key["may"], serde_json::json!(may));
        let user = show(Principal::user("anna".into(), Role::Billing, None));
        assert_eq!((&user["kind"], &user["role"]), (&"user".into(), &"billing".into()));
        assert_eq!(user.get("account"), None);
        assert_eq!(show(Principal::administrator("ops".into()))["kind"], "administrator");
    }
}
