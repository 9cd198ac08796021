//! Bodies of requests, read by the API's functions without a server. Only fuzz targets call this.

use super::{messages, resources};
use postrider_core::submission::Submission;
use postrider_declare::Document;
use postrider_declare::Endpoints;

/// The messages in a body of `POST /v1/messages`; for each that can't be read, the reason.
///
/// # Errors
/// The reason why the body can't be read.
pub fn messages(body: &[u8]) -> Result<Vec<Result<Submission, String>>, String> {
    let request =
        messages::read(body, Some(Endpoints::ANY)).map_err(|problem| problem.detail.into_string())?;
    let items = request.items.into_iter();
    Ok(items.map(|item| item.submission.map_err(|problem| problem.detail.into_string())).collect())
}

/// The document in a body that declares a resource.
///
/// # Errors
/// The reason why the body can't be read.
pub fn resource<D: Document>(body: &[u8]) -> Result<D, String> {
    let read = resources::document(body).map_err(|problem| problem.detail.into_string())?;
    Ok(read.document)
}
