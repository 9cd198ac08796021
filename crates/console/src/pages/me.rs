//! What users keep of themselves: their password, and their key of one-time codes.

use super::setup::twice;
use super::users::Session;
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::qr;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    frame: Frame,
    session: Session,
    /// A key of one-time codes that isn't in force yet.
    key: Option<CodeKey>,
    must_make_codes: bool,
    failure: Option<String>,
}

/// A key of one-time codes, as the API tells of it.
#[derive(Deserialize)]
struct CodeKey {
    key: String,
    uri: String,
}

impl CodeKey {
    /// The link as a picture for a camera.
    fn picture(&self) -> String {
        qr::svg(&self.uri).unwrap_or_default()
    }
}

pub(super) async fn page(visitor: Visitor) -> Response {
    show(&visitor, None, None).await
}

async fn show(visitor: &Visitor, key: Option<CodeKey>, failed: Option<Failed>) -> Response {
    let session = match visitor.ask.get("/v1/sessions/current", &[]).await {
        Ok(session) => session,
        Err(failed) => return visitor.show(Err::<MePage, _>(failed)),
    };
    let status = if failed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut response = render(&MePage {
        frame: visitor.frame("", title("Your sign-in")),
        session,
        key,
        must_make_codes: visitor.who.codes_needed(),
        failure: failed.map(|failed| failed.detail),
    });
    *response.status_mut() = status;
    response
}

pub(super) async fn change_password(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (old, new) = (form.whole("old"), form.whole("new"));
    let changed = match new == form.whole("again") {
        true => {
            let document = json!({ "old": old, "new": new });
            visitor.ask.act(Method::PUT, "/v1/sessions/current/password", Some(&document)).await
        }
        false => Err(twice()),
    };
    match changed {
        Ok(()) => Redirect::to("/console/me?done=password").into_response(),
        Err(failed) => show(&visitor, None, Some(failed)).await,
    }
}

/// Makes a key of one-time codes, or puts one in force whose code was typed.
pub(super) async fn codes(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (key, code) = (form.get("key"), form.get("code"));
    if key.is_empty() {
        return match visitor.ask.send(Method::POST, "/v1/sessions/current/totp", None).await {
            Ok(key) => show(&visitor, Some(key), None).await,
            Err(failed) => visitor.refused(failed, "/console/me"),
        };
    }
    let document = json!({ "key": key, "code": code });
    match visitor.ask.act(Method::PUT, "/v1/sessions/current/totp", Some(&document)).await {
        Ok(()) => Redirect::to("/console/me?done=codes").into_response(),
        Err(failed) => {
            let uri = format!("otpauth://totp/Postrider:{}?secret={key}&issuer=Postrider", visitor.who.name);
            show(&visitor, Some(CodeKey { key: key.to_owned(), uri }), Some(failed)).await
        }
    }
}
