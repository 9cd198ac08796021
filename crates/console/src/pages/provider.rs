//! Signing in at an identity provider: the browser goes there, and comes back.

use super::render;
use super::sign_in::{Begun, asker, next, shown};
use crate::api::{Asker, Failed};
use crate::form::Form;
use crate::frame::Frame;
use crate::session::Sessions;
use crate::texts::title;
use crate::visitor::outside;
use crate::{Console, cookies};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What the browser keeps while it is at the provider: what the API gave, and where to go then.
const COOKIE: &str = "postrider_sign_in";
/// How long an attempt takes at most, in seconds.
const LIFE: u32 = 600;

/// The identity provider, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Provider {
    /// The words of the button.
    pub(super) label: String,
    /// Where somebody signs out of it.
    pub(super) sign_out: Option<String>,
}

impl Provider {
    /// The provider; `None` if there is none.
    pub(super) async fn of(ask: &Asker) -> Option<Self> {
        ask.get("/v1/sessions/provider", &[]).await.ok()
    }
}

/// An attempt that has begun.
#[derive(Deserialize)]
struct Attempt {
    address: String,
    flow: String,
}

/// Whoever has signed in goes on from our own page: a browser that another site has led here sends no cookie of a session.
#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage {
    frame: Frame,
    next: String,
}

/// Leads the browser to the provider.
pub(super) async fn begin(State(console): State<Arc<Console>>, parts: Parts) -> Response {
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let wanted = json!({ "fresh": !query.get("fresh").is_empty() });
    let begun = asker(&console, &parts, "").post::<Attempt>("/v1/sessions/provider/begin", &wanted).await;
    match begun {
        Ok(Attempt { address, flow }) => {
            let kept = format!("{flow}.{}", URL_SAFE_NO_PAD.encode(next(query.get("next"))));
            let cookie = cookies::set_for_return(COOKIE, &kept, LIFE);
            ([(SET_COOKIE, cookie)], Redirect::to(&address)).into_response()
        }
        Err(failed) => shown(&console, &parts, Some(failed.detail)).await,
    }
}

/// Takes the browser back from the provider.
pub(super) async fn returned(State(console): State<Arc<Console>>, parts: Parts) -> Response {
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let kept = cookies::read(&parts.headers, COOKIE).unwrap_or_default();
    let (flow, then) = kept.rsplit_once('.').unwrap_or_default();
    let then = URL_SAFE_NO_PAD.decode(then).ok().and_then(|then| String::from_utf8(then).ok());
    let done = signed_in(&console, &parts, &query, flow).await;
    let over = cookies::set_for_return(COOKIE, "", 0);
    match done {
        Ok(Begun { token }) => {
            let next = next(&then.unwrap_or_default()).to_owned();
            let cookies = AppendHeaders([(SET_COOKIE, Sessions::of_user(&token)), (SET_COOKIE, over)]);
            let page = SignedInPage { frame: outside(&parts, title("Signed in")), next };
            (cookies, render(&page)).into_response()
        }
        Err(failed) => {
            let page = shown(&console, &parts, Some(failed.detail)).await;
            (AppendHeaders([(SET_COOKIE, over)]), page).into_response()
        }
    }
}

async fn signed_in(console: &Console, parts: &Parts, query: &Form, flow: &str) -> Result<Begun, Failed> {
    if !query.get("error").is_empty() {
        let detail = format!("{} {}", query.get("error"), query.get("error_description"));
        return Err(Failed::new(StatusCode::FORBIDDEN, "not_allowed_in", detail.trim()));
    }
    let [state, code, iss] = ["state", "code", "iss"].map(|name| query.get(name));
    let returned = json!({ "flow": flow, "state": state, "code": code, "iss": iss });
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let ask = asker(console, parts, "").with_header("user-agent", agent);
    ask.post("/v1/sessions/provider", &returned).await
}
