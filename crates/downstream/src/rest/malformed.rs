//! Answers to octets that are no request of HTTP.

use super::problem::Problem;
use axum::http::StatusCode;

/// The problem of a request that can't be parsed. `status` is the HTTP server's own; `is_in_first_line` says whether the
/// request ended within its first line.
pub(super) fn problem(status: u16, is_in_first_line: bool) -> Problem {
    let too_large = status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.as_u16();
    if status == StatusCode::URI_TOO_LONG.as_u16() || (too_large && is_in_first_line) {
        let detail = "the URI is too long: send parameters in the body";
        return Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", detail);
    }
    if too_large {
        let detail = "the headers are too large: at most 100 of them, and 64 KiB in all, are read";
        return Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail);
    }
    request("this is no valid HTTP request: its first line, a header or a length is malformed")
}

/// The problem of a request with this fault.
pub(super) fn request(fault: &'static str) -> Problem {
    Problem::bad("malformed_request", fault)
}

/// The whole answer of HTTP/1.1, after which the connection is closed.
pub(super) fn answer(problem: &mut Problem, request_id: &str) -> Vec<u8> {
    let body = problem.document(request_id);
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nx-request-id: {request_id}\r\n\
         connection: close\r\n\r\n",
        problem.status,
        body.len()
    );
    [head.into_bytes(), body].concat()
}
