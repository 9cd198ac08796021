//! Changes of an upstream's settings, and its deletion.

use super::Upstream;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};

/// What the API adds to a declaration.
const ADDED: [&str; 6] = ["name", "origin", "updated_at", "links", "ids_learnt", "secrets"];

#[derive(Template)]
#[template(path = "upstream_edit.html")]
struct EditPage {
    frame: Frame,
    name: String,
    /// The declaration, as JSON.
    document: String,
    failed: Option<Failed>,
}

pub(in crate::pages) async fn page(visitor: Visitor, Path(name): Path<String>) -> Response {
    let page = async {
        let upstream: Upstream = visitor.ask.get(&path(&["upstreams", &name]), &[]).await?;
        if upstream.is_in_file() || !visitor.who.may("write_configuration") {
            return Err(Failed::forbidden());
        }
        let document: Map<String, Value> = visitor.ask.get(&path(&["upstreams", &name]), &[]).await?;
        Ok(of(&visitor, &name, declaration(document), None))
    };
    visitor.show(page.await)
}

fn of(visitor: &Visitor, name: &str, document: String, failed: Option<Failed>) -> EditPage {
    let frame = visitor.frame("upstreams", title("Change an upstream"));
    EditPage { frame, name: name.to_owned(), document, failed }
}

/// A declaration as people write it: without what the API adds, and without what has no value.
fn declaration(mut document: Map<String, Value>) -> String {
    // A secret that is null is kept, and one that isn't there is none.
    let is_kept = |name: &str, value: &Value| name == "secret_values" || !is_nothing(value);
    document.retain(|name, value| !ADDED.contains(&name.as_str()) && is_kept(name, value));
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Declares the upstream anew. Each mistake is shown with its line, and what was written stays. A password that isn't given is kept.
pub(in crate::pages) async fn change(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let written = form.get("document");
    let done = async {
        let document: Map<String, Value> = serde_json::from_str(written).map_err(|error| {
            let detail = format!("this is no JSON: {error}");
            Failed::wrong("document", &detail)
        })?;
        visitor.ask.act(Method::PUT, &path(&["upstreams", &name]), Some(&Value::Object(document))).await
    };
    match done.await {
        Ok(()) => Redirect::to(&format!("/console/upstreams/{name}?done=changed")).into_response(),
        Err(failed) if failed.code == "proof_needed" => {
            visitor.refused(failed, &format!("/console/upstreams/{name}/edit"))
        }
        Err(failed) => {
            let page = of(&visitor, &name, written.to_owned(), Some(failed));
            (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response()
        }
    }
}

/// Deletes an upstream, for which its name must be typed.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let done = match Form::read(&body).confirmed(&name) {
        Ok(()) => visitor.ask.act(Method::DELETE, &path(&["upstreams", &name]), None).await,
        Err(failed) => Err(failed),
    };
    match done {
        Ok(()) => Redirect::to("/console/upstreams?done=deleted").into_response(),
        Err(failed) => visitor.refused(failed, &format!("/console/upstreams/{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_declaration_is_what_people_have_said() {
        let document = json!({
            "name": "acme", "host": "h", "origin": "store", "links": [{ "state": "up" }], "tls": null,
            "receipts": { "ids": "", "tags": [] }, "backup_hosts": [], "enabled": false, "window": 10,
        });
        let Value::Object(document) = document else { unreachable!() };
        let read: Value = serde_json::from_str(&declaration(document)).unwrap();
        assert_eq!(read, json!({ "host": "h", "enabled": false, "window": 10 }));
    }
}
