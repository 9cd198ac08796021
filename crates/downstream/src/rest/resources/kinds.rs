//! The verbs of each kind of declaration. What they do is written once, in [`super`]; their names and texts are here.

use super::keys::AccountView;
use super::links::UpstreamView;
use super::{Resource, delete, get, list, put};
use crate::rest::Rest;
use crate::rest::caller::ByAdministrator;
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_declare::{AccountDocument, NumberDocument, RouteDocument, UpstreamDocument};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Makes the verbs of a kind: list, get, put and delete.
macro_rules! kind {
    (
        $kind:ident: $document:ty, shown as $view:ty, listed as $list:ident, at $all:literal and $each:literal;
        list $lists:literal; get $gets:literal, $one:literal; put $puts:literal, $effect:literal; delete $deletes:literal;
    ) => {
        pub(super) mod $kind {
            use super::*;

            #[doc = concat!("All ", stringify!($kind), ".")]
            #[derive(Serialize, ToSchema)]
            #[allow(dead_code, reason = "it describes answers, which are made of views")]
            pub(in crate::rest) struct $list {
                #[doc = concat!("The ", stringify!($kind), ", by name.")]
                $kind: Vec<$view>,
            }

            #[utoipa::path(
                get, path = $all, tag = "declarations", summary = $lists,
                operation_id = concat!("list_", stringify!($kind)),
                responses((status = 200, description = concat!("All ", stringify!($kind), "."), body = $list)),
            )]
            async fn list_all(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
                list::<$document>(&rest)
            }

            #[utoipa::path(
                get, path = $each, tag = "declarations", summary = $gets,
                operation_id = concat!("get_", $one),
                params(("name" = String, Path, description = "Its name.")),
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = $view),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn get_one(
                State(rest): State<Arc<Rest>>,
                _administrator: ByAdministrator,
                Path(name): Path<String>,
            ) -> Result<Response, Problem> {
                get::<$document>(&rest, &name)
            }

            #[utoipa::path(
                put, path = $each, tag = "declarations", request_body = $document, summary = $puts,
                description = $effect, operation_id = concat!("put_", $one),
                params(("name" = String, Path, description = "Its name.")),
                responses(
                    (status = 200, description = "Changed.", body = Resource<$document>),
                    (status = 201, description = "Declared.", body = Resource<$document>),
                    (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn put_one(
                State(rest): State<Arc<Rest>>,
                ByAdministrator(who): ByAdministrator,
                Path(name): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                put::<$document>(&rest, &who, &name, &body).await
            }

            #[utoipa::path(
                delete, path = $each, tag = "declarations", summary = $deletes,
                operation_id = concat!("delete_", $one),
                params(
                    ("name" = String, Path, description = "Its name."),
                    ("allow_empty" = Option<bool>, Query, description = "Whether the last of its kind may be deleted. Default: false."),
                ),
                responses(
                    (status = 204, description = "Deleted."),
                    (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn delete_one(
                State(rest): State<Arc<Rest>>,
                ByAdministrator(who): ByAdministrator,
                Path(name): Path<String>,
                RawQuery(query): RawQuery,
            ) -> Result<StatusCode, Problem> {
                delete::<$document>(&rest, &who, &name, query.as_deref()).await
            }

            pub(in crate::rest) fn verbs() -> OpenApiRouter<Arc<Rest>> {
                OpenApiRouter::new().routes(routes!(list_all)).routes(routes!(get_one, put_one, delete_one))
            }
        }
    };
}

kind! {
    accounts: AccountDocument, shown as AccountView, listed as Accounts,
        at "/v1/accounts" and "/v1/accounts/{name}";
    list "Lists accounts.";
    get "Shows an account, without its secrets.", "account";
    put "Declares an account, in the place of what has its name. It is in force when the answer comes.",
        "Its secrets that are left out are kept, or made where there are none and shown once.";
    delete "Deletes an account that no number names.";
}

kind! {
    upstreams: UpstreamDocument, shown as UpstreamView, listed as Upstreams,
        at "/v1/upstreams" and "/v1/upstreams/{name}";
    list "Lists upstreams, and the state of their links.";
    get "Shows an upstream, without its secrets, and the state of its links.", "upstream";
    put "Declares an upstream, in the place of what has its name. It is in force when the answer comes.",
        "A password that is left out is kept. Messages that wait for it go on waiting; its sessions are opened anew if they must be.";
    delete "Deletes an upstream that no route and no number names.";
}

kind! {
    routes: RouteDocument, shown as Resource<RouteDocument>, listed as Routes,
        at "/v1/routes" and "/v1/routes/{name}";
    list "Lists routes.";
    get "Shows a route, without its secrets.", "route";
    put "Declares a route, in the place of what has its name. It is in force when the answer comes.",
        "Messages that are submitted from now on go by it.";
    delete "Deletes a route.";
}

kind! {
    numbers: NumberDocument, shown as Resource<NumberDocument>, listed as Numbers,
        at "/v1/numbers" and "/v1/numbers/{name}";
    list "Lists numbers that handsets write to.";
    get "Shows a number that handsets write to.", "number";
    put "Declares a number that handsets write to, in the place of what has its name. It is in force when the answer comes.",
        "Messages that come from now on go by it.";
    delete "Deletes a number. What is written to it from now on goes to the catch-all, or belongs to nobody.";
}
