//! Media of messages, as the API gives them to whoever looks.

use crate::api::path;
use crate::visitor::Visitor;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

/// Where messages and the inbox are, to return to.
const HERE: &str = "/console/messages";

/// A medium of a message, as the API shows it.
#[derive(Deserialize)]
pub(super) struct Medium {
    /// Its type, such as `image/jpeg`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Its size in octets.
    size: u64,
    /// The path of its octets at the API.
    url: String,
}

impl Medium {
    /// Whether a page shows it.
    pub(super) fn is_picture(&self) -> bool {
        self.kind.starts_with("image/")
    }

    /// The path of its octets here.
    pub(super) fn link(&self) -> String {
        format!("/console/media{}", self.url.strip_prefix("/v1").unwrap_or_default())
    }

    pub(super) fn kilobytes(&self) -> u64 {
        self.size.div_ceil(1_024)
    }
}

/// The octets of what an account sent.
pub(super) async fn sent(visitor: Visitor, Path(id): Path<String>) -> Response {
    show(&visitor, &path(&["media", &id, "content"]), &id).await
}

/// The octets of what a handset sent.
pub(super) async fn received(visitor: Visitor, Path((id, place)): Path<(String, String)>) -> Response {
    show(&visitor, &path(&["inbound", &id, "media", &place]), &format!("{id}-{place}")).await
}

async fn show(visitor: &Visitor, path: &str, name: &str) -> Response {
    match visitor.ask.file(path, &[], name).await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_is_shown_by_a_path_of_the_console() {
        let medium = |kind: &str, url: &str| Medium { kind: kind.into(), size: 2_000, url: url.into() };
        let picture = medium("image/png", "/v1/media/7/content");
        assert_eq!(
            (picture.is_picture(), picture.link()),
            (true, "/console/media/media/7/content".to_owned())
        );
        let video = medium("video/mp4", "/v1/inbound/8/media/0");
        assert_eq!(
            (video.is_picture(), video.link()),
            (false, "/console/media/inbound/8/media/0".to_owned())
        );
        assert_eq!(video.kilobytes(), 2);
    }
}
