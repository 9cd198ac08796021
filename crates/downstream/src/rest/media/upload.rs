//! Uploads of media, and what was uploaded.

use super::named::keep;
use super::{content, missing};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Reader};
use crate::rest::moment;
use crate::rest::payload::read_up_to;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_core::media::Media;
use postrider_core::principal::Principal;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The longest time for the arrival of an upload.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// A medium that was uploaded.
#[derive(Serialize, ToSchema)]
#[schema(as = UploadedMedia)]
pub(in crate::rest) struct UploadView {
    /// Its identifier, by which messages name it.
    #[schema(example = "381234567890123456")]
    id: String,
    /// Its type, such as `image/jpeg`, by its octets.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its size in octets.
    size: u32,
    /// When it is deleted. Each message that names it puts that off.
    #[schema(format = "date-time")]
    expires_at: String,
}

impl From<&Media> for UploadView {
    fn from(media: &Media) -> Self {
        Self {
            id: media.item.id.to_string(),
            kind: media.item.kind.mime(),
            size: media.item.size,
            expires_at: moment::write(media.expires),
        }
    }
}

/// Uploads a medium: a picture, a video or a sound, as the body of the request.
///
/// Its type is decided by its octets. Messages name it by the identifier in the answer. It is kept for as long as `[media]` says,
/// and longer where a message needs it longer.
#[utoipa::path(
    post, path = "/v1/media", tag = "media", operation_id = "uploadMedia",
    request_body(content = inline(String), content_type = "application/octet-stream", description = "The octets."),
    responses(
        (status = 201, description = "It is kept.", body = UploadView),
        (status = "4XX", description = "It is too large, of no type that is carried, or the account has too much stored.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not kept; try again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn upload(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    request: Request,
) -> Result<Response, Problem> {
    let most = usize::try_from(rest.media.desk.limits().size_max).unwrap_or(usize::MAX);
    let octets = read_up_to(request.into_body(), most, UPLOAD_TIMEOUT).await?;
    if octets.is_empty() {
        return Err(Problem::bad("empty_media", "the body is empty: send the octets of the medium"));
    }
    let item = keep(&rest, account.id, octets).await??;
    let media = rest.media.desk.find(item.id).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::CREATED, &UploadView::from(&media)))
}

/// Shows a medium that was uploaded.
#[utoipa::path(
    get, path = "/v1/media/{id}", tag = "media", operation_id = "getMedia",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "The medium.", body = UploadView),
        (status = 404, description = "There is no such medium.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn show(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let media = own(&rest, &caller, &id).await?;
    Ok(json(StatusCode::OK, &UploadView::from(&media)))
}

/// The octets of a medium that was uploaded.
#[utoipa::path(
    get, path = "/v1/media/{id}/content", tag = "media", operation_id = "getMediaContent",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "Its octets.", content_type = "application/octet-stream"),
        (status = 206, description = "The range of them that was asked for.", content_type = "application/octet-stream"),
        (status = 404, description = "There is no such medium.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn show_content(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let media = own(&rest, &caller, &id).await?;
    Ok(content::octets(&media, 0, &headers))
}

/// A medium that the caller's account uploaded. Administrators see media as little as texts.
async fn own(rest: &Rest, caller: &Principal, id: &str) -> Result<Media, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let media = rest.media.desk.find(id).await?.ok_or_else(missing)?;
    let is_own = media.account.is_some() && media.account == caller.viewer().account();
    if is_own { Ok(media) } else { Err(missing()) }
}
