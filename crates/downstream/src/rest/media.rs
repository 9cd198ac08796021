//! Media of messages: uploads, what messages name, and the pages that show media to recipients without MMS.

mod attach;
mod content;
mod fetch;
mod named;
mod of_inbound;
mod page;
mod upload;
mod view;

pub(super) use attach::{hold, hold_all};
pub use fetch::Fetcher;
pub(super) use named::{MediaRef, NamedMedia};
pub(super) use view::{MediaView, subject, views};

use super::problem::Problem;
use super::routing::{ApiRoutes, routes};
use postrider_core::contract::MediaDesk;
use std::sync::Arc;

/// What the API needs for media.
pub struct MediaParts {
    /// The counter where they are kept.
    pub desk: Arc<dyn MediaDesk>,
    /// It fetches those that messages name by a URL.
    pub fetcher: Fetcher,
}

/// The operations on media.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(upload::upload))
        .routes(routes!(upload::show))
        .routes(routes!(upload::show_content))
        .routes(routes!(of_inbound::inbound_media))
        .routes(routes!(page::page))
        .routes(routes!(page::item))
}

fn missing() -> Problem {
    Problem::not_found("there is no such medium, or it was deleted when its time was over")
}
