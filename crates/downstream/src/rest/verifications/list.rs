//! The list of verifications.

use super::view::VerificationView;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most verifications of one page.
const PAGE_MAX: usize = 500;
/// The default number of verifications of a page.
const PAGE: usize = 50;

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct VerificationsQuery {
    /// The most verifications of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

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
    get, path = "/v1/verifications", operation_id = "listVerifications", tag = "verifications", params(VerificationsQuery),
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
    let account = &owned.account;
    let (mut limit, mut cursor) = (PAGE, None);
    for (name, value) in query::pairs(query.as_deref().unwrap_or_default(), &["limit", "cursor"])? {
        match name.as_str() {
            "limit" => limit = query::limit(&value, PAGE_MAX)?,
            _ => cursor = Some(value.into_boxed_str()),
        }
    }
    // One more than requested shows whether there is another page.
    let found = rest.apps.verifications.list(account.id, cursor, limit + 1).await?;
    let page = found.get(..limit).unwrap_or(&found);
    let next = page.last().filter(|_| found.len() > limit).map(|last| last.id.to_string());
    let now = rest.live.now();
    let verifications = page.iter().map(|it| VerificationView::of(it, now)).collect();
    Ok(json(StatusCode::OK, &VerificationList { verifications, next }))
}
