//! Looks at templates: one, its versions, all of them.

use super::view::{TemplateEntry, TemplateView};
use super::{missing, tagged};
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list::{self, PageQuery};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A page of templates.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TemplateList {
    /// The templates, by name.
    templates: Vec<TemplateEntry>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of versions of a template.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TemplateVersionList {
    /// The versions, the newest first.
    versions: Vec<TemplateView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The version of a template.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct VersionQuery {
    /// The version. Default: the newest.
    #[param(minimum = 1)]
    version: Option<u32>,
}

/// The parameters of a page of a list by names.
pub(in crate::rest) fn page(query: Option<&str>) -> Result<(usize, Option<String>), Problem> {
    let (mut limit, mut cursor) = (list::PAGE, None);
    for (name, value) in query::pairs(query.unwrap_or_default(), &["limit", "cursor"])? {
        match name.as_str() {
            "limit" => limit = list::limit(&value)?,
            _ => cursor = Some(value),
        }
    }
    Ok((limit, cursor))
}

/// The version that a query names, if it does.
pub(super) fn version_of(query: Option<&str>) -> Result<Option<u32>, Problem> {
    let mut version = None;
    for (_, value) in query::pairs(query.unwrap_or_default(), &["version"])? {
        version = Some(value.parse().map_err(|_| query::wrong("version", "must be a number from 1"))?);
    }
    Ok(version)
}

/// Lists the account's templates by name.
#[utoipa::path(
    get, path = "/v1/templates", operation_id = "listTemplates", tag = "templates", params(PageQuery),
    responses(
        (status = 200, description = "A page of templates.", body = TemplateList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_templates(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, cursor) = page(query.as_deref())?;
    let found = rest.apps.templates.list(owned.account.id, cursor.as_deref(), limit + 1).await?;
    let (page, next) = list::page(&found, limit, |template| template.name.to_string());
    let templates = page.iter().map(TemplateEntry::from).collect();
    Ok(json(StatusCode::OK, &TemplateList { templates, next }))
}

/// Shows a template.
#[utoipa::path(
    get, path = "/v1/templates/{name}", operation_id = "getTemplate", tag = "templates",
    params(("name" = String, Path, description = "The template's name."), VersionQuery),
    responses(
        (status = 200, description = "The version.", body = TemplateView, headers(("ETag" = String, description = "What `If-Match` takes: the newest version."))),
        (status = 404, description = "There is no such template, or no such version.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn template(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let version = version_of(query.as_deref())?;
    let found = rest.apps.templates.version(owned.account.id, &name, version).await?;
    let (template, version) = found.ok_or_else(missing)?;
    let view = TemplateView::of(version, template.approved);
    Ok(tagged(json(StatusCode::OK, &view), template.latest.into()))
}

/// Lists the versions of a template, the newest first.
#[utoipa::path(
    get, path = "/v1/templates/{name}/versions", operation_id = "listTemplateVersions", tag = "templates",
    params(("name" = String, Path, description = "The template's name."), PageQuery),
    responses(
        (status = 200, description = "A page of versions.", body = TemplateVersionList),
        (status = 404, description = "There is no such template.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn template_versions(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, cursor) = page(query.as_deref())?;
    let before = cursor.as_deref().map(list::cursor).transpose()?.flatten();
    let templates = &rest.apps.templates;
    let template = templates.show(owned.account.id, &name).await?.ok_or_else(missing)?;
    let found = templates.versions(owned.account.id, &name, before, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |version| version.version.to_string());
    let view =
        |version: &_| TemplateView::of(postrider_apps::template::Version::clone(version), template.approved);
    let versions = page.iter().map(view).collect();
    Ok(json(StatusCode::OK, &TemplateVersionList { versions, next }))
}
