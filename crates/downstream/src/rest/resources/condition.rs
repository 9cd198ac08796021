//! Conditions of requests (RFC 9110, section 13): a change is made only to what the client has read.

use crate::rest::problem::Problem;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use postrider_declare::{Condition, Document, Entry};

/// The response, with the tag of what is declared.
pub(super) fn tagged<D: Document>(mut response: Response, entry: &Entry<D>) -> Response {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", entry.tag())) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The condition in the headers of a request.
///
/// # Errors
/// A header can't be read, or both are given.
pub(super) fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    match (headers.get(IF_MATCH), headers.get(IF_NONE_MATCH)) {
        (None, None) => Ok(Condition::None),
        (Some(given), None) if given == "*" => Ok(Condition::There),
        (Some(given), None) => tags(given).map(Condition::Tagged),
        (None, Some(given)) if given == "*" => Ok(Condition::Missing),
        (None, Some(_)) => Err(wrong("If-None-Match", "must be *: the change is made if there is none yet")),
        (Some(_), Some(_)) => Err(wrong("If-None-Match", "can't be given beside If-Match")),
    }
}

/// The strong tags of a list. Weak ones never match (RFC 9110, section 13.1.1).
fn tags(given: &HeaderValue) -> Result<Vec<String>, Problem> {
    let unreadable = || wrong("If-Match", "must be *, or the ETag of an answer with its quotes");
    let mut tags = Vec::new();
    for tag in given.to_str().map_err(|_| unreadable())?.split(',').map(str::trim) {
        let (tag, is_weak) = match tag.strip_prefix("W/") {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(unreadable)?;
        if !is_weak {
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}

fn wrong(header: &str, detail: &str) -> Problem {
    Problem::bad("invalid_condition", format!("the header {header} {detail}")).at(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_from_headers() {
        let read = |given: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            condition(&headers).map_err(|problem| problem.field.unwrap())
        };
        let tagged = |tags: &[&str]| Ok(Condition::Tagged(tags.iter().map(ToString::to_string).collect()));
        assert_eq!(read(&[]), Ok(Condition::None));
        assert_eq!(read(&[("if-match", "*")]), Ok(Condition::There));
        assert_eq!(read(&[("if-none-match", "*")]), Ok(Condition::Missing));
        assert_eq!(read(&[("if-match", "\"a1\", \"b2\"")]), tagged(&["a1", "b2"]));
        assert_eq!(read(&[("if-match", "W/\"a1\"")]), tagged(&[]));
        assert_eq!(read(&[("if-match", "a1")]), Err("If-Match".into()));
        assert_eq!(read(&[("if-none-match", "\"a1\"")]), Err("If-None-Match".into()));
        assert_eq!(read(&[("if-match", "*"), ("if-none-match", "*")]), Err("If-None-Match".into()));
    }
}
