//! Callbacks of HTTP providers: receipts and messages from handsets. No key of the API is needed; the upstream's preset says how a
//! provider proves itself.

use super::Rest;
use super::client::Client;
use super::payload::{BODY_MAX, Payload, read_up_to};
use super::problem::{Problem, ProblemDocument};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::future::BoxFuture;
use postrider_declare::upstream::{Protocol, UpstreamDocument};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// The longest time for the arrival of a message with media.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(60);

/// A request by which a provider tells something.
#[derive(Clone, Debug)]
pub struct ProviderCallback {
    /// The name of the upstream.
    pub upstream: String,
    /// Path and query.
    pub path_query: String,
    /// The headers that are texts.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Who sent it.
    pub peer: IpAddr,
}

/// The answer to a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackAnswer {
    /// The status.
    pub status: u16,
    /// The media type of the body; empty without a body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// Takes callbacks for the upstreams; `None` if there is no such upstream, or none that has callbacks.
pub type ProviderCallbacks =
    Box<dyn Fn(ProviderCallback) -> BoxFuture<'static, Option<CallbackAnswer>> + Send + Sync>;

/// Takes a callback of a provider, as its interface posts it. The answer comes when what it brought is stored.
#[utoipa::path(
    post, path = "/v1/callbacks/{upstream}", operation_id = "postCallback", tag = "upstreams", security(()), request_body = Object,
    params(
        ("upstream" = String, Path, description = "The upstream's name."),
        ("key" = Option<String>, Query, description = "The upstream's `callback_key`, if it has one."),
    ),
    responses(
        (status = 200, description = "It was taken; the body is what the provider expects."),
        (status = 403, description = "It doesn't prove to be the provider's."),
        (status = 404, description = "No upstream of this name has callbacks.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "It can't be read."),
        (status = 503, description = "It can't be stored just now."),
    ),
)]
pub(super) async fn post(
    State(rest): State<Arc<Rest>>,
    client: Option<Extension<Arc<Client>>>,
    Path(upstream): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&rest, client, upstream, request).await
}

/// Takes a callback of a provider that sends everything in the query.
#[utoipa::path(
    get, path = "/v1/callbacks/{upstream}", operation_id = "getCallback", tag = "upstreams", security(()),
    params(
        ("upstream" = String, Path, description = "The upstream's name."),
        ("key" = Option<String>, Query, description = "The upstream's `callback_key`, if it has one."),
    ),
    responses(
        (status = 200, description = "It was taken; the body is what the provider expects."),
        (status = 403, description = "It doesn't prove to be the provider's."),
        (status = 404, description = "No upstream of this name has callbacks.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "It can't be read."),
        (status = 503, description = "It can't be stored just now."),
    ),
)]
pub(super) async fn get(
    State(rest): State<Arc<Rest>>,
    client: Option<Extension<Arc<Client>>>,
    Path(upstream): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&rest, client, upstream, request).await
}

async fn take(
    rest: &Rest,
    client: Option<Extension<Arc<Client>>>,
    upstream: String,
    request: Request,
) -> Result<Response, Problem> {
    let text = |value: &HeaderValue| value.to_str().ok().map(ToOwned::to_owned);
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect();
    let path_query = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let peer = client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(client)| client.peer);
    let body = body(rest, &upstream, request).await?;
    let callback = ProviderCallback { upstream, path_query, headers, body, peer };
    match (rest.callbacks)(callback).await {
        Some(answer) => Ok(written(answer)),
        None => Err(Problem::not_found("no upstream of this name has callbacks")),
    }
}

/// The body: of a centre for multimedia messages as large as media may be, and else as large as any request.
async fn body(rest: &Rest, upstream: &str, request: Request) -> Result<Vec<u8>, Problem> {
    let declared = rest.registry.declared();
    let is_centre = |document: &UpstreamDocument| matches!(document.protocol, Protocol::Mm7(_));
    let found = declared.upstreams.iter().find(|(_, it)| it.document.name == upstream);
    if !found.is_some_and(|(_, it)| is_centre(&it.document)) {
        return Payload::whole(request).await.map(|Payload(body)| body.into());
    }
    let size = usize::try_from(rest.media.desk.limits().size_max).unwrap_or(usize::MAX);
    // Base64 makes four octets of three.
    let most = size.saturating_mul(2).saturating_add(BODY_MAX);
    read_up_to(request.into_body(), most, MEDIA_TIMEOUT).await
}

fn written(answer: CallbackAnswer) -> Response {
    let CallbackAnswer { status, content_type, body } = answer;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(content_type) = HeaderValue::try_from(content_type)
        && !content_type.is_empty()
    {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}
