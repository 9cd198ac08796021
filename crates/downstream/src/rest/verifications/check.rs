//! Checks of codes, and the end of verifications.

use super::view::VerificationView;
use super::{missing, not_checked};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Owned};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A code to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct CodeRequest {
    /// The code as the person gave it. Spaces and hyphens don't matter.
    pub(super) code: String,
}

/// A code to be checked, and the number that it was sent to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct NumberCodeRequest {
    /// The number.
    to: String,
    /// The purpose for which the verification was started, if one was given.
    #[serde(default)]
    purpose: String,
    /// The code as the person gave it. Spaces and hyphens don't matter.
    code: String,
}

/// A verification, and whether the code was right.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct VerificationCheck {
    #[serde(flatten)]
    verification: VerificationView,
    /// Whether the code is right. A verification is approved once: the same code is not right again.
    valid: bool,
}

/// Checks a code. A wrong one is counted: after five the verification ends.
#[utoipa::path(
    post, path = "/v1/verifications/{id}/check", operation_id = "checkVerification", tag = "verifications", request_body = CodeRequest,
    params(("id" = String, Path, description = "The verification's identifier.")),
    responses(
        (status = 200, description = "The code was checked: `valid` says whether it is right.", body = VerificationCheck),
        (status = 404, description = "There is no such pending verification: it may be approved, canceled or expired.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes were told: `until` and `Retry-After` say when there is room again.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn check_verification(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let CodeRequest { code } = parse(&body)?;
    let now = rest.live.now();
    let checked = rest.apps.verifications.check(account.id, &id, &code).await;
    let checked = checked.map_err(|error| not_checked(error, now))?;
    let verification = VerificationView::of(&checked.verification, now);
    Ok(json(StatusCode::OK, &VerificationCheck { verification, valid: checked.is_right }))
}

/// Checks a code by the number that it was sent to, for whoever has not kept the verification's identifier.
#[utoipa::path(
    post, path = "/v1/verifications/check", operation_id = "checkNumber", tag = "verifications", request_body = NumberCodeRequest,
    responses(
        (status = 200, description = "The code was checked: `valid` says whether it is right.", body = VerificationCheck),
        (status = 404, description = "The number has no such pending verification: it may be approved, canceled or expired.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes were told: `until` and `Retry-After` say when there is room again.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn check_number(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let NumberCodeRequest { to, purpose, code } = parse(&body)?;
    let to = Number::parse_recipient_in(&to, account.country);
    let to = to.map_err(|error| Problem::from(&Refusal::Recipient(error)).at("to"))?;
    let now = rest.live.now();
    let checked = rest.apps.verifications.check_of(account.id, to, &purpose, &code).await;
    let checked = checked.map_err(|error| not_checked(error, now))?;
    let verification = VerificationView::of(&checked.verification, now);
    Ok(json(StatusCode::OK, &VerificationCheck { verification, valid: checked.is_right }))
}

/// Shows a verification, up to a day after its end.
#[utoipa::path(
    get, path = "/v1/verifications/{id}", operation_id = "getVerification", tag = "verifications",
    params(("id" = String, Path, description = "The verification's identifier.")),
    responses(
        (status = 200, description = "The verification.", body = VerificationView),
        (status = 404, description = "There is no such verification.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn verification(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.verifications.show(owned.account.id, &id).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &VerificationView::of(&found, rest.live.now())))
}

/// Cancels a pending verification: its code is not right any more.
#[utoipa::path(
    delete, path = "/v1/verifications/{id}", operation_id = "cancelVerification", tag = "verifications",
    params(("id" = String, Path, description = "The verification's identifier.")),
    responses(
        (status = 200, description = "The verification as it is now.", body = VerificationView),
        (status = 404, description = "There is no such pending verification.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn cancel_verification(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let now = rest.live.now();
    let canceled = rest.apps.verifications.cancel(account.id, &id).await;
    let canceled = canceled.map_err(|error| not_checked(error, now))?;
    Ok(json(StatusCode::OK, &VerificationView::of(&canceled, now)))
}
