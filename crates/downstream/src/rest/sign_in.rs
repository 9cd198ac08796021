//! Signing in to the console, and what users do with their own sessions, passwords and one-time codes.

use super::Rest;
use super::answer::json;
use super::caller::{ByUser, NOBODY};
use super::client::Client;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::sessions::SessionView;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_access::{Credentials, FreshProof, NewSession, SetupFor, code};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use utoipa::ToSchema;

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(super) struct SignIn {
    /// The user's name.
    name: String,
    /// The password.
    password: String,
    /// The one-time code, if the user has a key of codes.
    #[serde(default)]
    code: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
#[schema(as = NewUserSession)]
pub(super) struct NewSessionView {
    /// Its token: it is used as a key, `Authorization: Bearer <token>`. It is shown this once.
    token: String,
    #[serde(flatten)]
    session: SessionView,
    /// Whether the user must make a key of one-time codes before anything else.
    codes_needed: bool,
}

/// A proof that it is still the same person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FreshProof)]
pub(super) struct Proof {
    /// The password, of a user without one-time codes.
    password: Option<String>,
    /// A one-time code, of a user who has them.
    code: Option<String>,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub(super) struct PasswordChange {
    /// The password until now.
    old: String,
    /// The new one: 12 to 128 characters.
    new: String,
}

/// A key of one-time codes that isn't in force yet.
#[derive(Serialize, ToSchema)]
#[schema(as = NewCodeKey)]
pub(super) struct NewCodeKey {
    /// The key, in base32, for typing.
    key: String,
    /// The key as an address that apps read as a QR code: `otpauth://totp/...`.
    uri: String,
}

/// A key of one-time codes, and a code that shows that an app has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CodeKeyConfirmed)]
pub(super) struct Confirmed {
    /// The key, as it was made.
    key: String,
    /// The code that the app shows.
    code: String,
}

/// Whose password a link sets.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSetup)]
pub(super) struct SetupView {
    /// The user's name; absent for the first owner, who chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Box<str>>,
    /// The user's role.
    role: &'static str,
}

/// A password that a link sets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPassword)]
pub(super) struct SetupRequest {
    /// The name that the first owner chooses. Default: `owner`. Others have theirs.
    #[serde(default)]
    name: String,
    /// The password: 12 to 128 characters.
    password: String,
}

/// The user whose password was set.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSetUp)]
pub(super) struct SetUp {
    /// The name to sign in by.
    name: Box<str>,
}

pub(super) type Origin = Option<Extension<Arc<Client>>>;

pub(super) fn address(from: &Origin) -> IpAddr {
    from.as_ref().map_or(NOBODY, |Extension(client)| client.peer)
}

/// Signs a user in. What is wrong isn't told.
#[utoipa::path(
    post, path = "/v1/sessions", operation_id = "signIn", tag = "users", request_body = SignIn, security(()),
    responses(
        (status = 201, description = "Signed in.", body = NewSessionView),
        (status = 429, description = "Too many wrong attempts: wait for the time in `Retry-After`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Not signed in.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sign_in(
    State(rest): State<Arc<Rest>>,
    from: Origin,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let SignIn { name, password, code } = parse(&body)?;
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let given = Credentials { name: &name, password: &password, code: &code, address: address(&from), agent };
    let begun = rest.access.sign_in(given).await?;
    Ok(begun_view(begun))
}

/// A session that has begun, with its token.
pub(super) fn begun_view(begun: NewSession) -> Response {
    let signed_in = &begun.signed_in;
    let session = SessionView::of(&signed_in.user, &signed_in.session);
    let codes_needed = signed_in.needs_codes;
    json(StatusCode::CREATED, &NewSessionView { token: begun.token, session, codes_needed })
}

/// Shows the session of the request.
#[utoipa::path(
    get, path = "/v1/sessions/current", operation_id = "getCurrentSession", tag = "users",
    responses(
        (status = 200, description = "The session.", body = SessionView),
        (status = "4XX", description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn current(ByUser(signed_in): ByUser) -> Response {
    json(StatusCode::OK, &SessionView::of(&signed_in.user, &signed_in.session))
}

/// Signs the user of the request out.
#[utoipa::path(
    delete, path = "/v1/sessions/current", operation_id = "signOut", tag = "users",
    responses((status = 204, description = "Signed out.")),
)]
pub(super) async fn sign_out(
    State(rest): State<Arc<Rest>>,
    ByUser(signed_in): ByUser,
) -> Result<StatusCode, Problem> {
    rest.access.sign_out(&signed_in).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a fresh proof of the user of the request: for the next minutes keys, prices and users can be changed, and lists
/// exported.
#[utoipa::path(
    post, path = "/v1/sessions/current/proof", operation_id = "proveAgain", tag = "users", request_body = Proof,
    responses(
        (status = 204, description = "Proved."),
        (status = "4XX", description = "Not proved.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn prove(
    State(rest): State<Arc<Rest>>,
    ByUser(signed_in): ByUser,
    Payload(body): Payload,
) -> Result<StatusCode, Problem> {
    let Proof { password, code } = parse(&body)?;
    let proof = match (&password, &code) {
        (None, Some(code)) => FreshProof::Code(code),
        (Some(password), None) => FreshProof::Password(password),
        _ => return Err(Problem::bad("invalid_request", "give either a password or a code")),
    };
    rest.access.prove(&signed_in, proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password of the user of the request. Its other sessions end.
#[utoipa::path(
    put, path = "/v1/sessions/current/password", operation_id = "changePassword", tag = "users", request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed."),
        (status = "4XX", description = "Not changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn change_password(
    State(rest): State<Arc<Rest>>,
    ByUser(signed_in): ByUser,
    Payload(body): Payload,
) -> Result<StatusCode, Problem> {
    let PasswordChange { old, new } = parse(&body)?;
    rest.access.change_password(&signed_in, &old, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a key of one-time codes for the user of the request. It is in force once a code of it is given.
#[utoipa::path(
    post, path = "/v1/sessions/current/totp", operation_id = "makeCodeKey", tag = "users",
    responses((status = 200, description = "Made.", body = NewCodeKey)),
)]
pub(super) async fn make_code_key(
    State(rest): State<Arc<Rest>>,
    ByUser(signed_in): ByUser,
) -> Result<Response, Problem> {
    let key = rest.access.new_code_key()?;
    let uri = code::address("Postrider", &signed_in.user.name, &key);
    Ok(json(StatusCode::OK, &NewCodeKey { key, uri }))
}

/// Puts a key of one-time codes in force for the user of the request. Its other sessions end.
#[utoipa::path(
    put, path = "/v1/sessions/current/totp", operation_id = "setCodeKey", tag = "users", request_body = Confirmed,
    responses(
        (status = 204, description = "In force."),
        (status = "4XX", description = "Not in force.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set_code_key(
    State(rest): State<Arc<Rest>>,
    ByUser(signed_in): ByUser,
    Payload(body): Payload,
) -> Result<StatusCode, Problem> {
    let Confirmed { key, code } = parse(&body)?;
    rest.access.set_code_key(&signed_in, &key, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows whose password a link sets.
#[utoipa::path(
    get, path = "/v1/setup/{token}", operation_id = "getUserSetup", tag = "users", security(()),
    params(("token" = String, Path, description = "The end of the link's path.")),
    responses(
        (status = 200, description = "Whose.", body = SetupView),
        (status = "4XX", description = "The link was used or has expired.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn setup_for(
    State(rest): State<Arc<Rest>>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let view = match rest.access.setup_for(&token).await? {
        SetupFor::FirstOwner => SetupView { name: None, role: "owner" },
        SetupFor::User(user) => SetupView { name: Some(user.name.clone()), role: user.role.word() },
    };
    Ok(json(StatusCode::OK, &view))
}

/// Sets a password by a link, once.
#[utoipa::path(
    post, path = "/v1/setup/{token}", operation_id = "setUpUser", tag = "users", request_body = SetupRequest, security(()),
    params(("token" = String, Path, description = "The end of the link's path.")),
    responses(
        (status = 200, description = "Set.", body = SetUp),
        (status = "4XX", description = "Not set.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set_up(
    State(rest): State<Arc<Rest>>,
    from: Origin,
    Path(token): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let SetupRequest { name, password } = parse(&body)?;
    let name = rest.access.set_up(&token, &name, &password, address(&from)).await?;
    Ok(json(StatusCode::OK, &SetUp { name }))
}
