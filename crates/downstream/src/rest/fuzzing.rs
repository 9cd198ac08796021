//! Bodies of requests, read as the API reads them but without a server. Only fuzz targets call this.

use super::{messages, resources};
use crate::resource::Document;
use postrider_core::submission::Submission;

/// The messages in a body of `POST /v1/messages`, and why a message or the whole body can't be read.
///
/// # Errors
/// What the client would be told.
pub fn messages(body: &[u8]) -> Result<Vec<Result<Submission, String>>, String> {
    let asked = messages::read(body, true).map_err(|problem| problem.detail.into_string())?;
    let items = asked.items.into_iter();
    Ok(items.map(|item| item.map_err(|problem| problem.detail.into_string())).collect())
}

/// The document in a body that declares something.
///
/// # Errors
/// What the client would be told.
pub fn resource<D: Document>(body: &[u8]) -> Result<D, String> {
    resources::document(body).map_err(|problem| problem.detail.into_string())
}
