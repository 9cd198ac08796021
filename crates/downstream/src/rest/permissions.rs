//! What each operation needs of a user of the console. Keys have scopes instead, which the operations themselves ask for.

use axum::http::Method;
use postrider_core::principal::{Principal, Scope};
use postrider_core::user::Permission;

/// Operations: the method (`*` is any), the pattern of the path or its beginning, and what a user needs. The first line that fits
/// counts. `None` is for everybody who has signed in.
const NEEDED: &[(&str, &str, Option<Permission>)] = &[
    ("*", "/v1/messages/actions", Some(Permission::Operate)),
    ("GET", "/v1/messages", Some(Permission::ReadMessages)),
    ("DELETE", "/v1/messages", Some(Permission::CancelMessages)),
    ("POST", "/v1/messages/{id}/unmask", Some(Permission::Unmask)),
    ("POST", "/v1/messages", Some(Permission::SendMessages)),
    ("POST", "/v1/inbound/{id}/unmask", Some(Permission::Unmask)),
    ("GET", "/v1/inbound", Some(Permission::ReadMessages)),
    ("GET", "/v1/media", Some(Permission::ReadMessages)),
    ("POST", "/v1/media", Some(Permission::SendMessages)),
    ("GET", "/v1/lookup", Some(Permission::ReadMessages)),
    ("GET", "/v1/dead-numbers", Some(Permission::ReadConsent)),
    ("*", "/v1/dead-numbers", Some(Permission::WriteConsent)),
    ("GET", "/v1/events", Some(Permission::ReadWhole)),
    ("GET", "/v1/opt-outs/csv", Some(Permission::Export)),
    ("GET", "/v1/opt-outs", Some(Permission::ReadConsent)),
    ("*", "/v1/opt-outs", Some(Permission::WriteConsent)),
    ("GET", "/v1/blocked-numbers/csv", Some(Permission::Export)),
    ("GET", "/v1/blocked-numbers", Some(Permission::ReadConsent)),
    ("*", "/v1/blocked-numbers", Some(Permission::WriteConsent)),
    ("GET", "/v1/consents/csv", Some(Permission::Export)),
    ("GET", "/v1/consents", Some(Permission::ReadConsent)),
    ("*", "/v1/consents", Some(Permission::WriteConsent)),
    ("GET", "/v1/policies", Some(Permission::ReadConfiguration)),
    ("*", "/v1/policies", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/time-zones/csv", Some(Permission::Export)),
    ("GET", "/v1/time-zones", Some(Permission::ReadConsent)),
    ("*", "/v1/time-zones", Some(Permission::WriteConsent)),
    ("GET", "/v1/conversations", Some(Permission::ReadConversations)),
    ("*", "/v1/conversations", Some(Permission::AnswerConversations)),
    ("GET", "/v1/accounts", Some(Permission::ReadAccounts)),
    ("*", "/v1/accounts/{name}/keys", Some(Permission::WriteKeys)),
    ("*", "/v1/accounts/{name}/smpp/password", Some(Permission::WriteKeys)),
    ("*", "/v1/accounts/{name}/top-ups", Some(Permission::WritePrices)),
    ("*", "/v1/accounts/{name}/reratings", Some(Permission::WritePrices)),
    ("*", "/v1/accounts/{name}/webhook/test", Some(Permission::TestWebhooks)),
    ("*", "/v1/accounts/{name}/replay", Some(Permission::TestWebhooks)),
    ("*", "/v1/accounts/{name}/webhook", Some(Permission::WriteKeys)),
    ("*", "/v1/accounts/{name}/billing", Some(Permission::WritePrices)),
    ("*", "/v1/accounts", Some(Permission::WriteAccounts)),
    ("*", "/v1/upstreams/{name}/doctor", Some(Permission::Operate)),
    ("POST", "/v1/upstreams/{name}/ussd", Some(Permission::Operate)),
    ("GET", "/v1/upstreams", Some(Permission::ReadConfiguration)),
    ("*", "/v1/upstreams", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/presets", Some(Permission::ReadConfiguration)),
    ("GET", "/v1/routes", Some(Permission::ReadConfiguration)),
    ("*", "/v1/routes", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/numbers", Some(Permission::ReadConfiguration)),
    ("*", "/v1/numbers", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/pauses", Some(Permission::ReadConfiguration)),
    ("*", "/v1/pauses", Some(Permission::Operate)),
    ("GET", "/v1/currencies", Some(Permission::ReadPrices)),
    ("*", "/v1/currencies", Some(Permission::WritePrices)),
    ("GET", "/v1/lookups", Some(Permission::ReadConfiguration)),
    ("*", "/v1/lookups", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/limits", Some(Permission::ReadConfiguration)),
    ("*", "/v1/limits", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/quality", Some(Permission::ReadConfiguration)),
    ("POST", "/v1/rules/test", Some(Permission::ReadConfiguration)),
    ("POST", "/v1/routes/replay", Some(Permission::ReadConfiguration)),
    ("GET", "/v1/rules", Some(Permission::ReadConfiguration)),
    ("*", "/v1/rules", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/numbering-plan", Some(Permission::ReadConfiguration)),
    ("*", "/v1/numbering-plan", Some(Permission::WriteConfiguration)),
    ("GET", "/v1/tariffs", Some(Permission::ReadPrices)),
    ("GET", "/v1/derived-tariff", Some(Permission::ReadPrices)),
    ("POST", "/v1/reconciliation", Some(Permission::ReadPrices)),
    ("*", "/v1/tariffs", Some(Permission::WritePrices)),
    ("GET", "/v1/balances", Some(Permission::ReadPrices)),
    ("GET", "/v1/entries", Some(Permission::ReadPrices)),
    ("GET", "/v1/reports/csv", Some(Permission::Export)),
    ("GET", "/v1/reports", Some(Permission::ReadReports)),
    ("GET", "/v1/cdrs", Some(Permission::Export)),
    ("GET", "/v1/quality", Some(Permission::ReadConfiguration)),
    ("GET", "/v1/pauses", Some(Permission::ReadConfiguration)),
    ("*", "/v1/pauses", Some(Permission::Operate)),
    ("GET", "/v1/verifications/csv", Some(Permission::Export)),
    ("GET", "/v1/verifications", Some(Permission::ReadMessages)),
    ("*", "/v1/verifications", Some(Permission::SendMessages)),
    ("GET", "/v1/schedules", Some(Permission::ReadMessages)),
    ("*", "/v1/schedules", Some(Permission::SendMessages)),
    ("GET", "/v1/appointments", Some(Permission::ReadMessages)),
    ("*", "/v1/appointments", Some(Permission::SendMessages)),
    ("GET", "/v1/alerts", Some(Permission::ReadMessages)),
    ("*", "/v1/alerts", Some(Permission::SendMessages)),
    ("GET", "/v1/contacts/csv", Some(Permission::Export)),
    ("GET", "/v1/contacts/imports/{id}/report", Some(Permission::Export)),
    ("GET", "/v1/contacts", Some(Permission::ReadMessages)),
    ("*", "/v1/contacts", Some(Permission::SendMessages)),
    ("GET", "/v1/groups", Some(Permission::ReadMessages)),
    ("*", "/v1/groups", Some(Permission::SendMessages)),
    ("GET", "/v1/campaigns/{id}/recipients/csv", Some(Permission::Export)),
    ("GET", "/v1/campaigns", Some(Permission::ReadMessages)),
    ("*", "/v1/campaigns", Some(Permission::SendMessages)),
    ("GET", "/v1/broadcasts/{id}/recipients/csv", Some(Permission::Export)),
    ("GET", "/v1/broadcasts", Some(Permission::ReadMessages)),
    ("*", "/v1/broadcasts", Some(Permission::SendMessages)),
    ("GET", "/v1/batches/{id}/recipients/csv", Some(Permission::Export)),
    ("GET", "/v1/batches", Some(Permission::ReadMessages)),
    ("*", "/v1/batches", Some(Permission::SendMessages)),
    ("GET", "/v1/snippets", Some(Permission::ReadMessages)),
    ("*", "/v1/snippets", Some(Permission::AnswerConversations)),
    ("GET", "/v1/templates", Some(Permission::ReadMessages)),
    ("*", "/v1/templates", Some(Permission::SendMessages)),
    ("GET", "/v1/changes", Some(Permission::ReadAudit)),
    ("GET", "/v1/audit", Some(Permission::ReadAudit)),
    ("*", "/v1/privacy", Some(Permission::Erase)),
    ("GET", "/v1/encryption", Some(Permission::ReadSystem)),
    ("GET", "/v1/failed-posts", Some(Permission::ReadSystem)),
    ("*", "/v1/failed-posts", Some(Permission::Operate)),
    ("GET", "/v1/receipts/unmatched", Some(Permission::ReadUnmatched)),
    ("GET", "/v1/clients", Some(Permission::ReadSystem)),
    ("GET", "/v1/nodes", Some(Permission::ReadSystem)),
    ("POST", "/v1/reload", Some(Permission::Operate)),
    ("GET", "/v1/trace", Some(Permission::Trace)),
    ("GET", "/v1/traffic", Some(Permission::ReadStatus)),
    ("GET", "/v1/whoami", None),
    ("*", "/v1/sessions/current", None),
    ("GET", "/v1/users", Some(Permission::ReadUsers)),
    ("*", "/v1/users", Some(Permission::WriteUsers)),
    ("GET", "/v1/lock-outs", Some(Permission::ReadUsers)),
    ("*", "/v1/lock-outs", Some(Permission::WriteUsers)),
    ("GET", "/v1/sessions", Some(Permission::ReadUsers)),
    ("*", "/v1/sessions", Some(Permission::WriteUsers)),
];

/// What an operation needs of a user. What isn't listed needs what owners alone have.
pub(super) fn needed(method: &Method, pattern: &str) -> Option<Permission> {
    listed(method, pattern).unwrap_or(Some(Permission::WriteUsers))
}

/// What an operation needs of a user, if it is listed.
fn listed(method: &Method, pattern: &str) -> Option<Option<Permission>> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let fits = |listed: &&(&str, &str, Option<Permission>)| {
        let (of, beginning, _) = **listed;
        let rest = pattern.strip_prefix(beginning);
        (of == "*" || of == method.as_str())
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    NEEDED.iter().find(fits).map(|(_, _, permission)| *permission)
}

/// Whether a path is about an account, and which.
fn account<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let of_one = pattern.strip_prefix("/v1/accounts/{name}")?;
    let is_of_one = of_one.is_empty() || of_one.starts_with('/');
    path.split('/').nth(3).filter(|_| is_of_one)
}

/// Whether a user may see or change what this path is about: with an account, of all declarations, that account alone.
pub(super) fn is_theirs(principal: &Principal, pattern: &str, path: &str) -> bool {
    match &principal.scope {
        Scope::Administrator => true,
        Scope::Account(own) if pattern.starts_with("/v1/accounts") => {
            account(pattern, path).is_some_and(|named| *named == *own.name)
        }
        // What else there is of an account asks for the account itself.
        Scope::Account(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::openapi;
    use crate::testing::account as shop;
    use postrider_core::user::Role;
    use std::sync::Arc;

    /// Operations that need no key, and so no permission.
    const OPEN: [&str; 13] = [
        "/l/{code}",
        "/v1/call/{token}",
        "/v1/callbacks/{upstream}",
        "/v1/setup/{token}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/v1/sessions",
        "/v1/sessions/provider",
        "/v1/sessions/provider/begin",
        "/m/{secret}",
        "/m/{secret}/{place}",
    ];

    /// Every operation of the router.
    fn operations() -> Vec<(Method, String)> {
        let description = serde_json::to_value(openapi()).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let methods =
            |path: &serde_json::Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let each = paths.iter().flat_map(|(path, item)| {
            methods(item).into_iter().map(|method| (method.to_uppercase().parse().unwrap(), path.clone()))
        });
        each.filter(|(method, path): &(Method, String)| {
            let is_sign_in = path == "/v1/sessions" && method != Method::POST;
            is_sign_in || !OPEN.contains(&&**path)
        })
        .collect()
    }

    #[test]
    fn every_operation_says_what_it_needs() {
        let unlisted: Vec<_> =
            operations().into_iter().filter(|(method, path)| listed(method, path).is_none()).collect();
        assert_eq!(unlisted, [], "add them to NEEDED: until then they are for owners alone");
    }

    #[test]
    fn what_changes_something_needs_more_than_to_read() {
        let reads = [
            Permission::ReadStatus,
            Permission::ReadMessages,
            Permission::ReadWhole,
            Permission::ReadConversations,
            Permission::ReadConsent,
            Permission::ReadAccounts,
            Permission::ReadAudit,
            Permission::ReadUsers,
            Permission::ReadSystem,
            Permission::ReadUnmatched,
        ];
        for (method, path) in operations().iter().filter(|(method, _)| !method.is_safe()) {
            let needed = needed(method, path);
            assert!(!needed.is_some_and(|needed| reads.contains(&needed)), "{method} {path}: {needed:?}");
        }
    }

    /// The matrix: what each role reaches of each operation, of its own account and of another.
    #[test]
    fn every_role_reaches_its_operations_and_no_others() {
        let own = Arc::new(shop());
        for (method, pattern) in operations() {
            let Some(permission) = needed(&method, &pattern) else { continue };
            for role in Role::ALL {
                for account in [None, Some(Arc::clone(&own))] {
                    let principal = Principal::user("anna".into(), role, account.clone());
                    for (name, is_own) in [("shop", true), ("other", false)] {
                        let path = pattern.replace("{name}", name);
                        let reached = principal.may(permission) && is_theirs(&principal, &pattern, &path);
                        let is_bounded = account.is_some() && pattern.starts_with("/v1/accounts");
                        let is_in_bounds =
                            !is_bounded || (is_own && pattern.starts_with("/v1/accounts/{name}"));
                        let expected = permission.roles().contains(&role)
                            && (account.is_none()
                                || permission.reach() == postrider_core::user::Reach::Account)
                            && is_in_bounds;
                        assert_eq!(reached, expected, "{method} {path} {role:?} {}", account.is_some());
                    }
                }
            }
        }
    }

    #[test]
    fn a_customer_reaches_its_own_account_alone() {
        let customer = Principal::user("anna".into(), Role::Customer, Some(Arc::new(shop())));
        let reaches = |method: Method, pattern: &str, path: &str| {
            needed(&method, pattern).is_some_and(|needed| customer.may(needed))
                && is_theirs(&customer, pattern, path)
        };
        let one = "/v1/accounts/{name}";
        assert!(reaches(Method::GET, one, "/v1/accounts/shop"));
        assert!(!reaches(Method::GET, one, "/v1/accounts/other"));
        assert!(!reaches(Method::GET, "/v1/accounts", "/v1/accounts"));
        assert!(!reaches(Method::PUT, one, "/v1/accounts/shop"));
        assert!(reaches(Method::POST, "/v1/accounts/{name}/keys", "/v1/accounts/shop/keys"));
        assert!(!reaches(Method::POST, "/v1/accounts/{name}/keys", "/v1/accounts/other/keys"));
        assert!(!reaches(Method::GET, "/v1/upstreams", "/v1/upstreams"));
        assert!(reaches(Method::HEAD, "/v1/messages", "/v1/messages"));
    }
}
