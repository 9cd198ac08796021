//! Writes of templates.

use super::view::{ContentDocument, TemplateView};
use super::{missing, tagged, version_read};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use postrider_apps::template::{NAME_MAX, NotWritten, is_name};
use std::sync::Arc;

/// The problem that a name is none.
pub(in crate::rest) fn check_name(name: &str) -> Result<(), Problem> {
    if is_name(name) {
        return Ok(());
    }
    let detail = format!(
        "'{name}' is no name: use 1 to {NAME_MAX} small letters, digits, '-' and '_', a letter or digit first"
    );
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_name", detail).at("name"))
}

fn not_written(error: NotWritten) -> Problem {
    let detail = error.to_string();
    match error {
        NotWritten::Content(wrong) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_template", wrong.detail).at(wrong.field)
        }
        NotWritten::Changed => Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail),
        NotWritten::Full(_) => Problem::new(StatusCode::CONFLICT, "too_many_templates", detail),
        NotWritten::Store(error) => error.into(),
    }
}

/// Writes a new version of a template. It is a draft, which is not sent until it is approved.
#[utoipa::path(
    put, path = "/v1/templates/{name}", operation_id = "putTemplate", tag = "templates", request_body = ContentDocument,
    params(
        ("name" = String, Path, description = "The template's name: small letters, digits, `-` and `_`."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have."),
        ("If-None-Match" = Option<String>, Header, description = "`*` if it must not be there yet."),
    ),
    responses(
        (status = 200, description = "The new version.", body = TemplateView, headers(("ETag" = String, description = "What `If-Match` takes."))),
        (status = 201, description = "The first version.", body = TemplateView, headers(("ETag" = String, description = "What `If-Match` takes."))),
        (status = 412, description = "The template has changed meanwhile.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A text or a variable is wrong: `field` says which.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn put_template(
    State(rest): State<Arc<Rest>>,
    Owned { account, caller, .. }: Owned,
    Path(name): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    check_name(&name)?;
    let content = parse::<ContentDocument>(&body)?.into();
    let read = version_read(&headers)?.map(|read| u32::try_from(read).unwrap_or(u32::MAX));
    let templates = &rest.apps.templates;
    let written = templates.write(account.id, &name, content, &caller.recorded_as(), read).await;
    let written = written.map_err(not_written)?;
    let status = if written.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let latest = written.version.version;
    Ok(tagged(json(status, &TemplateView::of(written.version, None)), latest.into()))
}

/// Deletes a template with all its versions. Messages keep the texts that they were made of.
#[utoipa::path(
    delete, path = "/v1/templates/{name}", operation_id = "deleteTemplate", tag = "templates",
    params(("name" = String, Path, description = "The template's name.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 404, description = "There is no such template.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete_template(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if rest.apps.templates.remove(owned.account.id, &name).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(missing())
}
