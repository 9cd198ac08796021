//! Requests that the audit log has a line of: all that administrators do, what they see of messages, and what accounts do
//! besides sending.

use super::Rest;
use super::client::Client;
use super::masking::mask_digits;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use postrider_core::audit::{ActorKind, Event};
use postrider_core::principal::{Principal, Scope};
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// Paths at which administrators see nothing of messages or people: to look there is nothing out of the ordinary.
const QUIET: [&str; 40] = [
    "/v1/failed-posts",
    "/v1/lock-outs",
    "/v1/messages/actions",
    "/v1/messages/actions/{id}",
    "/v1/accounts",
    "/v1/accounts/{name}",
    "/v1/upstreams",
    "/v1/upstreams/{name}",
    "/v1/upstreams/{name}/balance",
    "/v1/routes",
    "/v1/routes/{name}",
    "/v1/numbers",
    "/v1/numbers/{name}",
    "/v1/pauses",
    "/v1/pauses/{name}",
    "/v1/limits",
    "/v1/limits/{name}",
    "/v1/currencies",
    "/v1/currencies/{name}",
    "/v1/lookups",
    "/v1/lookups/{name}",
    "/v1/users",
    "/v1/users/{name}",
    "/v1/sessions",
    "/v1/sessions/current",
    "/v1/whoami",
    "/v1/changes",
    "/v1/clients",
    "/v1/nodes",
    "/v1/quality",
    "/v1/traffic",
    "/v1/audit",
    "/v1/encryption",
    "/v1/tariffs",
    "/v1/tariffs/{name}",
    "/v1/derived-tariff",
    "/v1/balances",
    "/v1/entries",
    "/v1/reports",
    "/v1/reports/csv",
];
/// What happens for each message, and what notes its lines itself.
const NEVER: [&str; 15] = [
    "/v1/schedules",
    "/v1/appointments",
    "/v1/alerts/sources/{name}/reports",
    "/v1/verifications",
    "/v1/verifications/{id}/check",
    "/v1/verifications/authenticators/{id}/check",
    "/v1/messages",
    "/v1/messages/preview",
    "/v1/media",
    "/v1/callbacks/{upstream}",
    "/l/{code}",
    "/v1/messages/{id}/unmask",
    "/v1/inbound/{id}/unmask",
    "/v1/privacy/export",
    "/v1/privacy/erase",
];

/// The principal of a request, once its key was looked at.
#[derive(Clone, Default)]
pub(super) struct AskedBy(Arc<OnceLock<Asking>>);

/// Who asks.
struct Asking {
    who: Box<str>,
    kind: ActorKind,
    /// Whether what they see of messages is noted, too.
    is_watched: bool,
}

impl AskedBy {
    /// Notes the principal.
    pub(super) fn is(&self, principal: &Principal) {
        // A request has one principal.
        let _known = self.0.set(Asking {
            who: principal.who.clone(),
            kind: role(principal),
            is_watched: matches!(principal.scope, Scope::Administrator) && !principal.is_masked(),
        });
    }
}

/// The role of a principal.
pub(super) fn role(principal: &Principal) -> ActorKind {
    match principal.scope {
        _ if principal.role.is_some() => ActorKind::User,
        Scope::Account(_) => ActorKind::Account,
        Scope::Administrator => ActorKind::Administrator,
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
    let Some(Asking { who, kind, is_watched }) = by.0.get() else { return response };
    let status = response.status();
    if asked.is_noted(*is_watched, status.is_success()) {
        let at = rest.live.now();
        rest.auditor.note(asked.event(at, who, *kind, status.as_u16())).await;
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
            subject: mask_digits(request.uri().path()),
            query: mask_digits(request.uri().query().unwrap_or_default()),
            address: client.map(|client| client.peer.to_string().into()),
        })
    }

    fn is_noted(&self, is_watched: bool, is_done: bool) -> bool {
        let sees = self.method == Method::GET || self.method == Method::HEAD;
        if is_watched { !sees || !QUIET.contains(&&*self.pattern) } else { !sees && is_done }
    }

    fn event(self, at: postrider_core::time::Time, who: &str, role: ActorKind, status: u16) -> Event {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_noted(method: Method, pattern: &str, is_watched: bool, is_done: bool) -> bool {
        let (pattern, subject, query) = (pattern.into(), String::new(), String::new());
        Asked { method, pattern, subject, query, address: None }.is_noted(is_watched, is_done)
    }

    #[test]
    fn administrators_leave_a_line_wherever_they_change_something_or_see_messages() {
        let admin = true;
        assert!(is_noted(Method::GET, "/v1/messages/{id}", admin, true));
        assert!(is_noted(Method::GET, "/v1/messages", admin, true));
        assert!(is_noted(Method::GET, "/v1/what/comes/later", admin, true));
        assert!(is_noted(Method::DELETE, "/v1/accounts/{name}", admin, false));
        assert!(!is_noted(Method::GET, "/v1/accounts/{name}", admin, true));
        assert!(!is_noted(Method::GET, "/v1/audit", admin, true));
    }

    #[test]
    fn accounts_leave_a_line_of_what_they_have_changed() {
        assert!(is_noted(Method::DELETE, "/v1/messages/{id}", false, true));
        assert!(!is_noted(Method::DELETE, "/v1/messages/{id}", false, false));
        assert!(!is_noted(Method::GET, "/v1/messages/{id}", false, true));
    }
}
