//! A fresh proof of who looks, before keys, prices, users and exports.

use super::sign_in::next;
use crate::api::with_query;
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    frame: Frame,
    /// Where to go then.
    next: String,
    /// Whether a one-time code is asked for, rather than the password.
    codes: bool,
    /// Where the identity provider is asked, for who proves there.
    provider: Option<String>,
    failure: Option<String>,
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let next = next(form.get("next")).to_owned();
    let codes = visitor.who.uses_codes();
    let again = || with_query("/console/sign-in/begin", &[("fresh", "1"), ("next", &next)]);
    let provider = visitor.who.by_provider().then(again);
    let frame = visitor.frame("", title("Is it still you?"));
    render(&ProofPage { frame, next, codes, provider, failure: None })
}

pub(super) async fn prove(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let next = next(form.get("next")).to_owned();
    let codes = visitor.who.uses_codes();
    let proof = match codes {
        true => json!({ "code": form.get("code") }),
        false => json!({ "password": form.whole("password") }),
    };
    match visitor.ask.act(Method::POST, "/v1/sessions/current/proof", Some(&proof)).await {
        Ok(()) => Redirect::to(&next).into_response(),
        Err(failed) => {
            let frame = visitor.frame("", title("Is it still you?"));
            let mut response =
                render(&ProofPage { frame, next, codes, provider: None, failure: Some(failed.detail) });
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            response
        }
    }
}
