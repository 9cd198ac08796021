//! Sources of alerts.

use super::source_document::{SourceRequest, SourceView};
use super::{name, not_set};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Owned};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The sources of an account.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AlertSourceList {
    /// The sources.
    sources: Vec<SourceView>,
}

pub(super) fn missing_source() -> Problem {
    Problem::not_found("there is no such source of alerts")
}

/// Lists the account's sources of alerts.
#[utoipa::path(
    get, path = "/v1/alerts/sources", operation_id = "listAlertSources", tag = "alerts",
    responses((status = 200, description = "The sources.", body = AlertSourceList)),
)]
pub(in crate::rest) async fn list_alert_sources(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
) -> Result<Response, Problem> {
    let sources = rest.apps.alerts.sources(account.id).await?;
    let sources = sources.iter().map(|source| SourceView::of(source, None)).collect();
    Ok(json(StatusCode::OK, &AlertSourceList { sources }))
}

/// Shows a source, and whether it is silent.
#[utoipa::path(
    get, path = "/v1/alerts/sources/{name}", operation_id = "getAlertSource", tag = "alerts",
    params(("name" = String, Path, description = "The source's name.")),
    responses(
        (status = 200, description = "The source.", body = SourceView),
        (status = 404, description = "There is no such source.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn alert_source(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.alerts.source(account.id, &name).await?;
    let (source, state) = found.ok_or_else(missing_source)?;
    Ok(json(StatusCode::OK, &SourceView::of(&source, state.as_ref())))
}

/// Declares a source: the form of its reports, the group that is told, and the silence that is an alert itself.
#[utoipa::path(
    put, path = "/v1/alerts/sources/{name}", operation_id = "setAlertSource", tag = "alerts", request_body = SourceRequest,
    params(("name" = String, Path, description = "The source's name: letters, digits, `-`, `_` and `.`.")),
    responses(
        (status = 200, description = "The source, which was there before.", body = SourceView),
        (status = 201, description = "The source, which is new.", body = SourceView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn set_alert_source(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(given): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let source = parse::<SourceRequest>(&body)?.read(name(&given)?)?;
    let is_new = rest.apps.alerts.set_source(account.id, &source).await.map_err(not_set)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &SourceView::of(&source, None)))
}

/// Removes a source. Its alerts stay.
#[utoipa::path(
    delete, path = "/v1/alerts/sources/{name}", operation_id = "removeAlertSource", tag = "alerts",
    params(("name" = String, Path, description = "The source's name.")),
    responses(
        (status = 204, description = "It is removed."),
        (status = 404, description = "There is no such source.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn remove_alert_source(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if rest.apps.alerts.remove_source(account.id, &name).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(missing_source())
}
