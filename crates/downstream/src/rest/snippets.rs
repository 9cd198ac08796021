//! Snippets over HTTP: saved views of the list of messages, and canned replies.

use super::Rest;
use super::answer::json;
use super::caller::{Reader, Sender};
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::query::wrong;
use crate::rest::routing::{ApiRoutes, routes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::snippet::{NAME_MAX, SNIPPETS_MAX, Snippet, SnippetKind, TEXT_MAX};
use postrider_core::account::AccountId;
use postrider_core::principal::{Principal, Scope};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The routes of snippets.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default().routes(routes!(list_snippets)).routes(routes!(put_snippet, delete_snippet))
}

/// A text with a name.
#[derive(Serialize, ToSchema)]
#[schema(as = Snippet)]
pub(super) struct SnippetView {
    /// What it is for: `view`, the query of a list of messages, or `reply`, an answer in conversations.
    kind: &'static str,
    /// Its name among those of its kind.
    name: String,
    /// The text; of a view the query, such as `state=failed&since=1d`.
    text: String,
    /// Who wrote it last.
    by: String,
}

/// Snippets.
#[derive(Serialize, ToSchema)]
pub(super) struct SnippetList {
    /// The snippets, by kind and name.
    snippets: Vec<SnippetView>,
}

/// The text of a snippet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SnippetRequest {
    /// The text, up to 2,000 characters.
    text: String,
}

impl From<Snippet> for SnippetView {
    fn from(Snippet { kind, name, text, by }: Snippet) -> Self {
        Self { kind: kind.word(), name: name.into(), text: text.into(), by: by.into() }
    }
}

/// Whose snippets a caller sees: an account's own, or those of the gateway.
fn owner(caller: &Principal) -> AccountId {
    match &caller.scope {
        Scope::Account(account) => account.id,
        Scope::Administrator => AccountId(0),
    }
}

fn kind(word: &str) -> Result<SnippetKind, Problem> {
    let found = SnippetKind::ALL.into_iter().find(|kind| kind.word() == word);
    found.ok_or_else(|| wrong("kind", &format!("'{word}' is neither view nor reply")))
}

fn checked(name: &str, text: &str) -> Result<(), Problem> {
    let invalid = |field: &'static str, detail: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_snippet", detail).at(field)
    };
    let is_name = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !is_name {
        return Err(invalid("name", format!("a name has 1 to {NAME_MAX} characters")));
    }
    if !(1..=TEXT_MAX).contains(&text.chars().count()) {
        return Err(invalid("text", format!("a text has 1 to {TEXT_MAX} characters")));
    }
    Ok(())
}

/// Lists snippets: an account sees its own, administrators those of the gateway.
#[utoipa::path(
    get, path = "/v1/snippets", operation_id = "listSnippets", tag = "snippets",
    responses((status = 200, description = "The snippets.", body = SnippetList)),
)]
pub(super) async fn list_snippets(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
) -> Result<Response, Problem> {
    let found = rest.apps.snippets.list(owner(&caller)).await?;
    Ok(json(StatusCode::OK, &SnippetList { snippets: found.into_iter().map(Into::into).collect() }))
}

/// Keeps a snippet, in the place of the one with its name.
#[utoipa::path(
    put, path = "/v1/snippets/{kind}/{name}", operation_id = "putSnippet", tag = "snippets", request_body = SnippetRequest,
    params(
        ("kind" = String, Path, description = "`view` or `reply`."),
        ("name" = String, Path, description = "Its name, 1 to 64 characters."),
    ),
    responses(
        (status = 200, description = "It is kept.", body = SnippetView),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_snippet(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path((word, name)): Path<(String, String)>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let SnippetRequest { text } = parse(&body)?;
    checked(&name, &text)?;
    let by = caller.who.clone();
    let snippet = Snippet { kind: kind(&word)?, name: name.into(), text: text.into(), by };
    if !rest.apps.snippets.put(owner(&caller), &snippet).await? {
        let detail = format!("there are {SNIPPETS_MAX} snippets already: delete some first");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_snippets", detail));
    }
    Ok(json(StatusCode::OK, &SnippetView::from(snippet)))
}

/// Forgets a snippet.
#[utoipa::path(
    delete, path = "/v1/snippets/{kind}/{name}", operation_id = "deleteSnippet", tag = "snippets",
    params(
        ("kind" = String, Path, description = "`view` or `reply`."),
        ("name" = String, Path, description = "Its name."),
    ),
    responses(
        (status = 204, description = "It is forgotten."),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_snippet(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path((word, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    if rest.apps.snippets.delete(owner(&caller), kind(&word)?, &name).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found(format!("there is no {word} '{name}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_have_their_lengths() {
        assert!(
            checked("Failed today", "state=failed").is_ok() && checked("ü".repeat(64).as_str(), "x").is_ok()
        );
        for (name, text) in
            [("", "x"), ("a\nb", "x"), ("a", ""), (&*"x".repeat(65), "x"), ("a", &*"x".repeat(2_001))]
        {
            assert!(checked(name, text).is_err(), "{name:?}");
        }
        assert_eq!(kind("view").unwrap(), SnippetKind::View);
        assert!(kind("note").is_err());
    }
}
