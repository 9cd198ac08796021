//! Previews of templates: the text, and what it costs in parts.

use super::missing;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::messages::{PreviewAnswer, fill, measure};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::template::{Compiled, Values};
use postrider_core::contract::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is previewed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct TemplatePreviewRequest {
    /// The version. Default: the newest.
    #[serde(default)]
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// The recipient's language. Default: the template's own.
    #[serde(default)]
    language: Option<String>,
    /// The values of its variables. Default: their examples.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    variables: Option<BTreeMap<String, Value>>,
}

/// A text that a template makes.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TemplatePreview {
    /// The language of the text that was taken.
    language: String,
    /// The text.
    text: String,
    /// The variables that must be given a value.
    needed: Vec<String>,
    #[serde(flatten)]
    cost: PreviewAnswer,
}

/// Shows the text that a template makes, and its encoding and parts. Nothing is sent.
#[utoipa::path(
    post, path = "/v1/templates/{name}/preview", operation_id = "previewTemplate", tag = "templates",
    request_body = TemplatePreviewRequest, params(("name" = String, Path, description = "The template's name.")),
    responses(
        (status = 200, description = "The text, and what it costs in parts.", body = TemplatePreview),
        (status = 404, description = "There is no such template, or no such version.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn preview_template(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: TemplatePreviewRequest = parse(&body)?;
    let found = rest.apps.templates.version(owned.account.id, &name, request.version).await?;
    let (_, version) = found.ok_or_else(missing)?;
    let compiled = Compiled::of(&name, version.version, &version.content)
        .map_err(|(_, error)| StoreError::Damaged(format!("the template '{name}' can't be read: {error}")))?;
    let language = request.language.as_deref();
    let text = match &request.variables {
        Some(variables) => fill(&compiled, language, variables)?,
        None => from_examples(&compiled, language, &version.content.samples(&compiled))?,
    };
    let preview = TemplatePreview {
        language: compiled.language(language).to_owned(),
        needed: compiled.needed().into_iter().map(str::to_owned).collect(),
        cost: measure(&text)?,
        text,
    };
    Ok(json(StatusCode::OK, &preview))
}

fn from_examples(compiled: &Compiled, language: Option<&str>, samples: &Values) -> Result<String, Problem> {
    compiled.text(language, samples).map_err(|error| Problem::bad("invalid_template", error.to_string()))
}
