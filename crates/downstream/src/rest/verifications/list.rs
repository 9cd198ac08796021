//! The list of verifications.

use super::view::VerificationView;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list::{self, PAGE, PageQuery};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::verification::Status;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of verifications.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct VerificationList {
    /// The verifications, the newest first.
    verifications: Vec<VerificationView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists verifications, the newest first. They are listed up to a day after their end.
#[utoipa::path(
    get, path = "/v1/verifications", operation_id = "listVerifications", tag = "verifications",
    params(
        PageQuery,
        (
            "status" = Option<String>, Query,
            description = "Only verifications in this state: `pending`, `approved`, `expired`, `max_attempts_reached` or `canceled`."
        ),
    ),
    responses(
        (status = 200, description = "A page of verifications.", body = VerificationList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_verifications(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut limit, mut cursor, mut status) = (PAGE, None, None);
    for (name, value) in query::pairs(query.as_deref().unwrap_or_default(), &["limit", "cursor", "status"])? {
        match name.as_str() {
            "limit" => limit = list::limit(&value)?,
            "cursor" => cursor = Some(value.into_boxed_str()),
            _ => status = Some(list::state("status", &value, Status::ALL, Status::word)?),
        }
    }
    // One more than requested shows whether there is another page.
    let found = rest.apps.verifications.list(owned.account.id, status, cursor, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |last| last.id.to_string());
    let now = rest.live.now();
    let verifications = page.iter().map(|it| VerificationView::of(it, now)).collect();
    Ok(json(StatusCode::OK, &VerificationList { verifications, next }))
}
