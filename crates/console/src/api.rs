//! The API, as pages ask it.

use async_trait::async_trait;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use url::form_urlencoded;

/// The most octets of an answer that a page is made of.
const ANSWER_MAX: usize = 16 << 20;

/// The API in the same process.
#[async_trait]
pub trait Api: Send + Sync {
    /// Answers a request on behalf of a client, of whose request the `extensions` are.
    async fn answer(&self, request: Request, extensions: &Extensions) -> Response;
}

/// The API with the key of one person.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) api: Arc<dyn Api>,
    pub(crate) key: Arc<str>,
    pub(crate) extensions: Extensions,
    /// Further headers of requests.
    pub(crate) headers: HeaderMap,
}

/// Why a page could not be made, or something could not be done.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    /// The API's status.
    pub(crate) status: StatusCode,
    /// The stable code, such as `invalid_recipient`.
    pub(crate) code: String,
    /// What is wrong, for people.
    pub(crate) detail: String,
    /// The field that is wrong, if it is about one.
    pub(crate) field: Option<String>,
    /// The mistakes of a document or a table, if it has several.
    pub(crate) mistakes: Vec<Mistake>,
}

/// One of several mistakes.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mistake {
    /// The line of a table, from 1.
    pub(crate) line: Option<u64>,
    pub(crate) field: Option<String>,
    pub(crate) detail: String,
}

/// A problem document of the API, as far as pages need it.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    field: Option<String>,
    #[serde(default)]
    errors: Vec<Mistake>,
}

/// Parameters of a query; those without a value are left out.
pub(crate) type Query<'a> = &'a [(&'a str, &'a str)];

impl Asker {
    /// The API with this key, for a request with these extensions.
    pub(crate) fn new(api: &Arc<dyn Api>, key: Arc<str>, extensions: &Extensions) -> Self {
        Self { api: Arc::clone(api), key, extensions: extensions.clone(), headers: HeaderMap::new() }
    }

    /// The document at a path.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: Query<'_>) -> Result<T, Failed> {
        read(&self.octets(Method::GET, &with_query(path, query), None).await?)
    }

    /// Asks for something to be done, and reads the answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> Result<T, Failed> {
        read(&self.octets(method, path, document).await?)
    }

    /// Posts a document, and reads the answer.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, document: &Value) -> Result<T, Failed> {
        read(&self.octets(Method::POST, path, Some(document)).await?)
    }

    /// Asks for something to be done whose answer doesn't matter.
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> Result<(), Failed> {
        self.octets(method, path, document).await.map(drop)
    }

    /// The same, with a header more, unless its value is empty.
    pub(crate) fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut asker = self.clone();
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
            asker.headers.insert(HeaderName::from_static(name), value);
        }
        asker
    }

    /// Hands in a table of CSV, and reads the answer.
    pub(crate) async fn send_csv<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        csv: String,
    ) -> Result<T, Failed> {
        self.send_file(method, path, ("text/csv", csv.into())).await
    }

    /// Hands in a file of some type, and reads the answer.
    pub(crate) async fn send_file<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        file: (&'static str, Body),
    ) -> Result<T, Failed> {
        let answer = self.answer(method, path, Some(file)).await?;
        read(&whole(answer.into_body()).await?)
    }

    /// The text at a path, such as a table of CSV.
    pub(crate) async fn text(&self, path: &str) -> Result<String, Failed> {
        let octets = self.octets(Method::GET, path, None).await?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    /// The file at a path, for the browser to keep under a name. It is passed on as it comes.
    pub(crate) async fn file(&self, path: &str, query: Query<'_>, name: &str) -> Result<Response, Failed> {
        let answer = self.answer(Method::GET, &with_query(path, query), None).await?;
        let kind = answer.headers().get(CONTENT_TYPE).cloned();
        let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).collect();
        let kept = format!("attachment; filename=\"{name}\"");
        Ok(([(CONTENT_TYPE, kind)], [(CONTENT_DISPOSITION, kept)], answer.into_body()).into_response())
    }

    /// The lines of an answer, as they come.
    pub(crate) async fn lines(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> Result<Lines, Failed> {
        let document = document.map(|document| ("application/json", document.to_string().into()));
        Ok(Lines {
            body: self.answer(method, path, document).await?.into_body().into_data_stream(),
            read: Vec::new(),
        })
    }

    async fn octets(&self, method: Method, path: &str, document: Option<&Value>) -> Result<Bytes, Failed> {
        let document = document.map(|document| ("application/json", document.to_string().into()));
        whole(self.answer(method, path, document).await?.into_body()).await
    }

    /// The answer to a request with a body of some type, if it was a success.
    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Body)>,
    ) -> Result<Response, Failed> {
        let (kind, body) = body.map_or_else(|| (None, Body::empty()), |(kind, body)| (Some(kind), body));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|_| Failed::not_found())?;
        request.headers_mut().clone_from(&self.headers);
        // A key with characters that no header has is nobody's.
        let bearer =
            HeaderValue::try_from(format!("Bearer {}", self.key)).map_err(|_| Failed::signed_out())?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        if let Some(kind) = kind {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let answer = self.api.answer(request, &self.extensions).await;
        let status = answer.status();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(Failed::of(status, &whole(answer.into_body()).await?))
        }
    }
}

/// The lines of JSON of an answer.
pub(crate) struct Lines {
    body: BodyDataStream,
    /// What was read behind the last line.
    read: Vec<u8>,
}

impl Lines {
    /// The next line; `None` at the end, and behind a line that can't be read.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            if let Some(end) = self.read.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return serde_json::from_slice(&line).ok();
            }
            if self.read.len() > ANSWER_MAX {
                return None;
            }
            self.read.extend_from_slice(&self.body.next().await?.ok()?);
        }
    }
}

/// A body, which must not be too long.
async fn whole(body: Body) -> Result<Bytes, Failed> {
    axum::body::to_bytes(body, ANSWER_MAX).await.map_err(|_| Failed::too_long())
}

/// A path with a query of those parameters that have a value.
pub(crate) fn with_query(path: &str, query: Query<'_>) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    let written = written.finish();
    if written.is_empty() { path.to_owned() } else { format!("{path}?{written}") }
}

/// A path of these segments, each encoded.
pub(crate) fn path(segments: &[&str]) -> String {
    let encoded = |segment: &&str| form_urlencoded::byte_serialize(segment.as_bytes()).collect::<String>();
    let encoded: Vec<String> = segments.iter().map(|segment| encoded(segment).replace('+', "%20")).collect();
    format!("/v1/{}", encoded.join("/"))
}

fn read<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Failed> {
    // Of what was done without an answer there is nothing to read.
    let octets = if octets.is_empty() { b"null" } else { octets };
    serde_json::from_slice(octets).map_err(|error| {
        tracing::warn!(%error, "an answer of the API could not be read for a page");
        Failed::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", "the API answered something unexpected")
    })
}

impl Failed {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), field: None, mistakes: Vec::new() }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    /// A form that lacks something.
    pub(crate) fn wrong(field: &str, detail: &str) -> Self {
        let failed = Self::new(StatusCode::BAD_REQUEST, "invalid_form", detail);
        Self { field: Some(field.to_owned()), ..failed }
    }

    /// A name that is another's.
    pub(crate) fn taken(detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, "taken", detail)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_permitted", "you may not do this")
    }

    /// A fresh proof is asked for first.
    pub(crate) fn unproved() -> Self {
        Self::new(StatusCode::FORBIDDEN, "proof_needed", "prove again who you are")
    }

    fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_key", "this key is not known here")
    }

    fn too_long() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "too_long", "the answer is too long for a page")
    }

    fn of(status: StatusCode, octets: &[u8]) -> Self {
        match serde_json::from_slice(octets) {
            Ok(Problem { code, detail, field, errors }) => {
                Self { status, code, detail, field, mistakes: errors }
            }
            Err(_) => Self::new(status, "failed", "the API answered without saying why"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_has_a_value() {
        assert_eq!(with_query("/v1/messages", &[("to", "+44 7"), ("state", "")]), "/v1/messages?to=%2B44+7");
        assert_eq!(with_query("/v1/messages", &[("to", "")]), "/v1/messages");
    }

    #[test]
    fn segments_of_a_path_are_encoded() {
        assert_eq!(path(&["upstreams", "a b/c?"]), "/v1/upstreams/a%20b%2Fc%3F");
        assert_eq!(path(&["opt-outs", "+447700900123"]), "/v1/opt-outs/%2B447700900123");
    }

    #[test]
    fn a_problem_is_read_with_its_words() {
        let failed =
            Failed::of(StatusCode::BAD_REQUEST, br#"{"code":"x","detail":"y","field":"z","status":400}"#);
        assert_eq!((&*failed.code, &*failed.detail, failed.field.as_deref()), ("x", "y", Some("z")));
        assert_eq!(Failed::of(StatusCode::BAD_GATEWAY, b"<html>").code, "failed");
    }

    #[test]
    fn every_address_that_pages_ask_is_the_apis() {
        let description = include_str!("../../../openapi.json");
        let mut asked = 0;
        let mut look = |source: &str| {
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for (begins, before) in [("\"/v1/", "/v1/"), ("path(&[\"", "/v1/")] {
                for rest in source.split(begins).skip(1) {
                    let end = rest.find(['"', '?', '{']).unwrap_or(rest.len());
                    let address = format!("\"{before}{}", rest[..end].trim_end_matches('/'));
                    assert!(description.contains(&address), "{address}");
                    asked += 1;
                }
            }
        };
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        for entry in std::fs::read_dir(&pages).unwrap() {
            let path = entry.unwrap().path();
            let files = if path.is_dir() {
                std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
            } else {
                vec![path]
            };
            files.iter().for_each(|file| look(&std::fs::read_to_string(file).unwrap()));
        }
        assert!(asked > 20, "only {asked} addresses were found");
    }
}
