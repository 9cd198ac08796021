//! Changes of templates: a new version, an approval, a deletion.

use super::{HERE, shown};
use crate::api::path;
use crate::form::Form;
use crate::pages::owned::{address, ask};
use crate::visitor::{Visitor, render};
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

/// What the API adds to a version's content.
const ADDED: [&str; 6] = ["name", "version", "state", "author", "written_at", "approved_by"];

/// Writes a new version. What is wrong with it is shown on the page of the one before, if there is one.
pub(in crate::pages) async fn write(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let name = form.get("name").to_owned();
    let account = form.get("account");
    let ask = ask(&visitor, account);
    let at = path(&["templates", &name]);
    let done = async {
        form.needed("name")?;
        let before = ask.get::<Map<String, Value>>(&at, &[]).await.unwrap_or_default();
        ask.act(Method::PUT, &at, Some(&content(before, &form))).await
    };
    match done.await {
        Ok(()) => leads_to(&name, account, "changed"),
        Err(failed) => match shown(&visitor, &name, &form, Some(failed.clone())).await {
            Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response(),
            Err(_) => visitor.refused(failed, HERE),
        },
    }
}

/// The content of a version: what the one before has, with what a form says.
fn content(mut before: Map<String, Value>, form: &Form) -> Value {
    before.retain(|name, _| !ADDED.contains(&name.as_str()));
    let mut texts: Map<String, Value> = form
        .all("text_")
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(language, text)| (language.to_owned(), text.replace("\r\n", "\n").into()))
        .collect();
    let (language, text) = (form.get("new_language"), form.whole("new_text").replace("\r\n", "\n"));
    if !language.is_empty() && !text.trim().is_empty() {
        texts.insert(language.to_owned(), text.into());
    }
    let own = match form.get("language") {
        "" => language,
        own => own,
    };
    before.insert("language".into(), own.into());
    before.insert("texts".into(), texts.into());
    if !form.get("description").is_empty() {
        before.insert("description".into(), form.get("description").into());
    }
    let variables = before.remove("variables").unwrap_or_default();
    before.insert("variables".into(), with_examples(&variables, form.get("examples")));
    Value::Object(before)
}

/// Variables with the examples of these lines: `name = Ann`. Defaults stay as they are.
fn with_examples(variables: &Value, lines: &str) -> Value {
    let mut variables = variables.as_object().cloned().unwrap_or_default();
    for variable in variables.values_mut().filter_map(Value::as_object_mut) {
        variable.remove("example");
    }
    for (name, example) in lines.lines().filter_map(|line| line.split_once('=')) {
        let example = example.trim();
        // A number is one for plurals.
        let value = example.parse::<i64>().map_or_else(|_| json!(example), |number| json!(number));
        let variable = variables.entry(name.trim()).or_insert_with(|| json!({}));
        variable["example"] = value;
    }
    variables.retain(|_, variable| variable.as_object().is_some_and(|fields| !fields.is_empty()));
    variables.into()
}

/// Approves a version: from now on it is what is sent.
pub(in crate::pages) async fn approve(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let version = json!({ "version": form.get("version").parse::<u32>().unwrap_or(0) });
    let at = path(&["templates", &name, "approve"]);
    match ask(&visitor, account).act(Method::POST, &at, Some(&version)).await {
        Ok(()) => leads_to(&name, account, "approved"),
        Err(failed) => {
            let back = address(&format!("{HERE}/{name}"), account, &[]);
            visitor.refused(failed, &back)
        }
    }
}

/// Deletes a template with all versions, for which its name must be typed.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = match form.confirmed(&name) {
        Ok(()) => ask(&visitor, account).act(Method::DELETE, &path(&["templates", &name]), None).await,
        Err(failed) => Err(failed),
    };
    match done {
        Ok(()) => {
            let to = address(HERE, account, &[("done", "deleted")]);
            Redirect::to(&to).into_response()
        }
        Err(failed) => visitor.refused(failed, HERE),
    }
}

fn leads_to(name: &str, account: &str, done: &str) -> Response {
    let to = address(&format!("{HERE}/{name}"), account, &[("done", done)]);
    Redirect::to(&to).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_the_next_version() {
        let before = json!({
            "name": "parcels", "version": 3, "state": "draft", "author": "ann", "written_at": "x", "language": "en",
            "texts": { "en": "old" }, "variables": { "name": { "default": "you", "example": "Bob" }, "n": { "example": 1 } },
            "dlt_entity_id": "17",
        });
        let form = Form::read(b"name=parcels&language=en&text_en=Hi+%7B%7B+name+%7D%7D&new_language=de&new_text=Hallo&examples=n+%3D+2%0D%0Acity%3DBonn");
        let Value::Object(before) = before else { unreachable!() };
        assert_eq!(
            content(before, &form),
            json!({
                "language": "en", "texts": { "en": "Hi {{ name }}", "de": "Hallo" }, "dlt_entity_id": "17",
                "variables": { "name": { "default": "you" }, "n": { "example": 2 }, "city": { "example": "Bonn" } },
            })
        );
    }

    #[test]
    fn the_first_text_says_the_language_of_a_new_template() {
        let form = Form::read(b"name=hello&new_language=en&new_text=Hello");
        assert_eq!(
            content(Map::new(), &form),
            json!({ "language": "en", "texts": { "en": "Hello" }, "variables": {} })
        );
    }
}
