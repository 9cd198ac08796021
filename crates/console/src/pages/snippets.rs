//! Snippets: saved views of messages, and canned replies. Their pages show them, and lead back there when one is kept or deleted.

use super::sign_in::next;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// A text with a name, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Snippet {
    kind: String,
    pub(super) name: String,
    pub(super) text: String,
}

#[derive(Deserialize)]
struct Snippets {
    snippets: Vec<Snippet>,
}

/// The snippets of a kind, `view` or `reply`.
pub(super) async fn of_kind(visitor: &Visitor, kind: &str) -> Result<Vec<Snippet>, Failed> {
    let Snippets { mut snippets } = visitor.ask.get("/v1/snippets", &[]).await?;
    snippets.retain(|snippet| snippet.kind == kind);
    Ok(snippets)
}

/// Keeps a snippet, in the place of the one with its name.
pub(super) async fn keep(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = path(&["snippets", form.get("kind"), form.needed("name")?]);
        visitor.ask.act(Method::PUT, &at, Some(&json!({ "text": form.needed("text")? }))).await
    };
    shown(&visitor, done.await, &form)
}

/// Deletes a snippet.
pub(super) async fn delete(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = path(&["snippets", form.get("kind"), form.needed("name")?]);
        visitor.ask.act(Method::DELETE, &at, None).await
    };
    shown(&visitor, done.await, &form)
}

fn shown(visitor: &Visitor, done: Result<(), Failed>, form: &Form) -> Response {
    let back = next(form.get("back"));
    match done {
        Ok(()) => Redirect::to(back).into_response(),
        Err(failed) => visitor.refused(failed, back),
    }
}
