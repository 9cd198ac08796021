//! The verbs of each kind of declaration. What they do is said once, in [`super`]; what they are called, here.

use super::super::Rest;
use super::super::caller::ByAdministrator;
use super::super::payload::Payload;
use super::super::problem::{Problem, ProblemDocument};
use super::links::{Links, UpstreamView};
use super::{Resource, delete, get, list, put};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_declare::{AccountDocument, RouteDocument, UpstreamDocument};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// All accounts.
#[derive(Serialize, ToSchema)]
pub(super) struct Accounts {
    /// The accounts, by name.
    accounts: Vec<Resource<AccountDocument>>,
}

/// Lists accounts.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "declarations",
    responses((status = 200, description = "All accounts.", body = Accounts)),
)]
pub(super) async fn list_accounts(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Response {
    list::<AccountDocument, _>(&rest.registry.declared(), Resource::shown)
}

/// Shows an account, without its secrets.
#[utoipa::path(
    get, path = "/v1/accounts/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "The account.", body = Resource<AccountDocument>),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_account(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    get::<AccountDocument, _>(&rest.registry.declared(), &name, Resource::shown)
}

/// Declares an account, in the place of what has its name. It is in force when the answer comes.
///
/// Its secrets that are left out are kept, or made where there are none and shown once.
#[utoipa::path(
    put, path = "/v1/accounts/{name}", tag = "declarations", request_body = AccountDocument,
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "Changed.", body = Resource<AccountDocument>),
        (status = 201, description = "Declared.", body = Resource<AccountDocument>),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_account(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    put::<AccountDocument>(&rest, &who, &name, &body).await
}

/// Deletes an account.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_account(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    delete::<AccountDocument>(&rest, &who, &name).await
}

/// All upstreams.
#[derive(Serialize, ToSchema)]
pub(super) struct Upstreams {
    /// The upstreams, by name.
    upstreams: Vec<UpstreamView>,
}

/// Lists upstreams, with how their links stand.
#[utoipa::path(
    get, path = "/v1/upstreams", tag = "declarations",
    responses((status = 200, description = "All upstreams.", body = Upstreams)),
)]
pub(super) async fn list_upstreams(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Response {
    let declared = rest.registry.declared();
    let links = Links::now(&rest, &declared);
    list(&declared, |entry| links.view(entry))
}

/// Shows an upstream, without its secrets, and how its links stand.
#[utoipa::path(
    get, path = "/v1/upstreams/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "The upstream.", body = UpstreamView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_upstream(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let declared = rest.registry.declared();
    let links = Links::now(&rest, &declared);
    get(&declared, &name, |entry| links.view(entry))
}

/// Declares an upstream, in the place of what has its name. It is in force when the answer comes.
///
/// A password that is left out is kept. Messages that wait for it go on waiting; its sessions are opened anew if they must be.
#[utoipa::path(
    put, path = "/v1/upstreams/{name}", tag = "declarations", request_body = UpstreamDocument,
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "Changed.", body = Resource<UpstreamDocument>),
        (status = 201, description = "Declared.", body = Resource<UpstreamDocument>),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_upstream(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    put::<UpstreamDocument>(&rest, &who, &name, &body).await
}

/// Deletes an upstream that no route names.
#[utoipa::path(
    delete, path = "/v1/upstreams/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_upstream(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    delete::<UpstreamDocument>(&rest, &who, &name).await
}

/// All routes.
#[derive(Serialize, ToSchema)]
pub(super) struct Routes {
    /// The routes, by name.
    routes: Vec<Resource<RouteDocument>>,
}

/// Lists routes.
#[utoipa::path(
    get, path = "/v1/routes", tag = "declarations",
    responses((status = 200, description = "All routes.", body = Routes)),
)]
pub(super) async fn list_routes(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    list::<RouteDocument, _>(&rest.registry.declared(), Resource::shown)
}

/// Shows a route, without its secrets.
#[utoipa::path(
    get, path = "/v1/routes/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "The route.", body = Resource<RouteDocument>),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_route(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    get::<RouteDocument, _>(&rest.registry.declared(), &name, Resource::shown)
}

/// Declares a route, in the place of what has its name. It is in force when the answer comes.
///
/// Messages that are handed in from now on go by it.
#[utoipa::path(
    put, path = "/v1/routes/{name}", tag = "declarations", request_body = RouteDocument,
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "Changed.", body = Resource<RouteDocument>),
        (status = 201, description = "Declared.", body = Resource<RouteDocument>),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_route(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    put::<RouteDocument>(&rest, &who, &name, &body).await
}

/// Deletes a route.
#[utoipa::path(
    delete, path = "/v1/routes/{name}", tag = "declarations",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_route(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    delete::<RouteDocument>(&rest, &who, &name).await
}
