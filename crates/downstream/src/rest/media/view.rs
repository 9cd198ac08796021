//! Media as messages show them.

use postrider_core::id::MessageId;
use postrider_core::media::{MediaItem, Multimedia};
use serde::Serialize;
use utoipa::ToSchema;

/// A medium of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageMedia)]
pub(in crate::rest) struct MediaView {
    /// Its identifier.
    #[schema(example = "381234567890123456")]
    id: String,
    /// Its type, such as `image/jpeg`, by its octets.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its size in octets.
    size: u32,
    /// The path of its octets at this API. It needs your key.
    url: String,
}

/// The media of a message that an account sent, or with `inbound` those of a message from a handset.
pub(in crate::rest) fn views(media: Option<&Multimedia>, inbound: Option<MessageId>) -> Vec<MediaView> {
    let items = media.map_or(&[][..], |media| &media.items);
    let view = |(place, item): (usize, &MediaItem)| MediaView {
        id: item.id.to_string(),
        kind: item.kind.mime(),
        size: item.size,
        url: match inbound {
            Some(message) => format!("/v1/inbound/{message}/media/{place}"),
            None => format!("/v1/media/{}/content", item.id),
        },
    };
    items.iter().enumerate().map(view).collect()
}

/// The subject of a message, if it has one.
pub(in crate::rest) fn subject(media: Option<&Multimedia>) -> Option<&str> {
    media.map(|media| &*media.subject).filter(|subject| !subject.is_empty())
}
