//! The pages, one file each, and the way to them.

mod automation;
mod compose;
mod explanation;
mod inbox;
mod live;
mod messages;
mod numbers;
mod opt_outs;
mod preferences;
mod routes;
mod sign_in;
mod upstreams;

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
        .route("/console/compose", get(compose::page).post(compose::send))
        .route("/console/compose/preview", post(compose::preview))
        .route("/console/inbox", get(inbox::list))
        .route("/console/inbox/received", get(inbox::received))
        .route("/console/inbox/{id}", get(inbox::show))
        .route("/console/inbox/{id}/stream", get(inbox::stream))
        .route("/console/inbox/{id}/reply", post(inbox::reply))
        .route("/console/inbox/{id}/note", post(inbox::note))
        .route("/console/inbox/{id}/change", post(inbox::change))
        .route("/console/upstreams", get(upstreams::list))
        .route("/console/upstreams/{name}", get(upstreams::one))
        .route("/console/upstreams/{name}/switch", post(upstreams::switch))
        .route("/console/routes", get(routes::page))
        .route("/console/numbers", get(numbers::list))
        .route("/console/automation", get(automation::page))
        .route("/console/opt-outs", get(opt_outs::list).post(opt_outs::add))
        .route("/console/opt-outs/lift", post(opt_outs::lift))
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
