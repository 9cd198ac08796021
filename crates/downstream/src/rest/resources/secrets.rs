//! The secrets of accounts: made, shown once, and revoked.

use super::answer;
use super::description::DeclaredAccount;
use crate::rest::Rest;
use crate::rest::caller::ByAdministrator;
use crate::rest::mistakes::{self, Sent};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_declare::tree::Node;
use postrider_declare::{Found, KeyDocument, Mistake, Settings, read_table};
use std::sync::Arc;

/// Makes an account a new API key, which is shown this once under `secrets`.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/keys", operation_id = "addAccountKey", tag = "declarations", request_body = KeyDocument,
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Made.", body = DeclaredAccount),
        (status = "4XX", description = "Not made.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_key(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (key, mistakes) = read_document::<KeyDocument>(&parse(&body)?);
    let key = key
        .filter(|_| mistakes.is_empty())
        .ok_or_else(|| mistakes::of_form(&mistakes, Some(Sent { body: &body, place: ["", ""] })))?;
    Ok(answer(rest.registry.add_key(&name, key, &who, rest.live.now()).await?))
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
        (status = 200, description = "Made.", body = DeclaredAccount),
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

/// Makes an account a new key for the signatures of its webhook, which is shown this once under `secrets`. The one before
/// signs as well, until it is dropped.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/webhook/secret", operation_id = "rotateWebhookSecret", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 200, description = "Made.", body = DeclaredAccount),
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

/// Ends the rotation of the key of a webhook's signatures: from now on only the new one signs.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}/webhook/previous_secret", operation_id = "dropPreviousWebhookSecret", tag = "declarations",
    params(("name" = String, Path, description = "The account's name.")),
    responses(
        (status = 204, description = "Only the new key signs."),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn drop_previous_webhook_secret(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    rest.registry.drop_previous_webhook_secret(&name, &who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A document that is no kind of its own, and the mistakes in it.
fn read_document<D: Settings>(node: &Node) -> (Option<D>, Vec<Mistake>) {
    let found = Found::default();
    let document = read_table(node, &found.notes());
    (document, found.into_mistakes())
}
