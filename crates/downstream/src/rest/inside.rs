//! The API from inside the process, for pages: the same routes, keys, limits and audit log as over a connection.

use super::client::Client;
use super::{Rest, Scope, problem, router};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Extensions;
use axum::response::Response;
use std::sync::Arc;
use tower_service::Service;

/// The API, as pages in the same process ask it.
#[derive(Clone)]
pub struct Inside {
    router: Router,
}

/// The client on whose behalf pages ask.
#[derive(Clone)]
pub struct Behalf(Option<Arc<Client>>);

impl Behalf {
    /// The client of a request that came over a connection, by the request's extensions.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        Self(extensions.get::<Arc<Client>>().cloned())
    }
}

impl Inside {
    /// The API of these parts, without metrics.
    #[must_use]
    pub fn new(rest: &Arc<Rest>) -> Self {
        Self { router: router(Arc::clone(rest), Scope::WithoutMetrics) }
    }

    /// Answers a request, which has the key of whoever asks. A problem is answered as its document.
    pub async fn answer(&self, mut request: Request<Body>, behalf: &Behalf) -> Response {
        if let Some(client) = &behalf.0 {
            request.extensions_mut().insert(Arc::clone(client));
        }
        let Ok(mut response) = self.router.clone().call(request).await;
        match problem::take(&mut response) {
            Some(problem) => problem.render("-"),
            None => response,
        }
    }
}
