//! Changes of what a person likes.

use super::sign_in::next;
use crate::form::Form;
use crate::preferences::Preferences;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

/// Keeps what the form says, and leads back. Nobody need sign in for it.
pub(super) async fn change(headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::read(&body);
    let mut liked = Preferences::of(&headers);
    for name in ["theme", "language", "zone", "keys"] {
        match form.get(name) {
            "" => {}
            value => liked = liked.with(name, value),
        }
    }
    let back = form.get("back");
    let back = if back.starts_with("/console/sign-in") { "/console/sign-in" } else { next(back) };
    ([(SET_COOKIE, liked.cookie())], Redirect::to(back)).into_response()
}
