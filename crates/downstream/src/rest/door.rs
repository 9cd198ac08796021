//! The service around every request: it gives requests identifiers, renders problems, counts and logs answers.

use super::client::{Client, InProgress};
use super::problem::{self, Problem};
use super::rate_limits::Slot;
use super::rule_calls;
use super::{Meters, Rest, Scope, malformed, router};
use crate::clock;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{ALLOW, CONNECTION, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tower_service::Service;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The headers that the API reads and that have one value. Given twice, which value was meant is anybody's guess.
const GIVEN_ONCE: [&str; 7] =
    ["authorization", "content-type", "host", "idempotency-key", "if-match", "x-account", "x-request-id"];
/// The longest request identifier that a client may choose.
const REQUEST_ID_MAX: usize = 64;

/// The API of one listener.
#[derive(Clone)]
pub(super) struct Door {
    router: Router,
    rest: Arc<Rest>,
    identifiers: Arc<Identifiers>,
}

impl Door {
    /// The API, with pages beside it.
    pub(super) fn new(rest: Arc<Rest>, scope: Scope, pages: Option<Router>) -> Self {
        let router = router(Arc::clone(&rest), scope).merge(pages.unwrap_or_default());
        Self { router, rest, identifiers: Arc::new(Identifiers::new()) }
    }

    /// The whole answer to octets that are no request, in the place of the server's own, whose status is given.
    pub(super) fn answer_malformed(&self, status: u16, is_in_first_line: bool) -> Vec<u8> {
        let mut problem = malformed::problem(status, is_in_first_line);
        self.rest.meters.answered(problem.status.as_u16());
        malformed::answer(&mut problem, &self.identifiers.make())
    }

    /// The whole answer to a client that speaks otherwise than its port.
    pub(super) fn answer_stranger(&self, fault: &'static str) -> Vec<u8> {
        let mut problem = Problem::bad("wrong_scheme", fault);
        self.rest.meters.answered(problem.status.as_u16());
        malformed::answer(&mut problem, &self.identifiers.make())
    }
}

/// The API as a service for the requests of one connection.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) door: Door,
    pub(super) client: Arc<Client>,
}

/// Identifiers for requests that come without one.
struct Identifiers {
    start: u64,
    next: AtomicU64,
}

impl Identifiers {
    fn new() -> Self {
        // Without randomness, identifiers repeat after a restart; logs are less clear then.
        Self { start: getrandom::u64().unwrap_or(0), next: AtomicU64::new(0) }
    }

    /// The request's own identifier, if it is fit for a log, or a new one.
    fn identifier(&self, headers: &HeaderMap) -> HeaderValue {
        let sane = |value: &&HeaderValue| {
            let octets = value.as_bytes();
            (1..=REQUEST_ID_MAX).contains(&octets.len()) && octets.iter().all(u8::is_ascii_graphic)
        };
        if let Some(given) = headers.get(&REQUEST_ID).filter(sane) {
            return given.clone();
        }
        HeaderValue::try_from(self.make()).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }

    /// A new identifier.
    fn make(&self) -> String {
        let number = self.start.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed));
        format!("{number:016x}")
    }
}

impl<B> Service<Request<B>> for Served
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let started = clock::now();
        let Door { router, rest, identifiers } = &mut self.door;
        let id = identifiers.identifier(request.headers());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let rest = Arc::clone(rest);
        let in_progress = InProgress::begin(&self.client);
        if request.body().is_end_stream() {
            self.client.standing.prove();
        }
        let malformed = self.client.fault(&request).map(malformed::request);
        let malformed = malformed.or_else(|| repeated(request.headers()));
        let closes = malformed.is_some();
        let limited = Slot::default();
        let answering = match malformed {
            None => {
                request.extensions_mut().insert(Arc::clone(&self.client));
                request.extensions_mut().insert(limited.clone());
                Ok(router.call(request.map(Body::new)))
            }
            Some(problem) => Err(problem),
        };
        Box::pin(async move {
            let mut response = match answering {
                Ok(answering) => answering.await?,
                Err(problem) => problem.into_response(),
            };
            drop(in_progress);
            let failure = finish(&mut response, &id, &rest.meters);
            let (request, path) = (text(&id), rule_calls::without_token(uri.path()));
            let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let status = response.status().as_u16();
            match failure {
                // Of an outage of the store the log tells once, and not for each request.
                Some((code, cause)) if code != "store_unavailable" => {
                    tracing::warn!(request, %method, path, status, %code, cause, ms, "could not be answered");
                }
                _ => tracing::debug!(request, %method, path, status, ms, "answered"),
            }
            rest.rate_limits.tell(&limited, &*rest.live, response.headers_mut());
            response.headers_mut().insert(&REQUEST_ID, id);
            if closes {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}

/// The problem that a header is given twice.
fn repeated(headers: &HeaderMap) -> Option<Problem> {
    if headers.len() == headers.keys_len() {
        return None;
    }
    let name = GIVEN_ONCE.into_iter().find(|name| headers.get_all(*name).iter().nth(1).is_some())?;
    let detail = format!("the header {name} is given twice: give it once");
    Some(Problem::bad("repeated_header", detail).at(name))
}

/// Renders the problem that an answer carries, and counts the answer. Returns code and cause if the gateway itself
/// failed.
fn finish(response: &mut Response, id: &HeaderValue, meters: &Meters) -> Option<(Cow<'static, str>, String)> {
    let mut failure = None;
    if let Some(problem) = problem::take(response) {
        failure = problem.status.is_server_error().then(|| (problem.code.clone(), cause(&problem)));
        let allowed = response.headers_mut().remove(ALLOW);
        *response = problem.render(text(id));
        response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    }
    meters.answered(response.status().as_u16());
    failure
}

/// The cause of a problem, for the log.
fn cause(problem: &Problem) -> String {
    problem.cause.as_ref().map_or_else(|| problem.detail.to_string(), ToString::to_string)
}

/// A request's identifier as text. It is always ASCII.
fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_identifier_if_it_is_fit_for_a_log() {
        let identifiers = Identifiers::new();
        let name = |given: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(&REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
            identifiers.identifier(&headers)
        };
        assert_eq!(name(b"order-7"), "order-7");
        for bad in [&b""[..], b"two words", "é".as_bytes(), &[b'x'; 65]] {
            assert_eq!(name(bad).len(), 16, "{bad:?}");
        }
        assert_ne!(identifiers.identifier(&HeaderMap::new()), identifiers.identifier(&HeaderMap::new()));
    }

    #[test]
    fn a_header_with_one_value_is_given_once() {
        let field = |names: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(*name, HeaderValue::from_static("x"));
            }
            repeated(&headers).and_then(|problem| problem.field)
        };
        for name in GIVEN_ONCE {
            assert_eq!(field(&[name, "accept"]), None);
            assert_eq!(field(&["accept", name, "accept", name]).as_deref(), Some(name));
        }
        assert_eq!(field(&["accept", "x-forwarded-for", "x-forwarded-for", "accept"]), None);
    }

    #[test]
    fn a_problem_is_rendered_and_other_answers_are_left_alone() {
        let name = HeaderValue::from_static("r1");
        let meters = Meters::new();
        let mut response = Problem::not_found("gone").into_response();
        finish(&mut response, &name, &meters);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (404, &"application/problem+json".parse().unwrap())
        );
        let mut response = (axum::http::StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response();
        finish(&mut response, &name, &meters);
        assert_eq!(&response.headers()["content-type"], "application/problem+json");
        assert_eq!(&response.headers()[ALLOW], "GET");
        // The router's own words about a path that it can't read.
        let mut response = (axum::http::StatusCode::BAD_REQUEST, "Invalid URL").into_response();
        finish(&mut response, &name, &meters);
        assert_eq!(&response.headers()["content-type"], "application/problem+json");
        let mut response = axum::http::StatusCode::NO_CONTENT.into_response();
        finish(&mut response, &name, &meters);
        assert!(response.headers().is_empty());
        let error = postrider_core::contract::StoreError::Unavailable("it hides".into());
        let mut response = Problem::from(error).into_response();
        let cause = "the store is unavailable: it hides";
        assert_eq!(finish(&mut response, &name, &meters), Some(("store_unavailable".into(), cause.into())));
    }
}
