//! The first run, and links by which users set their passwords.

use super::sign_in::asker;
use crate::Console;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{outside, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    token: String,
    /// The role of whoever has the link; `None` if the link is none.
    role: Option<String>,
    /// The name that the user has; the first owner chooses one.
    known: Option<String>,
    /// The name that was typed.
    name: String,
    failure: Option<String>,
}

/// Whose password a link sets, as the API tells of it.
#[derive(Deserialize)]
struct SetupFor {
    name: Option<String>,
    role: String,
}

/// The user whose password was set.
#[derive(Deserialize)]
struct SetUp {
    name: String,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    Path(token): Path<String>,
    parts: Parts,
) -> Response {
    show(&console, &parts, token, "owner", None).await
}

async fn show(
    console: &Console,
    parts: &Parts,
    token: String,
    name: &str,
    failed: Option<Failed>,
) -> Response {
    let found = asker(console, parts, "").get::<SetupFor>(&path(&["setup", &token]), &[]).await;
    let is_failed = failed.is_some();
    let (role, known, failed) = match found {
        Ok(SetupFor { name, role }) => (Some(role), name, failed),
        Err(why) => (None, None, Some(failed.unwrap_or(why))),
    };
    let words = if known.is_none() && role.is_some() {
        title("Welcome to Postrider")
    } else {
        title("Set your password")
    };
    let status = match (&role, is_failed) {
        (None, _) => StatusCode::FORBIDDEN,
        (_, true) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let frame = outside(parts, words);
    let failure = failed.map(|failed| failed.detail);
    let mut response = render(&SetupPage { frame, token, role, known, name: name.to_owned(), failure });
    *response.status_mut() = status;
    response
}

/// Sets the password, and leads to the page for signing in.
pub(super) async fn set(
    State(console): State<Arc<Console>>,
    Path(token): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let (name, password) = (form.get("name").to_owned(), form.whole("password"));
    let done = match password == form.whole("again") {
        true => {
            let document = json!({ "name": name, "password": password });
            let at = path(&["setup", &token]);
            asker(&console, &parts, "").send::<SetUp>(Method::POST, &at, Some(&document)).await
        }
        false => Err(twice()),
    };
    match done {
        Ok(SetUp { name }) => Redirect::to(&format!("/console/sign-in?name={name}")).into_response(),
        Err(failed) => show(&console, &parts, token, &name, Some(failed)).await,
    }
}

/// That the two fields for a new password differ.
pub(super) fn twice() -> Failed {
    Failed::new(
        StatusCode::BAD_REQUEST,
        "not_the_same",
        "the two passwords are not the same: type both again",
    )
}
