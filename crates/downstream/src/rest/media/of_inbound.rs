//! Media of messages from handsets.

use super::{content, missing};
use crate::rest::Rest;
use crate::rest::caller::Reader;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use postrider_core::principal::Viewer;
use std::sync::Arc;

/// The octets of a medium of a message from a handset.
#[utoipa::path(
    get, path = "/v1/inbound/{id}/media/{place}", tag = "messages", operation_id = "getInboundMedia",
    params(
        ("id" = String, Path, description = "The message's identifier."),
        ("place" = usize, Path, description = "The place of the medium in the message, from 0."),
    ),
    responses(
        (status = 200, description = "Its octets.", content_type = "application/octet-stream"),
        (status = 206, description = "The range of them that was asked for.", content_type = "application/octet-stream"),
        (status = 404, description = "There is no such medium.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn inbound_media(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path((id, place)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let (received, _) = rest.archive.received(caller.viewer(), id).await?.ok_or_else(missing)?;
    // Like its text it is its owner's; what is nobody's administrators see.
    let is_own = received.account.is_none_or(|account| caller.viewer() == Viewer::Account(account));
    let place: usize = place.parse().map_err(|_| missing())?;
    let item = received.inbound.body.media().and_then(|media| media.items.get(place)).filter(|_| is_own);
    let media = rest.media.desk.find(item.ok_or_else(missing)?.id).await?.ok_or_else(missing)?;
    Ok(content::octets(&media, place, &headers))
}
