//! Secrets that were just made: they are shown this once.

use crate::frame::Frame;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    frame: Frame,
    /// What they are, and themselves.
    secrets: Vec<(String, String)>,
    /// What a customer needs to know, as a text to be sent on.
    sheet: Option<String>,
    back: String,
}

/// Shows secrets, and leads back then.
pub(super) fn show(
    visitor: &Visitor,
    (place, title): (&'static str, &str),
    secrets: Vec<(String, String)>,
    sheet: Option<String>,
    back: &str,
) -> Response {
    render(&SecretPage { frame: visitor.frame(place, title), secrets, sheet, back: back.to_owned() })
}
