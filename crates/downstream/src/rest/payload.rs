//! Bodies of requests: read within limits of size and time, and parsed with errors that name the place.

mod encoding;
mod syntax;

use super::Rest;
use super::client::Client;
use super::ijson::{self, Violation};
use super::parse_error;
use super::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use std::sync::Arc;
use std::time::Duration;

/// The largest body, in octets.
pub const BODY_MAX: usize = 1024 * 1024;
/// The longest time for the arrival of a body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A body of JSON, not yet parsed.
pub(super) struct Payload(pub(super) Bytes);

impl FromRequest<Arc<Rest>> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _rest: &Arc<Rest>) -> Result<Self, Problem> {
        check_type(request.headers())?;
        Self::whole(request).await
    }
}

impl Payload {
    /// Reads a body of whatever type.
    pub(super) async fn whole(request: Request) -> Result<Self, Problem> {
        check_coding(request.headers())?;
        let announced =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > BODY_MAX) {
            return Err(too_large());
        }
        let client = request.extensions().get::<Arc<Client>>().cloned();
        match tokio::time::timeout(BODY_TIMEOUT, read(request.into_body())).await {
            Ok(Ok(whole)) => {
                client.inspect(|client| client.standing.prove());
                Ok(Self(whole))
            }
            Ok(Err(problem)) => Err(problem),
            Err(_) => {
                let detail = "the body did not come within 30 seconds";
                Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail))
            }
        }
    }
}

/// A body of lines in UTF-8, such as CSV.
pub(super) struct Lines(pub(super) String);

impl FromRequest<Arc<Rest>> for Lines {
    type Rejection = Problem;

    async fn from_request(request: Request, _rest: &Arc<Rest>) -> Result<Self, Problem> {
        if let Some(given) = request.headers().get(CONTENT_TYPE) {
            let given = given.to_str().unwrap_or_default();
            if !given.to_ascii_lowercase().starts_with("text/") {
                return Err(unsupported(format!(
                    "'{given}' is not supported: send CSV with Content-Type: text/csv"
                )));
            }
        }
        let Payload(whole) = Payload::whole(request).await?;
        let text = String::from_utf8(whole.into());
        text.map(Self).map_err(|_| Problem::bad("invalid_csv", "the body is not UTF-8"))
    }
}

/// Checks that the body's type is JSON, or isn't given.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    let json =
        essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json");
    if !json {
        let detail = format!("'{given}' is not supported: send JSON with Content-Type: application/json");
        return Err(unsupported(detail));
    }
    match charset(given) {
        Some(charset) if !["utf-8", "utf8", "us-ascii"].contains(&&*charset) => {
            Err(unsupported(format!("the charset '{charset}' is not supported: send JSON in UTF-8")))
        }
        _ => Ok(()),
    }
}

fn unsupported(detail: String) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// The charset that a content type names, in small letters.
fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let named = parameters.filter_map(|parameter| parameter.split_once('='));
    let mut charsets = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.next().map(|(_, charset)| charset.trim().trim_matches('"').to_ascii_lowercase())
}

/// Checks that the body isn't compressed.
fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let mut given = headers.get_all(CONTENT_ENCODING).iter();
    let coding = given.find(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    coding.map_or(Ok(()), |coding| Err(encoding::compressed(&String::from_utf8_lossy(coding.as_bytes()))))
}

fn too_large() -> Problem {
    let detail = "the body is larger than 1 MiB: send fewer messages at once";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    let mut stream = body.into_data_stream();
    let mut whole = Bytes::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::bad("body_broken", "the body broke off"))?;
        if whole.len() + chunk.len() > BODY_MAX {
            return Err(too_large());
        }
        // Nearly every body is one chunk, which need not be copied.
        whole = if whole.is_empty() { chunk } else { [whole, chunk].concat().into() };
    }
    Ok(whole)
}

/// Reads a body of another type, of up to so many octets, within this time.
///
/// # Errors
/// When it is larger, broken off, compressed or late.
pub(super) async fn read_up_to(body: Body, most: usize, within: Duration) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let whole = async {
        let mut whole = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Problem::bad("body_broken", "the body broke off"))?;
            if whole.len() + chunk.len() > most {
                let detail = format!("the body is larger than {most} octets");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    };
    tokio::time::timeout(within, whole).await.unwrap_or_else(|_| {
        let detail = format!("the body did not come within {} seconds", within.as_secs());
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail))
    })
}

/// Parses a body, which must be an object.
///
/// # Errors
/// The problem, with line, column and path of what is wrong.
pub(super) fn parse<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Problem> {
    match serde_json::from_slice(body) {
        // Serde also takes an array with a value for each field for an object; no client means that.
        Ok(_) if !is_object(body) => Err(not_an_object()),
        Ok(document) => {
            ijson::check(body).map(|()| document).map_err(|violation| not_ijson(body, &violation))
        }
        Err(error) => Err(explain::<T>(body, &error)),
    }
}

fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{")
}

fn not_an_object() -> Problem {
    Problem::bad("invalid_request", "the body must be a JSON object: {...}")
}

/// The problem of a body that is JSON, and that not everybody reads the same way.
fn not_ijson(body: &[u8], Violation { at, why }: &Violation) -> Problem {
    let before = body.get(..*at).unwrap_or_default();
    let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|octet| **octet != b'\n').count() + 1;
    Problem::bad("invalid_json", format!("line {line}, column {column}: {why} (RFC 7493)"))
}

fn explain<'de, T: Deserialize<'de>>(body: &'de [u8], error: &serde_json::Error) -> Problem {
    if body.trim_ascii().is_empty() {
        return Problem::bad("invalid_json", "the body is empty: send a JSON object");
    }
    if let Some(problem) = encoding::problem(body) {
        return problem;
    }
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    let is_json = error.classify() == Category::Data || serde_json::from_slice::<Value>(body).is_ok();
    if !is_json {
        return Problem::bad("invalid_json", syntax::explain(body, error, words));
    }
    let (line, column) = (error.line(), error.column());
    if !is_object(body) {
        return not_an_object();
    }
    let plain = match error.classify() {
        Category::Data => parse_error::in_plain_words(words),
        // Serde reports a number in the place of an enum's word as a syntax error.
        _ => "expected one of the field's values, in quotes".to_owned(),
    };
    let problem = Problem::bad("invalid_request", format!("line {line}, column {column}: {plain}"));
    match (place::<T>(body), parse_error::missing_field(words)) {
        (Some(place), Some(field)) => problem.at(format!("{place}.{field}")),
        (Some(place), None) => problem.at(place),
        (None, Some(field)) => problem.at(field),
        (None, None) => problem,
    }
}

/// The path of the value that is wrong, such as `messages[0].to`. Only errors pay for finding it.
fn place<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err()?;
    let path = error.path().to_string();
    (path != ".").then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct Batch {
        messages: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct Item {
        to: String,
        text: String,
        #[serde(default)]
        class: Option<Class>,
    }

    #[derive(Debug, Deserialize)]
    enum Class {
        Otp,
    }

    #[test]
    fn errors_name_the_place() {
        let cases = [
            ("", "invalid_json", "the body is empty: send a JSON object", None),
            ("{\n \"messages\": [}", "invalid_json", "line 2, column 15: expected a value, found '}'", None),
            ("{", "invalid_json", "line 1, column 1: the body ends within an object", None),
            (
                r#"{"messages":[{"to":"1","txet":"x"}]}"#,
                "invalid_request",
                "line 1, column 29: unknown field 'txet'; did you mean 'text'?",
                Some("messages[0].txet"),
            ),
            (
                r#"{"messages":[{"to":5,"text":"x"}]}"#,
                "invalid_request",
                "line 1, column 20: expected a string, found 5",
                Some("messages[0].to"),
            ),
            (
                r#"{"messages":[{"to":"1"}]}"#,
                "invalid_request",
                "line 1, column 23: the field 'text' is missing",
                Some("messages[0].text"),
            ),
            (
                "{\"messages\":[{\"to\":\"1\",\"text\":\"\u{1}\"}]}",
                "invalid_json",
                "line 1, column 32: a string holds the control character U+0001: write it as \\u0001",
                None,
            ),
            (
                r#"{"messages":[{"to":"1","text":"x","class":3}]}"#,
                "invalid_request",
                "line 1, column 43: expected one of the field's values, in quotes",
                Some("messages[0].class"),
            ),
            ("{}", "invalid_request", "line 1, column 2: the field 'messages' is missing", Some("messages")),
            ("[[]]", "invalid_request", "the body must be a JSON object: {...}", None),
            ("7", "invalid_request", "the body must be a JSON object: {...}", None),
        ];
        for (body, code, detail, field) in cases {
            let problem = parse::<Batch>(body.as_bytes()).unwrap_err();
            assert_eq!(
                (&*problem.code, &*problem.detail, problem.field.as_deref()),
                (code, detail, field),
                "{body}"
            );
            assert_eq!(problem.status, 400);
        }
    }

    #[test]
    fn what_few_can_read_is_refused_wherever_it_stands() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "it is only parsed")]
        struct Kept<'a> {
            #[serde(borrow)]
            metadata: &'a serde_json::value::RawValue,
        }
        for (value, detail) in [
            (r#"{"a":"\ud800"}"#, "line 2, column 18: \\uD800 is half of a surrogate pair"),
            (r#"{"a":1,"a":2}"#, "line 2, column 20: the name 'a' is given twice"),
            (r#"{"a":1e999}"#, "line 2, column 18: the number 1e999 is more than a double keeps"),
            (r#"{"a":"\uffff"}"#, "line 2, column 18: U+FFFF is no character"),
        ] {
            let body = format!("{{\n \"metadata\":{value}}}");
            let problem = parse::<Kept<'_>>(body.as_bytes()).unwrap_err();
            assert_eq!((problem.status.as_u16(), &*problem.code), (400, "invalid_json"), "{value}");
            assert!(problem.detail.starts_with(detail), "{}", problem.detail);
        }
    }

    #[test]
    fn only_json_is_read() {
        let header = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, text.parse().unwrap());
            check_type(&headers).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!(header("application/json"), Ok(()));
        assert_eq!(header("Application/JSON; charset=utf-8"), Ok(()));
        assert_eq!(header("application/json; charset=\"UTF-8\""), Ok(()));
        assert_eq!(header("application/json; charset=iso-8859-1"), Err(415));
        assert_eq!(header("application/vnd.example+json"), Ok(()));
        assert_eq!(header("application/x-www-form-urlencoded"), Err(415));
        assert!(check_type(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn a_compressed_body_is_refused() {
        let coding = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, text.parse().unwrap());
            check_coding(&headers).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!(coding("identity"), Ok(()));
        for compressed in ["gzip", "deflate", "br", "identity, gzip"] {
            assert_eq!(coding(compressed), Err(415), "{compressed}");
        }
    }

    #[tokio::test]
    async fn a_body_has_a_limit_whether_it_is_announced_or_not() {
        let chunks = |count: usize| {
            let chunk = || Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1024]));
            Body::from_stream(futures_util::stream::iter((0..count).map(move |_| chunk())))
        };
        assert_eq!(read(chunks(1024)).await.unwrap().len(), BODY_MAX);
        assert_eq!(read(chunks(1025)).await.unwrap_err().status, 413);
    }
}
