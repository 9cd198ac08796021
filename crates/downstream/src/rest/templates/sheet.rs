//! A table to be filled in with recipients: the columns that a template needs, and an example.

use super::missing;
use crate::rest::Rest;
use crate::rest::caller::Owned;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::templates::read::{VersionQuery, version_of};
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use postrider_apps::csv;
use postrider_apps::template::{Compiled, Content};
use postrider_core::contract::StoreError;
use postrider_core::template::Scalar;
use std::sync::Arc;

/// The recipient of the example: a number that nobody has (Ofcom reserves it for fiction).
const EXAMPLE: &str = "+447700900123";

/// Makes a table for the recipients of a template: CSV with a column for each variable, and one example. Fill it in, and add it to a
/// campaign or a batch.
#[utoipa::path(
    get, path = "/v1/templates/{name}/sheet", operation_id = "getTemplateSheet", tag = "templates",
    params(("name" = String, Path, description = "The template's name."), VersionQuery),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 404, description = "There is no such template, or no such version.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn template_sheet(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let version = version_of(query.as_deref())?;
    let found = rest.apps.templates.version(owned.account.id, &name, version).await?;
    let (_, version) = found.ok_or_else(missing)?;
    let table = table(&version.content)?;
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(([kind, (CONTENT_DISPOSITION, HeaderValue::from_static("attachment"))], table).into_response())
}

fn table(content: &Content) -> Result<String, Problem> {
    let compiled = Compiled::of("", 0, content).map_err(|(language, error)| {
        StoreError::Damaged(format!("the text '{language}' can't be read: {error}"))
    })?;
    let samples = content.samples(&compiled);
    let own = ["to", "language"];
    let variables: Vec<(&str, String)> = samples
        .iter()
        .map(|(name, value)| (&**name, shown(value)))
        .filter(|(name, _)| !own.contains(name))
        .collect();
    let mut table = String::new();
    csv::write(&mut table, own.into_iter().chain(variables.iter().map(|(name, _)| *name)));
    let cells = [EXAMPLE, &*content.language];
    csv::write(&mut table, cells.into_iter().chain(variables.iter().map(|(_, value)| value.as_str())));
    Ok(table)
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => text.to_string(),
        Scalar::Whole(number) => number.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Flag(flag) => flag.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_apps::template::Variable;
    use serde_json::json;

    #[test]
    fn a_table_has_a_column_for_each_variable_of_all_texts() {
        let texts = [("en", "Hi {{ name }}, {{ n }}"), ("de", "Hallo {{ name }}, {{ stadt }}")];
        let content = Content {
            language: "en".into(),
            texts: texts.map(|(language, text)| (language.into(), text.into())).into(),
            variables: [("name".into(), Variable { default: None, example: Some(json!("=Ann")) })].into(),
            ..Content::default()
        };
        let expected = "to,language,n,name,stadt\r\n+447700900123,en,1,\"'=Ann\",1\r\n";
        assert_eq!(table(&content).unwrap(), expected);
    }
}
