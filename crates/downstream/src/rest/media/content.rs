//! The octets of a medium as an answer that no browser takes for anything else.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use postrider_core::media::{Media, MediaClass};
use std::ops::Range;

/// Robots' own word for pages that they leave out.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The headers of everything that has a medium in it: it is kept by nobody, listed nowhere, and runs no script.
pub(super) fn guarded(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "private, no-store"),
        (ROBOTS, "noindex, nofollow, noarchive"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A medium, or the range of it that a player asks for.
pub(super) fn octets(media: &Media, place: usize, asked: &HeaderMap) -> Response {
    let kind = media.item.kind;
    let whole = media.octets.len();
    let range = asked.get(RANGE).and_then(|range| wanted(range.to_str().ok()?, whole));
    let shown = range.clone().unwrap_or(0..whole);
    let part = Bytes::copy_from_slice(media.octets.get(shown.clone()).unwrap_or_default());
    let mut response = guarded(Response::new(Body::from(part)), "default-src 'none'; sandbox");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.mime()));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let how = if kind.class() == MediaClass::Document { "attachment" } else { "inline" };
    let disposition = format!("{how}; filename=\"{}.{}\"", place + 1, kind.extension());
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if range.is_some() {
        let content_range = format!("bytes {}-{}/{whole}", shown.start, shown.end.saturating_sub(1));
        if let Ok(content_range) = HeaderValue::try_from(content_range) {
            headers.insert(CONTENT_RANGE, content_range);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// The one range that is asked for (RFC 9110, 14.1.2); `None` for the whole, also where the range can't be given.
fn wanted(range: &str, whole: usize) -> Option<Range<usize>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(whole),
        (Ok(first), Err(_)) if last.is_empty() => first..whole,
        (Err(_), Ok(count)) if first.is_empty() => whole.saturating_sub(count)..whole,
        _ => return None,
    };
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_gets_the_range_that_it_asks_for() {
        for (range, expected) in [
            ("bytes=0-1", Some(0..2)),
            ("bytes=8-", Some(8..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=5-99", Some(5..10)),
            ("bytes=10-", None),
            ("bytes=3-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=-0", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(wanted(range, 10), expected, "{range}");
        }
    }
}
