//! Requests that the audit log has a line of: all that administrators do, what they see of messages, and what accounts do
//! besides sending.

use super::Rest;
use super::client::Client;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use postrider_core::audit::{Event, Role};
use postrider_core::principal::{Principal, Scope};
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// Paths at which administrators see nothing of messages or people: to look there is nothing out of the ordinary.
const QUIET: [&str; 16] = [
    "/v1/accounts",
    "/v1/accounts/{name}",
    "/v1/upstreams",
    "/v1/upstreams/{name}",
    "/v1/routes",
    "/v1/routes/{name}",
    "/v1/numbers",
    "/v1/numbers/{name}",
    "/v1/changes",
    "/v1/nodes",
    "/v1/audit",
    "/v1/encryption",
    "/v1/tariffs",
    "/v1/tariffs/{name}",
    "/v1/balances",
    "/v1/entries",
];
/// What happens for each message, and what notes its lines itself.
const NEVER: [&str; 4] = ["/v1/messages", "/v1/messages/preview", "/v1/privacy/export", "/v1/privacy/erase"];
/// Digits of a run that may be a number; identifiers have more.
const NUMBERS: std::ops::RangeInclusive<usize> = 7..=15;

/// The principal of a request, once its key was looked at.
#[derive(Clone, Default)]
pub(super) struct AskedBy(Arc<OnceLock<(Box<str>, Role)>>);

impl AskedBy {
    /// Notes the principal.
    pub(super) fn is(&self, principal: &Principal) {
        // A request has one principal.
        let _known = self.0.set((principal.who.clone(), role(principal)));
    }
}

/// The role of a principal.
pub(super) fn role(principal: &Principal) -> Role {
    match principal.scope {
        Scope::Account(_) => Role::Account,
        Scope::Administrator => Role::Administrator,
    }
}

/// A request, as a line tells of it.
struct Asked {
    method: Method,
    pattern: Box<str>,
    subject: String,
    query: String,
    address: Option<Box<str>>,
}

/// Answers a request, and notes it if it is one of those.
pub(super) async fn audited(State(rest): State<Arc<Rest>>, mut request: Request, next: Next) -> Response {
    let Some(asked) = Asked::of(&request) else { return next.run(request).await };
    let by = AskedBy::default();
    request.extensions_mut().insert(by.clone());
    let response = next.run(request).await;
    let Some((who, role)) = by.0.get() else { return response };
    let status = response.status();
    if asked.is_noted(*role, status.is_success()) {
        let at = rest.live.now();
        rest.auditor.note(asked.event(at, who, *role, status.as_u16())).await;
    }
    response
}

impl Asked {
    /// `None` for what happens for each message.
    fn of(request: &Request) -> Option<Self> {
        let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if request.method() == Method::POST && NEVER.contains(&pattern) {
            return None;
        }
        let client = request.extensions().get::<Arc<Client>>();
        Some(Self {
            method: request.method().clone(),
            pattern: pattern.into(),
            subject: masked(request.uri().path()),
            query: masked(request.uri().query().unwrap_or_default()),
            address: client.map(|client| client.peer.to_string().into()),
        })
    }

    fn is_noted(&self, role: Role, is_done: bool) -> bool {
        let sees = self.method == Method::GET || self.method == Method::HEAD;
        match role {
            Role::Administrator => !sees || !QUIET.contains(&&*self.pattern),
            _ => !sees && is_done,
        }
    }

    fn event(self, at: postrider_core::time::Time, who: &str, role: Role, status: u16) -> Event {
        let detail = (!self.query.is_empty()).then(|| json!({ "query": self.query }).to_string().into());
        Event {
            at,
            who: who.into(),
            role,
            address: self.address,
            action: format!("{} {}", self.method, self.pattern).into(),
            subject: self.subject.into(),
            outcome: status.to_string().into(),
            detail,
        }
    }
}

/// A part of a URL without whole numbers of people.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            masked.push_str(&rest[..other]);
            rest = &rest[other..];
            continue;
        }
        let (run, after) = rest.split_at(digits);
        if NUMBERS.contains(&digits) {
            masked.push_str(&run[..4]);
            masked.push_str("****");
            masked.push_str(&run[digits - 2..]);
        } else {
            masked.push_str(run);
        }
        rest = after;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_noted(method: Method, pattern: &str, role: Role, is_done: bool) -> bool {
        let (pattern, subject, query) = (pattern.into(), String::new(), String::new());
        Asked { method, pattern, subject, query, address: None }.is_noted(role, is_done)
    }

    #[test]
    fn administrators_leave_a_line_wherever_they_change_something_or_see_messages() {
        let admin = Role::Administrator;
        assert!(is_noted(Method::GET, "/v1/messages/{id}", admin, true));
        assert!(is_noted(Method::GET, "/v1/messages", admin, true));
        assert!(is_noted(Method::GET, "/v1/what/comes/later", admin, true));
        assert!(is_noted(Method::DELETE, "/v1/accounts/{name}", admin, false));
        assert!(!is_noted(Method::GET, "/v1/accounts/{name}", admin, true));
        assert!(!is_noted(Method::GET, "/v1/audit", admin, true));
    }

    #[test]
    fn accounts_leave_a_line_of_what_they_have_changed() {
        assert!(is_noted(Method::DELETE, "/v1/messages/{id}", Role::Account, true));
        assert!(!is_noted(Method::DELETE, "/v1/messages/{id}", Role::Account, false));
        assert!(!is_noted(Method::GET, "/v1/messages/{id}", Role::Account, true));
    }

    #[test]
    fn no_whole_number_stands_in_a_line() {
        assert_eq!(masked("to=%2B447700900123&limit=5"), "to=%2B4477****23&limit=5");
        assert_eq!(masked("/v1/messages/381234567890123456"), "/v1/messages/381234567890123456");
        assert_eq!(masked("since=2030-01-31T09:00:00Z"), "since=2030-01-31T09:00:00Z");
        assert_eq!(masked(""), "");
        assert_eq!(masked("é1234567"), "é1234****67");
    }
}
