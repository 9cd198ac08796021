//! Approvals of templates.

use super::missing;
use super::view::TemplateView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::template::NotApproved;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The version that is approved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct ApproveTemplate {
    /// The version.
    #[schema(minimum = 1)]
    version: u32,
}

/// Approves a version of a template: from now on it is what is sent. A user can't approve what they wrote.
#[utoipa::path(
    post, path = "/v1/templates/{name}/approve", operation_id = "approveTemplate", tag = "templates",
    request_body = ApproveTemplate, params(("name" = String, Path, description = "The template's name.")),
    responses(
        (status = 200, description = "The approved version.", body = TemplateView),
        (status = 403, description = "Who wrote a version can't approve it.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such version.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn approve_template(
    State(rest): State<Arc<Rest>>,
    Owned { account, caller, .. }: Owned,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let ApproveTemplate { version } = parse(&body)?;
    let (who, is_person) = (caller.recorded_as(), caller.role.is_some());
    let approved = rest.apps.templates.approve(account.id, &name, version, &who, is_person).await;
    let approved = approved.map_err(|error| {
        let detail = error.to_string();
        match error {
            NotApproved::Missing => missing(),
            NotApproved::OwnWork => Problem::new(StatusCode::FORBIDDEN, "own_work", detail),
            NotApproved::Store(error) => error.into(),
        }
    })?;
    Ok(json(StatusCode::OK, &TemplateView::of(approved, Some(version))))
}
