//! The pages, one file each, and the way to them.

mod live;
mod messages;
mod preferences;
mod sign_in;

use crate::api::Failed;
use crate::visitor::{Visitor, render, written};
use crate::{Console, assets, guard};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// All pages.
pub(crate) fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/console", get(async || Redirect::to("/console/live")))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/preferences", post(preferences::change))
        .route("/console/live", get(live::page))
        .route("/console/live/stream", get(live::stream))
        .route("/console/messages", get(messages::list))
        .route("/console/messages/export", get(messages::export))
        .route("/console/messages/{id}", get(messages::one))
        .route("/console/messages/{id}/cancel", post(messages::cancel))
        .route("/console/assets/{version}/{name}", get(asset))
        .route("/console/{*page}", get(nowhere))
        .layer(axum::middleware::from_fn(guard::guard))
        .with_state(console)
}

/// Leads browsers to the console. A program that comes here looks for the API.
async fn root(headers: HeaderMap) -> Response {
    let wants = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if wants.contains("text/html") {
        Redirect::to("/console").into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    assets::answer(&version, &name)
}

async fn nowhere(visitor: Visitor) -> Response {
    visitor.show(Err::<live::LivePage, _>(Failed::not_found()))
}
