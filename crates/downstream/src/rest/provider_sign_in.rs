//! Signing in to the console at an identity provider (OpenID Connect): the browser goes there, and comes back with a code.

use super::Rest;
use super::answer::json;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::sign_in::{NewSessionView, Origin, address, begun_view};
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_access::{NotAllowed, Returned};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The provider where users sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignInProvider)]
pub(super) struct ProviderView {
    /// The words of the button for signing in.
    label: String,
    /// Where somebody signs out of the provider, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_out: Option<String>,
}

/// An attempt to sign in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BeginAtProvider)]
pub(super) struct BeginRequest {
    /// Whether the provider asks again who it is, for a fresh proof. Default: false.
    #[serde(default)]
    fresh: bool,
}

/// An attempt to sign in that has begun.
#[derive(Serialize, ToSchema)]
#[schema(as = BegunAtProvider)]
pub(super) struct BegunView {
    /// The address to which the browser goes.
    address: String,
    /// What it keeps meanwhile, where nobody else reads it.
    flow: String,
}

/// What the browser comes back with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnedFromProvider)]
pub(super) struct ReturnedRequest {
    /// What it has kept.
    flow: String,
    /// The state in the address.
    state: String,
    /// The code in the address.
    code: String,
    /// The issuer in the address, if there is one (RFC 9207).
    #[serde(default)]
    iss: String,
}

/// Shows the identity provider where users sign in.
#[utoipa::path(
    get, path = "/v1/sessions/provider", operation_id = "getSignInProvider", tag = "users", security(()),
    responses(
        (status = 200, description = "The provider.", body = ProviderView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn provider(State(rest): State<Arc<Rest>>) -> Result<Response, Problem> {
    let label = rest.access.provider_label().ok_or(NotAllowed::NoProvider)?.to_owned();
    let sign_out = rest.access.provider_sign_out();
    Ok(json(StatusCode::OK, &ProviderView { label, sign_out }))
}

/// Begins an attempt to sign in at the identity provider.
#[utoipa::path(
    post, path = "/v1/sessions/provider/begin", operation_id = "beginAtProvider", tag = "users", request_body = BeginRequest,
    security(()),
    responses(
        (status = 200, description = "Where the browser goes.", body = BegunView),
        (status = "4XX", description = "There is no provider.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 502, description = "The provider can't be asked.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin_at_provider(
    State(rest): State<Arc<Rest>>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let BeginRequest { fresh } = if body.is_empty() { BeginRequest::default() } else { parse(&body)? };
    let begun = rest.access.begin_at_provider(fresh).await?;
    Ok(json(StatusCode::OK, &BegunView { address: begun.address, flow: begun.flow.to_string() }))
}

/// Signs somebody in who comes back from the identity provider.
#[utoipa::path(
    post, path = "/v1/sessions/provider", operation_id = "signInAtProvider", tag = "users", request_body = ReturnedRequest,
    security(()),
    responses(
        (status = 201, description = "Signed in.", body = NewSessionView),
        (status = 429, description = "Too many wrong attempts: wait for the time in `Retry-After`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Not signed in.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 502, description = "The provider can't be asked.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sign_in_at_provider(
    State(rest): State<Arc<Rest>>,
    from: Origin,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let ReturnedRequest { flow, state, code, iss } = parse(&body)?;
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let returned = Returned { flow: &flow, state: &state, code: &code, issuer: &iss };
    Ok(begun_view(rest.access.sign_in_at_provider(returned, address(&from), agent).await?))
}
