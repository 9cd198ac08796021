//! Signing in and out.

use super::render;
use crate::api::Asker;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::{Who, outside};
use crate::{Console, clock};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// The page for signing in.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go then.
    next: String,
    /// Why it failed.
    failure: Option<String>,
}

pub(super) async fn page(parts: Parts) -> Response {
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let next = next(query.get("next")).to_owned();
    render(&SignInPage { frame: outside(&parts, "Sign in"), next, failure: None })
}

/// Begins a session for whoever shows a key that the API knows.
pub(super) async fn enter(State(console): State<Arc<Console>>, parts: Parts, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (key, next) = (form.get("key"), next(form.get("next")));
    let ask = Asker { api: Arc::clone(&console.api), key: key.into(), extensions: parts.extensions.clone() };
    let failure = match ask.get::<Who>("/v1/whoami", &[]).await {
        Ok(_) => match console.sessions.begin(key, clock::now()) {
            Some(cookie) => return ([(SET_COOKIE, cookie)], Redirect::to(next)).into_response(),
            None => "the system has no random numbers".to_owned(),
        },
        Err(failed) => failed.detail,
    };
    let page =
        SignInPage { frame: outside(&parts, "Sign in"), next: next.to_owned(), failure: Some(failure) };
    let mut response = render(&page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

pub(super) async fn leave(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    let cookie = console.sessions.end(&headers);
    ([(SET_COOKIE, cookie)], Redirect::to("/console/sign-in")).into_response()
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
