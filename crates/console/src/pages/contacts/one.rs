//! One contact: what is known, changed or forgotten.

use super::{Contact, HERE};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, address, ask};
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

/// What a contact can be without: fields of the form and of the API.
const TEXTS: [&str; 5] = ["name", "language", "zone", "external_id", "consent_source"];

#[derive(Template)]
#[template(path = "contact.html")]
struct ContactPage {
    frame: Frame,
    owner: Owner,
    contact: Contact,
}

impl ContactPage {
    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }

    /// The fields of its own, a line each: `city = London`. A text that looks like another type stands in quotes.
    fn fields(&self) -> String {
        let line = |(name, value): (&String, &Value)| match value {
            Value::String(text) if read(text).is_string() => format!("{name} = {text}"),
            value => format!("{name} = {value}"),
        };
        self.contact.fields.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let contact = owner.ask(&visitor).get(&path(&["contacts", &number]), &[]).await?;
        Ok(ContactPage { frame: visitor.frame("contacts", "Contact"), owner, contact })
    };
    visitor.show(page.await)
}

/// Keeps a contact, in the place of what was known of its number.
pub(in crate::pages) async fn keep(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let kept = async {
        let at = path(&["contacts", form.needed("number")?]);
        ask(&visitor, account).send::<Contact>(Method::PUT, &at, Some(&document(&form))).await
    };
    match kept.await {
        Ok(Contact { number, .. }) => {
            Redirect::to(&address(&format!("{HERE}/{number}"), account, &[("done", "changed")]))
                .into_response()
        }
        Err(failed) => visitor.refused(failed, &address(HERE, account, &[])),
    }
}

/// Forgets a contact.
pub(in crate::pages) async fn remove(visitor: Visitor, Path(number): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (account, back) = (form.get("account"), format!("{HERE}/{number}"));
    let done: Result<(), Failed> = async {
        form.confirmed(number.trim_start_matches('+'))?;
        ask(&visitor, account).act(Method::DELETE, &path(&["contacts", &number]), None).await
    }
    .await;
    match done {
        Ok(()) => Redirect::to(&address(HERE, account, &[("done", "deleted")])).into_response(),
        Err(failed) => visitor.refused(failed, &address(&back, account, &[])),
    }
}

/// The document of a form.
fn document(form: &Form) -> Value {
    let mut document = Map::new();
    for name in TEXTS {
        if !form.get(name).is_empty() {
            document.insert(name.to_owned(), json!(form.get(name)));
        }
    }
    document.insert("groups".into(), json!(words(form.get("groups"))));
    document.insert("tags".into(), json!(words(form.get("tags"))));
    let pairs = form.whole("fields").lines().filter_map(|line| line.split_once('='));
    let fields: Map<String, Value> =
        pairs.map(|(name, value)| (name.trim().to_owned(), read(value.trim()))).collect();
    document.insert("fields".into(), fields.into());
    document.into()
}

/// Names, separated by commas or blanks.
fn words(text: &str) -> Vec<&str> {
    text.split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// The value of a field: a number, true, false, a text in quotes, or else a text.
fn read(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::String(_))) => value,
        _ => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_contact() {
        let form = Form::read(
            b"number=%2B447700900123&name=Ann&language=&groups=news%2C+vip&tags=&fields=city+%3D+London%0D%0Aage%3D34%0D%0Aroom+%3D+%2212%22",
        );
        assert_eq!(
            document(&form),
            json!({ "name": "Ann", "groups": ["news", "vip"], "tags": [], "fields": { "city": "London", "age": 34, "room": "12" } })
        );
    }
}
