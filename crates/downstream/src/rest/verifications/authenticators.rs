//! Authenticator apps: enrolment, and checks of their codes.

use super::check::CodeRequest;
use super::held;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Owned};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, moment};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_apps::authenticator::{Authenticator, NAME_MAX, NotDone};
use postrider_core::contract::StoreError;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// An authenticator app to be enrolled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct AuthenticatorRequest {
    /// Whose codes they are, as the app shows it: up to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// Who asks for them, as the app shows it: up to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    issuer: String,
}

/// An enrolment of an authenticator app.
#[derive(Serialize, ToSchema)]
#[schema(as = Authenticator)]
pub(in crate::rest) struct AuthenticatorView {
    /// Its identifier, which nobody can guess.
    id: String,
    /// Whose codes they are.
    name: String,
    /// Who asks for them.
    issuer: String,
    /// Whether a right code was told: until then the app may not have the key.
    verified: bool,
    /// When it was enrolled.
    #[schema(format = "date-time")]
    created_at: String,
}

/// An enrolment, with what the app needs. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AuthenticatorEnrolled {
    #[serde(flatten)]
    authenticator: AuthenticatorView,
    /// The key in base32, to be typed in.
    secret: String,
    /// The address that the app reads as a QR code.
    uri: String,
}

/// An enrolment, and whether the code was right.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AuthenticatorCheck {
    #[serde(flatten)]
    authenticator: AuthenticatorView,
    /// Whether the code is right, and was not used before.
    valid: bool,
}

impl From<&Authenticator> for AuthenticatorView {
    fn from(it: &Authenticator) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name.to_string(),
            issuer: it.issuer.to_string(),
            verified: it.is_verified,
            created_at: moment::write(it.created_at()),
        }
    }
}

fn missing() -> Problem {
    Problem::not_found("there is no such authenticator")
}

fn not_done(error: NotDone, now: Time) -> Problem {
    let detail = error.to_string();
    match error {
        NotDone::Missing => missing(),
        NotDone::Held(it) => held(&it, &detail, now),
        NotDone::Store(error) => error.into(),
        NotDone::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

/// Enrols an authenticator app (TOTP, RFC 6238: SHA-1, six digits, thirty seconds). The key is told this once.
#[utoipa::path(
    post, path = "/v1/verifications/authenticators", operation_id = "enrolAuthenticator", tag = "verifications",
    request_body = AuthenticatorRequest,
    responses(
        (status = 201, description = "The enrolment, and what the app needs.", body = AuthenticatorEnrolled),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn enrol_authenticator(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let AuthenticatorRequest { name, issuer } = parse(&body)?;
    for (field, text) in [("name", &name), ("issuer", &issuer)] {
        if text.trim().is_empty() || text.chars().count() > NAME_MAX || text.contains(':') {
            let detail = format!("{field} must have 1 to {NAME_MAX} characters, and no colon");
            return Err(
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_authenticator", detail).at(field)
            );
        }
    }
    let now = rest.live.now();
    let enrolled = rest.apps.authenticators.enrol(account.id, &name, &issuer).await;
    let enrolled = enrolled.map_err(|error| not_done(error, now))?;
    let authenticator = (&enrolled.authenticator).into();
    let (secret, uri) = (enrolled.secret, enrolled.address);
    Ok(json(StatusCode::CREATED, &AuthenticatorEnrolled { authenticator, secret, uri }))
}

/// Checks a code of an authenticator app. The first right one confirms the enrolment. No code is right twice.
#[utoipa::path(
    post, path = "/v1/verifications/authenticators/{id}/check", operation_id = "checkAuthenticator", tag = "verifications",
    request_body = CodeRequest, params(("id" = String, Path, description = "The authenticator's identifier.")),
    responses(
        (status = 200, description = "The code was checked: `valid` says whether it is right.", body = AuthenticatorCheck),
        (status = 404, description = "There is no such authenticator.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes were told.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn check_authenticator(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let CodeRequest { code } = parse(&body)?;
    let now = rest.live.now();
    let checked = rest.apps.authenticators.check(account.id, &id, &code).await;
    let (it, valid) = checked.map_err(|error| not_done(error, now))?;
    Ok(json(StatusCode::OK, &AuthenticatorCheck { authenticator: (&it).into(), valid }))
}

/// Shows an authenticator, without its key.
#[utoipa::path(
    get, path = "/v1/verifications/authenticators/{id}", operation_id = "getAuthenticator", tag = "verifications",
    params(("id" = String, Path, description = "The authenticator's identifier.")),
    responses(
        (status = 200, description = "The authenticator.", body = AuthenticatorView),
        (status = 404, description = "There is no such authenticator.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn authenticator(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.authenticators.show(owned.account.id, &id).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &AuthenticatorView::from(&found)))
}

/// Forgets an authenticator and its key.
#[utoipa::path(
    delete, path = "/v1/verifications/authenticators/{id}", operation_id = "removeAuthenticator", tag = "verifications",
    params(("id" = String, Path, description = "The authenticator's identifier.")),
    responses(
        (status = 204, description = "It is forgotten."),
        (status = 404, description = "There is no such authenticator.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn remove_authenticator(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if rest.apps.authenticators.forget(account.id, &id).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(missing())
}
