//! Signing in and out.

use super::provider::Provider;
use super::render;
use crate::api::{Asker, Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::session::Sessions;
use crate::visitor::{Who, outside};
use crate::{Console, clock};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// The page for signing in.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go then.
    next: String,
    /// The name that was given.
    name: String,
    /// Why it failed.
    failure: Option<String>,
    /// The identity provider, if there is one.
    provider: Option<Provider>,
    /// Whether somebody has just signed out.
    has_left: bool,
}

impl SignInPage {
    fn begin(&self) -> String {
        with_query("/console/sign-in/begin", &[("next", &self.next)])
    }
}

/// A session that has begun, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Begun {
    pub(super) token: String,
}

pub(super) async fn page(State(console): State<Arc<Console>>, parts: Parts) -> Response {
    shown(&console, &parts, None).await
}

/// The page, with why signing in failed.
pub(super) async fn shown(console: &Console, parts: &Parts, failure: Option<String>) -> Response {
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let (next, name) = (next(query.get("next")).to_owned(), query.get("name").to_owned());
    let provider = Provider::of(&asker(console, parts, "")).await;
    let has_left = !query.get("left").is_empty();
    let is_failed = failure.is_some();
    let page = SignInPage { frame: outside(parts, "Sign in"), next, name, failure, provider, has_left };
    let mut response = render(&page);
    if is_failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// Begins a session for whoever has a name and a password, or shows a key that the API knows.
pub(super) async fn enter(State(console): State<Arc<Console>>, parts: Parts, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (name, next) = (form.get("name").to_owned(), next(form.get("next")).to_owned());
    let begun = match form.get("key") {
        "" => by_password(&console, &parts, &form).await,
        key => by_key(&console, &parts, key).await,
    };
    let failure = match begun {
        Ok(cookie) => return ([(SET_COOKIE, cookie)], Redirect::to(&next)).into_response(),
        Err(failed) => Some(failed.detail),
    };
    let provider = Provider::of(&asker(&console, &parts, "")).await;
    let frame = outside(&parts, "Sign in");
    let page = SignInPage { frame, next, name, failure, provider, has_left: false };
    let mut response = render(&page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// The cookie of a user's session.
async fn by_password(console: &Console, parts: &Parts, form: &Form) -> Result<HeaderValue, Failed> {
    let document = json!({
        "name": form.get("name"),
        "password": form.whole("password"),
        "code": form.get("code"),
    });
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let ask = asker(console, parts, "").with_header("user-agent", agent);
    let begun: Begun = ask.post("/v1/sessions", &document).await?;
    Ok(Sessions::of_user(&begun.token))
}

/// The cookie of a session in the place of a key.
async fn by_key(console: &Console, parts: &Parts, key: &str) -> Result<HeaderValue, Failed> {
    asker(console, parts, key).get::<Who>("/v1/whoami", &[]).await?;
    let no_numbers =
        || Failed::new(StatusCode::INTERNAL_SERVER_ERROR, "no_secret", "the system has no random numbers");
    console.sessions.begin(key, clock::now()).ok_or_else(no_numbers)
}

/// The API on behalf of somebody who hasn't signed in.
pub(super) fn asker(console: &Console, parts: &Parts, key: &str) -> Asker {
    Asker::new(&console.api, key.into(), &parts.extensions)
}

pub(super) async fn leave(State(console): State<Arc<Console>>, parts: Parts) -> Response {
    let headers: &HeaderMap = &parts.headers;
    if let Some(key) = console.sessions.key(headers, clock::now()) {
        // Of a key there is no session at the API.
        drop(asker(&console, &parts, &key).act(Method::DELETE, "/v1/sessions/current", None).await);
    }
    let cookie = console.sessions.end(headers);
    ([(SET_COOKIE, cookie)], Redirect::to("/console/sign-in?left=1")).into_response()
}

/// Where to go after signing in: a page of the console, and nowhere else.
pub(super) fn next(wanted: &str) -> &str {
    let is_ours = wanted == "/console" || wanted.starts_with("/console/") || wanted.starts_with("/console?");
    let is_plain = wanted.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\');
    if is_ours && is_plain && !wanted.starts_with("/console/sign-") { wanted } else { "/console/live" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_into_the_console_alone() {
        for page in ["/console", "/console/messages?state=failed", "/console?x=1"] {
            assert_eq!(next(page), page);
        }
        for other in [
            "",
            "//evil.example",
            "https://evil.example/console/",
            "/console/sign-in",
            "/consoles",
            "/console/\n",
        ] {
            assert_eq!(next(other), "/console/live", "{other}");
        }
    }
}
