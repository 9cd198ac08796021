//! Short links, as recipients of messages follow them. No key is needed: the code is sealed, and leads nowhere but to the address that
//! is kept.

use super::Rest;
use super::problem::Problem;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use postrider_apps::link::{Destination, NotShortened, Visitor};
use postrider_core::contract::StoreError;
use std::sync::Arc;

/// Headers by which browsers say that nobody has clicked yet.
const PURPOSES: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];
static ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// Follows a short link. A person's visit is counted once for each recipient; previews, scanners and `HEAD` are counted apart.
#[utoipa::path(
    get, path = "/l/{code}", operation_id = "followLink", tag = "links", security(()),
    params(("code" = String, Path, description = "The code: 18 letters and digits.")),
    responses(
        (status = 302, description = "To the address that the link stands for."),
        (status = 404, description = "There is no such link, or it has expired.", content_type = "text/html"),
        (status = 503, description = "It can't be looked up just now.", content_type = "text/html"),
    ),
)]
pub(super) async fn follow(
    State(rest): State<Arc<Rest>>,
    method: Method,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Response {
    let Ok(Path(code)) = code else { return nowhere() };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let purpose = PURPOSES.map(text).join(" ");
    let visitor = Visitor {
        is_head: method == Method::HEAD,
        agent: text(USER_AGENT.as_str()),
        purpose: &purpose,
        destination: text("sec-fetch-dest"),
    };
    match rest.apps.links.follow(&code, &visitor).await {
        Ok(Destination::Target(target)) => redirect(&target),
        Ok(Destination::Nowhere) => nowhere(),
        Err(error) => {
            tracing::warn!(%error, "a link can't be looked up");
            let page = page("This link can't be looked up just now. Try again in a moment.");
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], page).into_response()
        }
    }
}

fn redirect(target: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(target) else { return nowhere() };
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    // Each visit is to be seen, and nobody is told who was asked before.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(ROBOTS_TAG.clone(), HeaderValue::from_static("noindex, nofollow"));
    response
}

/// The same answer for a link that never was, and for one that has expired.
fn nowhere() -> Response {
    (StatusCode::NOT_FOUND, page("This link does not exist, or has expired.")).into_response()
}

/// A page for a person with a phone, to whom an answer for programs means nothing.
fn page(words: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Link</title>\n<p>{words}</p></html>\n"
    ))
}

impl From<NotShortened> for Problem {
    fn from(error: NotShortened) -> Self {
        let detail = error.to_string();
        match error {
            NotShortened::NoDomain | NotShortened::TooMany => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "links_not_shortened", detail).at("shorten_links")
            }
            NotShortened::NoRandomness(_) => StoreError::Unavailable(detail).into(),
            NotShortened::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_answered_with_a_page() {
        let mut answer = nowhere();
        assert!(crate::rest::problem::take(&mut answer).is_none());
        assert_eq!(answer.status().as_u16(), 404);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    }
}
