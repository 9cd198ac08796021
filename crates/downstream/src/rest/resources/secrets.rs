//! The secrets of accounts: made, shown once, and revoked.

use super::{Account, answer};
use crate::rest::Rest;
use crate::rest::caller::ByAdministrator;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRequest {
    /// Its name, unique in the account, by which it is revoked: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`.
    name: String,
}

/// Makes an account a new API key, which is shown this once under `secrets`.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/keys", operation_id = "addAccountKey", tag = "declarations", request_body = KeyRequest,
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Made.", body = Account),
        (status = "4XX", description = "Not made.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_key(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let key: KeyRequest = parse(&body)?;
    Ok(answer(rest.registry.add_key(&name, key.name, &who, rest.live.now()).await?))
}

/// Revokes an API key of an account, at once.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}/keys/{key}", operation_id = "revokeAccountKey", tag = "declarations",
    params(
        ("name" = String, Path, description = "The account's name."),
        ("key" = String, Path, description = "The key's name."),
    ),
    responses(
        (status = 204, description = "Revoked."),
        (status = "4XX", description = "Not revoked.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn revoke_key(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path((name, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    rest.registry.revoke_key(&name, key, &who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes an account a new SMPP password, which is shown this once under `secrets`. Sessions that are open stay open.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/smpp/password", operation_id = "rotateSmppPassword", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Made.", body = Account),
        (status = "4XX", description = "Not made.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rotate_password(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    Ok(answer(rest.registry.rotate_password(&name, &who, rest.live.now()).await?))
}

/// Makes an account a new key for the signatures of its webhook, which is shown this once under `secrets`.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/webhook/secret", operation_id = "rotateWebhookSecret", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Made.", body = Account),
        (status = "4XX", description = "Not made.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rotate_webhook_secret(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    Ok(answer(rest.registry.rotate_webhook_secret(&name, &who, rest.live.now()).await?))
}
