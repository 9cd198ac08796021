//! How accounts pay: a part of their documents that needs what prices need.

use super::Asker;
use super::description::{DeclaredAccount, Patch};
use crate::rest::Rest;
use crate::rest::caller::ByAdministrator;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use postrider_access::SignedIn;
use postrider_core::user::Permission;
use postrider_declare::AccountDocument;
use postrider_declare::tree::Node;
use std::sync::Arc;

/// The field of an account's document.
const BILLING: &str = "billing";

/// What a user needs to declare an account so, besides what accounts need.
pub(super) fn needed(before: Option<&AccountDocument>, after: &AccountDocument) -> Option<Permission> {
    let is_same = before.and_then(|before| before.billing.as_ref()) == after.billing.as_ref();
    (!is_same).then_some(Permission::WritePrices)
}

/// What a user needs to change these fields of an account, besides what accounts need.
pub(super) fn needed_by_patch(patch: &Node) -> Option<Permission> {
    patch.get(BILLING).map(|_| Permission::WritePrices)
}

/// Changes how an account pays, and leaves the rest of it as it is. `null` has its messages cost nothing.
#[utoipa::path(
    patch, path = "/v1/accounts/{name}/billing", operation_id = "patchAccountBilling", tag = "money",
    description = "A JSON merge patch (RFC 7386) of the account's `billing`. Of users it needs the permission to change prices.",
    params(
        ("name" = String, Path, description = "The account's name."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the account must have."),
    ),
    request_body(content = Patch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Changed.", body = DeclaredAccount),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn patch_billing(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    user: Option<Extension<SignedIn>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    if body.trim_ascii() != b"null" {
        parse::<Node>(&body)?;
    }
    let whole = [format!("{{\"{BILLING}\":").as_bytes(), &body, b"}"].concat();
    let asker = Asker::new(&rest, &who, user.as_deref());
    super::patch::<AccountDocument>(&asker, &name, &headers, &whole).await
}
