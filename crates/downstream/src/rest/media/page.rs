//! The pages that show media to recipients without MMS. Their URLs have a secret of 128 bits and expire; nothing else protects them.

use super::{content, missing};
use crate::rest::Rest;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use postrider_core::contract::StoreError;
use postrider_core::media::{Media, MediaClass, MediaPage};
use postrider_declare::hash_key;
use std::fmt::Write;
use std::sync::Arc;

/// What a page may load: its own media, and nothing else.
const POLICY: &str = "default-src 'none'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// The longest secret that is looked up.
const SECRET_MAX: usize = 64;

/// Shows the media of a message to everybody who has the link.
#[utoipa::path(
    get, path = "/m/{secret}", tag = "media", operation_id = "getMediaPage", security(()),
    params(("secret" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The page.", content_type = "text/html"),
        (status = 404, description = "The link has expired, or never was.", content_type = "text/html"),
    ),
)]
pub(in crate::rest) async fn page(
    State(rest): State<Arc<Rest>>,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let Some(page) = find(&rest, &secret).await? else {
        let gone = "<p>This link has expired.</p>";
        return Ok(html(StatusCode::NOT_FOUND, gone));
    };
    let mut shown = String::new();
    for (place, id) in page.items.iter().enumerate() {
        if let Some(media) = rest.media.desk.find(*id).await? {
            element(&mut shown, &secret, place, &media);
        }
    }
    Ok(html(StatusCode::OK, &shown))
}

/// The octets of a medium of a page.
#[utoipa::path(
    get, path = "/m/{secret}/{place}", tag = "media", operation_id = "getMediaPageItem", security(()),
    params(
        ("secret" = String, Path, description = "The secret of the link."),
        ("place" = usize, Path, description = "The place of the medium, from 0."),
    ),
    responses(
        (status = 200, description = "Its octets.", content_type = "application/octet-stream"),
        (status = 206, description = "The range of them that was asked for.", content_type = "application/octet-stream"),
        (status = 404, description = "The link has expired, or never was.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn item(
    State(rest): State<Arc<Rest>>,
    Path((secret, place)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = find(&rest, &secret).await?.ok_or_else(missing)?;
    let place: usize = place.parse().map_err(|_| missing())?;
    let id = page.items.get(place).ok_or_else(missing)?;
    let media = rest.media.desk.find(*id).await?.ok_or_else(missing)?;
    Ok(content::octets(&media, place, &headers))
}

async fn find(rest: &Rest, secret: &str) -> Result<Option<MediaPage>, StoreError> {
    let is_secret = secret.len() <= SECRET_MAX
        && secret.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_');
    if is_secret { rest.media.desk.page(hash_key(secret)).await } else { Ok(None) }
}

/// The element of a medium. The secret has no character that HTML reads; nothing else is of a stranger.
fn element(page: &mut String, secret: &str, place: usize, media: &Media) {
    let (url, kind) = (format!("{secret}/{place}"), media.item.kind);
    // A string takes whatever is written.
    let _ = match kind.class() {
        MediaClass::Image => writeln!(page, "<p><img src=\"{url}\" alt=\"\" width=\"100%\"></p>"),
        MediaClass::Video => {
            writeln!(page, "<p><video src=\"{url}\" controls width=\"100%\"></video></p>")
        }
        MediaClass::Audio => writeln!(page, "<p><audio src=\"{url}\" controls></audio></p>"),
        MediaClass::Document => {
            let size = media.item.size.div_ceil(1_024);
            writeln!(page, "<p><a href=\"{url}\">{}.{} ({size} kB)</a></p>", place + 1, kind.extension())
        }
    };
}

fn html(status: StatusCode, shown: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Message</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head>\n<body>\n{shown}</body>\n</html>\n"
    );
    let mut response = content::guarded(Response::new(Body::from(page)), POLICY);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;
    use postrider_core::media::{MediaItem, MediaType};
    use postrider_core::time::Time;

    #[test]
    fn each_kind_of_medium_has_its_element() {
        let shown = |kind| {
            let item = MediaItem { id: MessageId::from_number(1), kind, size: 2_000, print: 0 };
            let media = Media {
                item,
                account: None,
                person: None,
                expires: Time(0),
                sealed: false,
                octets: [].into(),
            };
            let mut page = String::new();
            element(&mut page, "secret", 1, &media);
            page
        };
        assert_eq!(shown(MediaType::Png), "<p><img src=\"secret/1\" alt=\"\" width=\"100%\"></p>\n");
        assert!(shown(MediaType::Mp4).contains("<video src=\"secret/1\" controls"));
        assert!(shown(MediaType::Amr).contains("<audio src=\"secret/1\" controls"));
        assert_eq!(shown(MediaType::Vcard), "<p><a href=\"secret/1\">2.vcf (2 kB)</a></p>\n");
    }

    #[test]
    fn a_page_loads_its_own_media_and_nothing_else() {
        let response = html(StatusCode::OK, "");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'; img-src 'self'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("x-robots-tag").starts_with("noindex"));
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "private, no-store");
    }
}
