//! What every answer of the console says to the browser, and which requests are refused before any page sees them.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

/// Nothing but what this gateway serves itself, and no script or style in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Refuses what another site sent in a person's name, and adds the headers that hold for every page.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_refused = !request.method().is_safe() && !is_from_here(request.headers());
    let mut response = if is_refused {
        let words = "This form was sent from another site: open the page anew, and try again.";
        (StatusCode::FORBIDDEN, Html(words)).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(&OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a form was sent from a page of this gateway. Browsers say where a form comes from; what says nothing is refused.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&SITE) {
        return site == "same-origin";
    }
    let origin = text(&ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(&HOST)), (Some((_, origin)), Some(host)) if origin == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_refused() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_from_here(&headers.collect())
        };
        assert!(from(&[("sec-fetch-site", "same-origin"), ("host", "a:8080")]));
        assert!(from(&[("origin", "http://a:8080"), ("host", "a:8080")]));
        for refused in [
            &[("sec-fetch-site", "cross-site"), ("origin", "http://a:8080"), ("host", "a:8080")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://b:8080"), ("host", "a:8080")],
            &[("origin", "null"), ("host", "a:8080")],
            &[("host", "a:8080")],
        ] {
            assert!(!from(refused), "{refused:?}");
        }
    }
}
