//! Sessions of users of the console, as administrators list and end them.

use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::{Rest, moment, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::EndedSessions;
use postrider_core::user::{Session, SessionId, User, UserId};
use postrider_declare::{UserDocument, none};
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which sessions are meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct SessionQuery {
    /// The name of the user whose sessions they are.
    user: Option<String>,
}

/// A session of a user of the console.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSession)]
pub(super) struct SessionView {
    /// Its number, as a text. It names the session and lets nobody in.
    id: String,
    /// Whose it is.
    user: Box<str>,
    /// The user's role.
    role: &'static str,
    /// When it began.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was used last, to the minute.
    #[schema(format = "date-time")]
    seen_at: String,
    /// The address that it began from.
    address: Box<str>,
    /// The browser's own name.
    agent: Box<str>,
}

/// Sessions of users of the console.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSessions)]
pub(super) struct SessionList {
    /// The sessions, the one that was used last first.
    sessions: Vec<SessionView>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedUserSessions)]
pub(super) struct EndedView {
    /// How many.
    ended: usize,
}

/// Lists the sessions of users of the console.
#[utoipa::path(
    get, path = "/v1/sessions", operation_id = "listSessions", tag = "users", params(SessionQuery),
    responses(
        (status = 200, description = "The sessions.", body = SessionList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sessions(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let user = user(&rest, given.as_deref())?;
    let sessions = rest.access.sessions(user).await?;
    Ok(json(
        StatusCode::OK,
        &SessionList {
            sessions: sessions.iter().map(|(user, session)| SessionView::of(user, session)).collect(),
        },
    ))
}

/// Ends all sessions of a user of the console, at once and at every node.
#[utoipa::path(
    delete, path = "/v1/sessions", operation_id = "endSessions", tag = "users", params(SessionQuery),
    responses(
        (status = 200, description = "Ended.", body = EndedView),
        (status = "4XX", description = "Nothing was ended.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn end_sessions(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let missing = || query::wrong("user", "is missing: name the user whose sessions are to end");
    let user = user(&rest, given.as_deref())?.ok_or_else(missing)?;
    let ended = rest.access.end_sessions(EndedSessions::OfUser(user)).await?;
    Ok(json(StatusCode::OK, &EndedView { ended }))
}

/// Ends a session of a user of the console, at once and at every node.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", operation_id = "endSession", tag = "users",
    params(("id" = String, Path, description = "The session's number.")),
    responses(
        (status = 204, description = "Ended."),
        (status = "4XX", description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn end_session(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let none = || Problem::not_found(format!("there is no session '{id}'"));
    let number = id.parse().map_err(|_| none())?;
    let ended = rest.access.end_sessions(EndedSessions::One(SessionId(number))).await?;
    if ended > 0 { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

/// The user that a query names.
fn user(rest: &Rest, given: Option<&str>) -> Result<Option<UserId>, Problem> {
    let Some((_, name)) = query::pairs(given.unwrap_or_default(), &["user"])?.pop() else { return Ok(None) };
    let users = rest.access.users();
    let user = users.named(&name).ok_or_else(|| Problem::from(none::<UserDocument>(&name)))?;
    Ok(Some(user.id))
}

impl SessionView {
    /// A session of this user.
    pub(super) fn of(user: &User, session: &Session) -> Self {
        Self {
            id: session.id.0.to_string(),
            user: user.name.clone(),
            role: user.role.word(),
            created_at: moment::write(session.created),
            seen_at: moment::write(session.seen),
            address: session.address.clone(),
            agent: session.agent.clone(),
        }
    }
}
