//! The console in front of the API, in one process.

use async_trait::async_trait;
use axum::extract::Request;
use axum::http::Extensions;
use axum::response::Response;
use postrider_console::{Api, Console, Ports};
use postrider_downstream::rest::{Behalf, Inside, Rest};
use std::sync::Arc;

/// The API, as the console asks it.
struct ApiInside(Inside);

#[async_trait]
impl Api for ApiInside {
    async fn answer(&self, request: Request, extensions: &Extensions) -> Response {
        self.0.answer(request, &Behalf::of(extensions)).await
    }
}

/// The console of a node whose API and ports these are.
pub(super) fn console(rest: &Arc<Rest>, ports: Ports) -> Arc<Console> {
    Console::new(Arc::new(ApiInside(Inside::new(rest))), ports)
}
