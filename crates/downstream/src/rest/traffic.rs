//! Traffic now: what passes through this node, what waits, and what is broken.

mod trouble;
mod view;

use super::Rest;
use super::answer::json;
use super::caller::Reader;
use super::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::principal::Viewer;
use std::sync::Arc;
use view::TrafficView;

/// Shows what passes through this node, what waits, and what is broken.
///
/// Rates are those of the last 10 seconds. An account sees its own traffic alone.
#[utoipa::path(
    get, path = "/v1/traffic", operation_id = "getTraffic", tag = "operations",
    responses(
        (status = 200, description = "The traffic of this node.", body = TrafficView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn traffic(State(rest): State<Arc<Rest>>, Reader(caller): Reader) -> Response {
    let summary = rest.watch.traffic();
    let view = match caller.viewer() {
        Viewer::Everything => TrafficView::whole(&rest, &summary),
        Viewer::Account(account) => TrafficView::of_account(&rest, &summary, account),
    };
    json(StatusCode::OK, &view)
}
