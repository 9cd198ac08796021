//! Who is locked out of signing in to the console, as owners see and lift it.

use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::{Rest, moment};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_access::{LockOut, LockOutScope};
use postrider_core::audit::{ActorKind, Event};
use postrider_core::principal::USER_PREFIX;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is locked out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LockOutScope)]
enum ScopeWord {
    /// A name from one address.
    Name,
    /// An address (of IPv6 a /64), whatever the name.
    Address,
    /// A network of IPv6 (/48).
    Network,
    /// The one-time codes of a user, from everywhere.
    Codes,
}

impl From<LockOutScope> for ScopeWord {
    fn from(scope: LockOutScope) -> Self {
        match scope {
            LockOutScope::Name => Self::Name,
            LockOutScope::Address => Self::Address,
            LockOutScope::Network => Self::Network,
            LockOutScope::Codes => Self::Codes,
        }
    }
}

/// Somebody who had too many wrong attempts to sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = LockOut)]
struct LockOutView {
    /// Its identifier.
    id: String,
    /// What is locked out.
    scope: ScopeWord,
    /// The name that was tried, or whose codes were guessed: its first 32 characters. It need not be a user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Box<str>>,
    /// The address or network that attempts came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// How many wrong attempts there were.
    wrong: u32,
    /// Whether attempts are refused now.
    locked: bool,
    /// Until when attempts are refused. When it is over, the next wrong one is refused for twice as long, for 15 minutes.
    #[schema(format = "date-time")]
    until: String,
    /// When the last wrong attempt was.
    #[schema(format = "date-time")]
    last_at: String,
}

impl From<LockOut> for LockOutView {
    fn from(it: LockOut) -> Self {
        Self {
            id: it.id,
            scope: it.scope.into(),
            user: it.name,
            address: it.address,
            wrong: it.wrong,
            locked: it.is_locked,
            until: moment::write(it.until),
            last_at: moment::write(it.last),
        }
    }
}

/// Who is locked out of signing in.
#[derive(Serialize, ToSchema)]
pub(super) struct LockOutList {
    /// They, the one that is locked out for longest first.
    lock_outs: Vec<LockOutView>,
}

/// Lists who is locked out of signing in to the console at this node, and who was within the last 15 minutes.
#[utoipa::path(
    get, path = "/v1/lock-outs", operation_id = "listLockOuts", tag = "users",
    responses((status = 200, description = "They.", body = LockOutList)),
)]
pub(super) async fn lock_outs(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    let lock_outs = rest.access.lock_outs().into_iter().map(Into::into).collect();
    json(StatusCode::OK, &LockOutList { lock_outs })
}

/// Lifts a lock-out at this node: wrong attempts before count no more.
#[utoipa::path(
    delete, path = "/v1/lock-outs/{id}", operation_id = "liftLockOut", tag = "users",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 204, description = "Lifted."),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn lift(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let none = || Problem::not_found(format!("there is no lock-out '{id}' at this node"));
    let lifted = rest.access.lift_lock_out(&id).ok_or_else(none)?;
    rest.auditor.note(line(&rest, &who, lifted)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// What the audit log tells of it, beside the request: whose it was.
fn line(rest: &Rest, who: &str, lifted: LockOut) -> Event {
    let user = who.strip_prefix(USER_PREFIX);
    let of = [lifted.name.map(Into::into), lifted.address];
    let subject =
        of.into_iter().flatten().fold(lifted.scope.word().to_owned(), |all, it: String| all + " " + &it);
    Event {
        at: rest.live.now(),
        who: user.unwrap_or(who).into(),
        role: if user.is_some() { ActorKind::User } else { ActorKind::Administrator },
        address: None,
        action: "lock_out.lifted".into(),
        subject: subject.into(),
        outcome: "ok".into(),
        detail: None,
    }
}
