//! A new upstream: declared and disabled, so that it is tested before it sends.

use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A preset of an HTTP provider, as the API tells of it.
#[derive(Deserialize)]
struct Preset {
    name: String,
    title: String,
    about: String,
    documentation: String,
    variables: Vec<Variable>,
}

/// A value that a preset needs.
#[derive(Deserialize)]
struct Variable {
    name: String,
    about: String,
    secret: bool,
    optional: bool,
    default: Option<String>,
}

impl Variable {
    fn is_needed(&self) -> bool {
        !self.optional && self.default.is_none()
    }
}

#[derive(Deserialize)]
struct Presets {
    presets: Vec<Preset>,
}

#[derive(Template)]
#[template(path = "upstream_add.html")]
struct AddPage {
    frame: Frame,
    presets: Vec<Preset>,
    /// What the form has.
    form: Form,
    failed: Option<Failed>,
    /// The addresses of this gateway as the browser has it, for callbacks.
    here: String,
}

impl AddPage {
    /// The preset that was chosen.
    fn chosen(&self) -> Option<&Preset> {
        self.presets.iter().find(|preset| preset.name == self.form.get("preset"))
    }

    /// What a field has, or else its usual value.
    fn value<'v>(&'v self, name: &str, usual: &'v str) -> &'v str {
        match self.form.get(name) {
            "" => usual,
            value => value,
        }
    }
}

pub(in crate::pages) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(filled(&visitor, form, None).await)
}

async fn filled(visitor: &Visitor, form: Form, failed: Option<Failed>) -> Result<AddPage, Failed> {
    if !visitor.who.may("write_configuration") {
        return Err(Failed::forbidden());
    }
    let Presets { presets } = visitor.ask.get("/v1/presets", &[]).await?;
    let frame = visitor.frame("upstreams", title("Add an upstream"));
    Ok(AddPage { frame, presets, form, failed, here: visitor.address("") })
}

/// Declares the upstream, and leads to its test. What is wrong is shown above the form.
pub(in crate::pages) async fn add(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let name = form.get("name").to_owned();
    match declared(&visitor, &name, &form).await {
        Ok(()) => Redirect::to(&format!("/console/upstreams/{name}/test")).into_response(),
        Err(failed) if failed.code == "proof_needed" => visitor.refused(failed, "/console/new-upstream"),
        Err(failed) => match filled(&visitor, form, Some(failed)).await {
            Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response(),
            Err(failed) => visitor.refused(failed, "/console/new-upstream"),
        },
    }
}

async fn declared(visitor: &Visitor, name: &str, form: &Form) -> Result<(), Failed> {
    form.needed("name")?;
    let at = path(&["upstreams", name]);
    if visitor.ask.get::<Value>(&at, &[]).await.is_ok() {
        return Err(Failed::taken(format!("there is an upstream '{name}' already")));
    }
    let mut document = match form.get("preset") {
        "" => smpp(form),
        preset => {
            let Presets { presets } = visitor.ask.get("/v1/presets", &[]).await?;
            let preset = presets.into_iter().find(|known| known.name == preset);
            http(form, &preset.ok_or_else(Failed::not_found)?)
        }
    };
    // It sends nothing before it was tested.
    document.insert("enabled".into(), false.into());
    visitor.ask.act(Method::PUT, &at, Some(&Value::Object(document))).await
}

/// An upstream that speaks SMPP, with what the form says.
fn smpp(form: &Form) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("protocol".into(), "smpp".into());
    for name in ["host", "system_id", "password", "system_type", "mode"] {
        insert(&mut document, name, form);
    }
    for name in ["port", "binds", "window", "rate"] {
        insert_number(&mut document, name, form);
    }
    match form.get("tls") {
        "" => {}
        "fingerprint" => {
            let tls = json!({ "verify": "fingerprint", "fingerprint": form.get("fingerprint") });
            document.insert("tls".into(), tls);
        }
        verify => drop(document.insert("tls".into(), json!({ "verify": verify }))),
    }
    document
}

/// An HTTP provider, with what the form says.
fn http(form: &Form, preset: &Preset) -> Map<String, Value> {
    let (mut values, mut secrets) = (Map::new(), Map::new());
    for variable in &preset.variables {
        let value = form.get(&format!("value_{}", variable.name));
        if !value.is_empty() {
            let place = if variable.secret { &mut secrets } else { &mut values };
            place.insert(variable.name.clone(), value.into());
        }
    }
    let mut document = Map::new();
    document.insert("protocol".into(), "http".into());
    document.insert("preset".into(), preset.name.clone().into());
    document.insert("values".into(), values.into());
    document.insert("secret_values".into(), secrets.into());
    insert(&mut document, "public_url", form);
    insert(&mut document, "callback_key", form);
    insert_number(&mut document, "rate", form);
    document
}

fn insert(document: &mut Map<String, Value>, name: &str, form: &Form) {
    if !form.get(name).is_empty() {
        document.insert(name.into(), form.get(name).into());
    }
}

/// Inserts a number; what is none goes as it is, so that the API says what is wrong.
fn insert_number(document: &mut Map<String, Value>, name: &str, form: &Form) {
    let text = form.get(name);
    if !text.is_empty() {
        document.insert(name.into(), serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_declaration() {
        let form = Form::read(b"name=acme&host=smpp.example&port=2776&system_id=me&password=s&mode=transceiver&window=&tls=system");
        assert_eq!(
            Value::Object(smpp(&form)),
            json!({ "protocol": "smpp", "host": "smpp.example", "port": 2776, "system_id": "me", "password": "s",
                "mode": "transceiver", "tls": { "verify": "system" } })
        );
        let wrong = Form::read(b"port=many");
        assert_eq!(smpp(&wrong)["port"], json!("many"));
    }

    #[test]
    fn secrets_of_a_provider_go_to_their_place() {
        let variable = |name: &str, secret| Variable {
            name: name.to_owned(),
            about: String::new(),
            secret,
            optional: false,
            default: None,
        };
        let preset = Preset {
            name: "twilio".into(),
            title: String::new(),
            about: String::new(),
            documentation: String::new(),
            variables: vec![variable("account_sid", false), variable("auth_token", true)],
        };
        let form = Form::read(b"value_account_sid=AC1&value_auth_token=t&rate=5");
        assert_eq!(
            Value::Object(http(&form, &preset)),
            json!({ "protocol": "http", "preset": "twilio", "values": { "account_sid": "AC1" },
                "secret_values": { "auth_token": "t" }, "rate": 5 })
        );
    }
}
