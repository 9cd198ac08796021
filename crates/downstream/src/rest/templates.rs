//! Templates over HTTP.

mod approve;
mod preview;
mod read;
mod sheet;
mod view;
mod write;

pub(super) use approve::*;
pub(super) use preview::*;
pub(super) use read::*;
pub(super) use sheet::*;
pub(super) use write::*;

use super::problem::Problem;
use crate::rest::routing::{ApiRoutes, routes};
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// The routes of templates.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(list_templates))
        .routes(routes!(template, put_template, delete_template))
        .routes(routes!(template_versions))
        .routes(routes!(approve_template))
        .routes(routes!(preview_template))
        .routes(routes!(template_sheet))
}

fn missing() -> Problem {
    Problem::not_found("there is no such template, or no such version of it")
}

/// The response, with the number of a version as its tag.
pub(super) fn tagged(mut response: Response, version: u64) -> Response {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The version that a client has read, by the headers of its request: 0 is none, and `None` is that it doesn't care.
///
/// # Errors
/// A header can't be read.
pub(super) fn version_read(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let wrong = |header: &str, detail: &str| {
        Problem::bad("invalid_condition", format!("the header {header} {detail}")).at(header)
    };
    match (headers.get(IF_MATCH), headers.get(IF_NONE_MATCH)) {
        (None, None) => Ok(None),
        (None, Some(given)) if given == "*" => Ok(Some(0)),
        (None, Some(_)) => Err(wrong("If-None-Match", "must be *: the change is made if there is none yet")),
        (Some(given), None) => {
            let tag =
                given.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
            tag.map(Some).ok_or_else(|| wrong("If-Match", "must be the ETag of an answer with its quotes"))
        }
        (Some(_), Some(_)) => Err(wrong("If-None-Match", "can't be given beside If-Match")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_a_version() {
        let read = |header: &'static str, value: &'static str| {
            let headers = [(header.parse().unwrap(), HeaderValue::from_static(value))].into_iter().collect();
            version_read(&headers).map_err(|problem| problem.field.unwrap().into_string())
        };
        assert_eq!(read("if-match", "\"7\""), Ok(Some(7)));
        assert_eq!(read("if-none-match", "*"), Ok(Some(0)));
        assert_eq!(read("x", "y"), Ok(None));
        assert_eq!(read("if-match", "7"), Err("If-Match".to_owned()));
        assert_eq!(read("if-none-match", "\"7\""), Err("If-None-Match".to_owned()));
    }
}
