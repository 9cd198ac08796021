//! Health and metrics, for monitoring. These need no key and contain no secrets.

use super::Rest;
use super::answer::json;
use super::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Shows that the process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "getLiveness", tag = "health", security(()), responses((status = 200, description = "The process is alive.")))]
pub(super) async fn healthz() -> Response {
    json(StatusCode::OK, &serde_json::json!({ "status": "live" }))
}

/// Shows whether the gateway is ready for traffic, and if not, why.
#[utoipa::path(
    get, path = "/readyz", operation_id = "getReadiness", tag = "health", security(()),
    responses(
        (status = 200, description = "The gateway is ready."),
        (status = 503, description = "The gateway is not ready; `reasons` says why."),
    ),
)]
pub(super) async fn readyz(State(rest): State<Arc<Rest>>) -> Response {
    match (rest.ready)() {
        Ok(()) => json(StatusCode::OK, &serde_json::json!({ "status": "ready" })),
        Err(reasons) => {
            let body = serde_json::json!({ "status": "not ready", "reasons": reasons });
            json(StatusCode::SERVICE_UNAVAILABLE, &body)
        }
    }
}

/// Shows the metrics, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics", tag = "health", security(()), responses((status = 200, description = "The metrics.")))]
pub(super) async fn metrics(State(rest): State<Arc<Rest>>) -> Result<Response, Problem> {
    let render = rest.metrics.as_ref().ok_or_else(|| Problem::not_found("metrics are not shown here"))?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()).into_response())
}
