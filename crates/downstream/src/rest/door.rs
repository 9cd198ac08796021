//! Around every request: its name, its answer's rendering, and its count.

use super::{Meters, Rest, problem, router};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{ALLOW, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::response::Response;
use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;
use tower_service::Service;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that a client may give its request.
const REQUEST_ID_MAX: usize = 64;

/// The API as a service for each connection.
#[derive(Clone)]
pub(super) struct Door {
    router: Router,
    rest: Arc<Rest>,
    names: Arc<Names>,
}

impl Door {
    pub(super) fn new(rest: Arc<Rest>) -> Self {
        Self { router: router(Arc::clone(&rest)), rest, names: Arc::new(Names::new()) }
    }
}

/// Makes names for requests whose clients gave them none.
struct Names {
    start: u64,
    next: AtomicU64,
}

impl Names {
    fn new() -> Self {
        // Without randomness the names repeat after a restart, which only costs clearness.
        Self { start: getrandom::u64().unwrap_or(0), next: AtomicU64::new(0) }
    }

    /// The client's name for the request if it can stand in a log, or a new one.
    fn name(&self, headers: &HeaderMap) -> HeaderValue {
        let sane = |value: &&HeaderValue| {
            let octets = value.as_bytes();
            (1..=REQUEST_ID_MAX).contains(&octets.len()) && octets.iter().all(u8::is_ascii_graphic)
        };
        if let Some(given) = headers.get(&REQUEST_ID).filter(sane) {
            return given.clone();
        }
        let number = self.start.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(format!("{number:016x}")).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

impl<B> Service<Request<B>> for Door
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let started = Instant::now();
        let name = self.names.name(request.headers());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let rest = Arc::clone(&self.rest);
        let answering = self.router.call(request.map(Body::new));
        Box::pin(async move {
            let mut response = answering.await?;
            let failure = finish(&mut response, &name, &rest.meters);
            let (request, path) = (text(&name), uri.path());
            let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let status = response.status().as_u16();
            match failure {
                Some((code, cause)) => {
                    tracing::warn!(request, %method, path, status, %code, cause, ms, "could not be answered");
                }
                None => tracing::debug!(request, %method, path, status, ms, "answered"),
            }
            response.headers_mut().insert(&REQUEST_ID, name);
            Ok(response)
        })
    }
}

/// Renders the problem that an answer carries, and counts the answer. Returns the problem's code if it is the
/// gateway's own failure, and what caused it.
fn finish(
    response: &mut Response,
    name: &HeaderValue,
    meters: &Meters,
) -> Option<(Cow<'static, str>, String)> {
    let mut failure = None;
    if let Some(problem) = problem::take(response) {
        failure = problem.status.is_server_error().then(|| (problem.code.clone(), cause(&problem)));
        let allowed = response.headers_mut().remove(ALLOW);
        *response = problem.render(text(name));
        response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    }
    meters.answered(response.status().as_u16());
    failure
}

/// What caused a problem, in words for the log.
fn cause(problem: &problem::Problem) -> String {
    problem.cause.as_ref().map_or_else(|| problem.detail.to_string(), ToString::to_string)
}

/// A request's name as a text, which it always is: nothing else passes for one.
fn text(name: &HeaderValue) -> &str {
    name.to_str().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn a_request_keeps_its_clients_name_if_a_log_can_hold_it() {
        let names = Names::new();
        let name = |given: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(&REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
            names.name(&headers)
        };
        assert_eq!(name(b"order-7"), "order-7");
        for bad in [&b""[..], b"two words", "é".as_bytes(), &[b'x'; 65]] {
            assert_eq!(name(bad).len(), 16, "{bad:?}");
        }
        assert_ne!(names.name(&HeaderMap::new()), names.name(&HeaderMap::new()));
    }

    #[test]
    fn a_problem_is_rendered_and_other_answers_are_left_alone() {
        let name = HeaderValue::from_static("r1");
        let meters = Meters::new();
        let mut response = problem::Problem::not_found("gone").into_response();
        finish(&mut response, &name, &meters);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (404, &"application/problem+json".parse().unwrap())
        );
        let mut response = (axum::http::StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response();
        finish(&mut response, &name, &meters);
        assert_eq!(&response.headers()["content-type"], "application/problem+json");
        assert_eq!(&response.headers()[ALLOW], "GET");
        let mut response = axum::http::StatusCode::NO_CONTENT.into_response();
        finish(&mut response, &name, &meters);
        assert!(response.headers().is_empty());
        let error = postrider_core::contract::StoreError::Unavailable("it hides".into());
        let mut response = problem::Problem::from(error).into_response();
        let cause = "the store is unavailable: it hides";
        assert_eq!(finish(&mut response, &name, &meters), Some(("store_unavailable".into(), cause.into())));
    }
}
