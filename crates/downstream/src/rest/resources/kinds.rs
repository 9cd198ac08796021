//! The verbs of each kind of declaration. What they do is written once, in [`super`]; their names and texts are here.

use super::description::{
    Currency, DeclaredAccount, DeclaredUpstream, DeclaredUser, Limit, LookupProvider, Number, Patch, Pause,
    Policy, Route, Rule,
};
use super::keys::AccountView;
use super::links::UpstreamView;
use super::users::UserView;
use super::{Asker, delete, get, list, patch, put};
use crate::rest::Rest;
use crate::rest::caller::ByAdministrator;
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::routing::{ApiRoutes, routes};
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_access::SignedIn;
use postrider_declare::{
    AccountDocument, CurrencyDocument, LimitDocument, LookupDocument, NumberDocument, PauseDocument,
    RouteDocument, RuleDocument, SharedPolicyDocument, UpstreamDocument, UserDocument,
};
use std::sync::Arc;
use utoipa::ToSchema;

/// Makes the verbs of a kind: list, get, put, patch and delete.
macro_rules! kind {
    (
        $kind:ident ($type:literal, $plural:literal): $document:ty, shown as $view:ty, answered as $answer:ident, listed as $list:ident, at $all:literal and $each:literal;
        list $lists:literal; get $gets:literal, $a:literal $one:literal; put $puts:literal, $effect:literal; delete $deletes:literal;
    ) => {
        pub(super) mod $kind {
            use super::*;

            #[doc = concat!("All ", stringify!($kind), ".")]
            #[derive(ToSchema)]
            #[allow(dead_code, reason = "it describes answers, which are made of views")]
            pub(in crate::rest) struct $list {
                #[doc = concat!("The ", stringify!($kind), ", by name.")]
                $kind: Vec<$view>,
            }

            #[utoipa::path(
                get, path = $all, tag = "declarations", summary = $lists,
                operation_id = concat!("list", $plural),
                responses((status = 200, description = concat!("All ", stringify!($kind), "."), body = $list)),
            )]
            async fn list_all(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
                list::<$document>(&rest)
            }

            #[utoipa::path(
                get, path = $each, tag = "declarations", summary = $gets,
                operation_id = concat!("get", $type),
                params(("name" = String, Path, description = "Its name.")),
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = $view, headers(("ETag" = String, description = "What `If-Match` takes."))),
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
                description = $effect, operation_id = concat!("put", $type),
                params(
                    ("name" = String, Path, description = "Its name."),
                    ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have, or `*` if it must be there."),
                    ("If-None-Match" = Option<String>, Header, description = "`*` if there must be none yet."),
                ),
                responses(
                    (status = 200, description = "Changed.", body = $answer, headers(("ETag" = String, description = "What `If-Match` takes."))),
                    (status = 201, description = "Declared.", body = $answer, headers(("ETag" = String, description = "What `If-Match` takes."))),
                    (status = 412, description = "It is not as the headers want it.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn put_one(
                State(rest): State<Arc<Rest>>,
                ByAdministrator(who): ByAdministrator,
                user: Option<Extension<SignedIn>>,
                Path(name): Path<String>,
                headers: HeaderMap,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                put::<$document>(&Asker::new(&rest, &who, user.as_deref()), &name, &headers, &body).await
            }

            #[utoipa::path(
                patch, path = $each, tag = "declarations", summary = concat!("Changes fields of ", $a, " ", $one, ", and leaves the others as they are."),
                description = "A JSON merge patch (RFC 7386): a field that is null goes back to its default.",
                operation_id = concat!("patch", $type),
                params(
                    ("name" = String, Path, description = "Its name."),
                    ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have."),
                ),
                request_body(content = Patch, content_type = "application/merge-patch+json"),
                responses(
                    (status = 200, description = "Changed.", body = $answer, headers(("ETag" = String, description = "What `If-Match` takes."))),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = 412, description = "It is not as the header wants it.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn patch_one(
                State(rest): State<Arc<Rest>>,
                ByAdministrator(who): ByAdministrator,
                user: Option<Extension<SignedIn>>,
                Path(name): Path<String>,
                headers: HeaderMap,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                patch::<$document>(&Asker::new(&rest, &who, user.as_deref()), &name, &headers, &body).await
            }

            #[utoipa::path(
                delete, path = $each, tag = "declarations", summary = $deletes,
                operation_id = concat!("delete", $type),
                params(
                    ("name" = String, Path, description = "Its name."),
                    ("allow_empty" = Option<bool>, Query, description = "Whether the last of its kind may be deleted. Default: false."),
                    ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have."),
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
                headers: HeaderMap,
            ) -> Result<StatusCode, Problem> {
                delete::<$document>(&rest, &who, &name, query.as_deref(), &headers).await
            }

            pub(in crate::rest) fn verbs() -> ApiRoutes {
                ApiRoutes::default().routes(routes!(list_all)).routes(routes!(get_one, put_one, patch_one, delete_one))
            }
        }
    };
}

kind! {
    accounts ("Account", "Accounts"): AccountDocument, shown as AccountView, answered as DeclaredAccount, listed as Accounts,
        at "/v1/accounts" and "/v1/accounts/{name}";
    list "Lists accounts.";
    get "Shows an account, without its secrets.", "an" "account";
    put "Declares an account, in the place of what has its name. It is in force when the answer comes.",
        "Its secrets that are left out are kept, or made where there are none and shown once.";
    delete "Deletes an account that no number and no rule names.";
}

kind! {
    upstreams ("Upstream", "Upstreams"): UpstreamDocument, shown as UpstreamView, answered as DeclaredUpstream, listed as Upstreams,
        at "/v1/upstreams" and "/v1/upstreams/{name}";
    list "Lists upstreams, and the state of their links.";
    get "Shows an upstream, without its secrets, and the state of its links.", "an" "upstream";
    put "Declares an upstream, in the place of what has its name. It is in force when the answer comes.",
        "A password that is left out is kept. Messages that wait for it go on waiting; its sessions are opened anew if they must be.";
    delete "Deletes an upstream that no route, no number and no rule names.";
}

kind! {
    routes ("Route", "Routes"): RouteDocument, shown as Route, answered as Route, listed as Routes,
        at "/v1/routes" and "/v1/routes/{name}";
    list "Lists routes.";
    get "Shows a route, without its secrets.", "a" "route";
    put "Declares a route, in the place of what has its name. It is in force when the answer comes.",
        "Messages that are submitted from now on go by it.";
    delete "Deletes a route.";
}

kind! {
    numbers ("Number", "Numbers"): NumberDocument, shown as Number, answered as Number, listed as Numbers,
        at "/v1/numbers" and "/v1/numbers/{name}";
    list "Lists numbers that handsets write to.";
    get "Shows a number that handsets write to.", "a" "number";
    put "Declares a number that handsets write to, in the place of what has its name. It is in force when the answer comes.",
        "Messages that come from now on go by it.";
    delete "Deletes a number that no rule names. What is written to it from now on goes to the catch-all, or belongs to nobody.";
}

kind! {
    pauses ("Pause", "Pauses"): PauseDocument, shown as Pause, answered as Pause, listed as Pauses,
        at "/v1/pauses" and "/v1/pauses/{name}";
    list "Lists pauses, those that have ended too.";
    get "Shows a pause.", "a" "pause";
    put "Declares a pause, in the place of what has its name. It is in force when the answer comes.",
        "Messages that meet its conditions wait from now on.";
    delete "Deletes a pause: what it held goes on.";
}

kind! {
    limits ("Limit", "Limits"): LimitDocument, shown as Limit, answered as Limit, listed as Limits,
        at "/v1/limits" and "/v1/limits/{name}";
    list "Lists limits of parts in a time.";
    get "Shows a limit of parts in a time.", "a" "limit";
    put "Declares a limit of parts in a time, in the place of what has its name. It is in force when the answer comes.",
        "Messages beyond it wait from now on.";
    delete "Deletes a limit: what it held goes on.";
}

kind! {
    lookups ("LookupProvider", "LookupProviders"): LookupDocument, shown as LookupProvider, answered as LookupProvider,
        listed as LookupProviders,
        at "/v1/lookups" and "/v1/lookups/{name}";
    list "Lists providers of look-ups.";
    get "Shows a provider of look-ups, without its secrets.", "a" "lookup";
    put "Declares a provider of look-ups, in the place of what has its name. It is in force when the answer comes.",
        "Its secrets that are left out are kept.";
    delete "Deletes a provider of look-ups. Its answers are kept for their time.";
}

kind! {
    currencies ("Currency", "Currencies"): CurrencyDocument, shown as Currency, answered as Currency,
        listed as Currencies,
        at "/v1/currencies" and "/v1/currencies/{name}";
    list "Lists exchange rates.";
    get "Shows the exchange rates of a pair of currencies.", "an" "exchange rate";
    put "Declares exchange rates of a pair of currencies, in the place of what has their name. They are in force when the answer comes.",
        "Costs of messages that are submitted from now on count by them.";
    delete "Deletes exchange rates: costs in that currency aren't known any more, and nothing is sold by them.";
}

kind! {
    policies ("Policy", "Policies"): SharedPolicyDocument, shown as Policy, answered as Policy, listed as Policies,
        at "/v1/policies" and "/v1/policies/{name}";
    list "Lists policies that hold for several accounts.";
    get "Shows a policy that holds for several accounts.", "a" "policy";
    put "Declares a policy that holds for several accounts, in the place of what has its name. It is in force when the answer comes.",
        "Messages that are submitted from now on are held to it; numbers that it blocks get none of those that wait, either.";
    delete "Deletes a policy.";
}

kind! {
    rules ("Rule", "Rules"): RuleDocument, shown as Rule, answered as Rule, listed as Rules,
        at "/v1/rules" and "/v1/rules/{name}";
    list "Lists rules of automation.";
    get "Shows a rule of automation.", "a" "rule";
    put "Declares a rule of automation, in the place of what has its name. It is in force when the answer comes.",
        "A token that is left out is kept, or made where the event is `called` and there is none, and shown once.";
    delete "Deletes a rule of automation. What it remembers of senders is forgotten later.";
}

kind! {
    users ("User", "Users"): UserDocument, shown as UserView, answered as DeclaredUser, listed as Users,
        at "/v1/users" and "/v1/users/{name}";
    list "Lists users of the console.";
    get "Shows a user of the console, without its secrets.", "a" "user";
    put "Declares a user of the console, in the place of what has its name. It is in force when the answer comes.",
        "A password that is left out is kept. A user who has none sets it by a link.";
    delete "Deletes a user of the console. Its sessions end.";
}
