//! The verbs of each kind of thing that holds of numbers. What they do is written once, in the modules beside this one; their
//! names and texts are here.

use super::export;
use super::import::{self, Imported};
use super::list::{self, ConsentPage, ConsentQuery};
use super::make::{self, Lifted, Made, Wanted};
use crate::rest::Rest;
use crate::rest::caller::{Reader, Sender};
use crate::rest::payload::{Lines, Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::routing::{ApiRoutes, routes};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use postrider_core::consent::Kind;
use std::sync::Arc;

/// Makes the verbs of a kind: list, add, lift, export and import. `$plural` and `$one` stand in texts.
macro_rules! kind {
    (
        $module:ident: $kind:expr, $one:literal, $plural:literal,
        at $all:literal, $each:literal and $csv:literal;
        list $list:literal; add $add:literal; lift $lift:literal; export $export:literal; import $import:literal;
    ) => {
        mod $module {
            use super::*;

            #[utoipa::path(
                get, path = $all, tag = "consent", operation_id = $list, params(ConsentQuery),
                summary = concat!("Lists ", $plural, ", the newest first."),
                responses(
                    (status = 200, description = "A page.", body = ConsentPage),
                    (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn list_all(
                State(rest): State<Arc<Rest>>,
                Reader(caller): Reader,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                list::page(&rest, $kind, &caller, query.as_deref().unwrap_or_default()).await
            }

            #[utoipa::path(
                post, path = $all, tag = "consent", operation_id = $add, request_body = Wanted,
                summary = concat!("Adds ", $one, ". When it is answered, every node holds to it."),
                responses(
                    (status = 201, description = "It is new.", body = Made),
                    (status = 200, description = "It held before.", body = Made),
                    (status = 400, description = "A field is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn add(
                State(rest): State<Arc<Rest>>,
                Sender(caller): Sender,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                make::make(&rest, $kind, &caller, &parse(&body)?).await
            }

            #[utoipa::path(
                delete, path = $each, tag = "consent", operation_id = $lift,
                summary = concat!("Lifts ", $one, ", with a reason, which is kept."),
                params(
                    ("number" = String, Path, description = "The number."),
                    ("reason" = String, Query, description = "Why."),
                    ("sender" = Option<String>, Query, description = "Of opt-outs: only the one about this sender."),
                    ("purpose" = Option<String>, Query, description = "Of consents: only the one for this purpose."),
                    ("zone" = Option<String>, Query, description = "Of time zones: only this one."),
                    ("account" = Option<String>, Query, description = "Only the one about this account's messages; for administrators. Empty: only the one about every account's."),
                ),
                responses(
                    (status = 200, description = "Lifted.", body = Lifted),
                    (status = 400, description = "A parameter is wrong, or the reason is missing.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn lift(
                State(rest): State<Arc<Rest>>,
                Sender(caller): Sender,
                Path(number): Path<String>,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                make::lift(&rest, $kind, &caller, &number, query.as_deref().unwrap_or_default()).await
            }

            #[utoipa::path(
                get, path = $csv, tag = "consent", operation_id = $export, params(ConsentQuery),
                summary = concat!("Exports ", $plural, " as CSV, the newest first. `limit` is of no effect."),
                responses(
                    (status = 200, description = "The lines.", body = String, content_type = "text/csv"),
                    (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn export(
                State(rest): State<Arc<Rest>>,
                Reader(caller): Reader,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                export::export(rest, $kind, &caller, query.as_deref().unwrap_or_default())
            }

            #[utoipa::path(
                post, path = $csv, tag = "consent", operation_id = $import,
                summary = concat!("Imports ", $plural, " from CSV of up to 1 MiB."),
                description = "The first line names the columns, as an export does; only `number` is needed. Lines that are wrong are told and passed over.",
                request_body(content = String, content_type = "text/csv"),
                responses(
                    (status = 200, description = "The lines that are right hold.", body = Imported),
                    (status = 400, description = "The columns are wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn import(
                State(rest): State<Arc<Rest>>,
                Sender(caller): Sender,
                Lines(text): Lines,
            ) -> Result<Response, Problem> {
                import::import(&rest, $kind, &caller, &text).await
            }

            pub(super) fn verbs() -> ApiRoutes {
                ApiRoutes::default()
                    .routes(routes!(list_all, add))
                    .routes(routes!(lift))
                    .routes(routes!(export, import))
            }
        }
    };
}

kind! {
    opt_outs: Kind::OptOut, "an opt-out", "opt-outs",
    at "/v1/opt-outs", "/v1/opt-outs/{number}" and "/v1/opt-outs/csv";
    list "listOptOuts"; add "addOptOut"; lift "liftOptOut"; export "exportOptOuts"; import "importOptOuts";
}

kind! {
    blocked: Kind::Block, "a block", "blocked numbers",
    at "/v1/blocked-numbers", "/v1/blocked-numbers/{number}" and "/v1/blocked-numbers/csv";
    list "listBlockedNumbers"; add "blockNumber"; lift "unblockNumber"; export "exportBlockedNumbers";
    import "importBlockedNumbers";
}

kind! {
    consents: Kind::Consent, "a consent", "consents",
    at "/v1/consents", "/v1/consents/{number}" and "/v1/consents/csv";
    list "listConsents"; add "addConsent"; lift "liftConsent"; export "exportConsents"; import "importConsents";
}

kind! {
    zones: Kind::Zone, "the time zone of a number, in the place of the one before", "time zones of numbers",
    at "/v1/time-zones", "/v1/time-zones/{number}" and "/v1/time-zones/csv";
    list "listTimeZones"; add "setTimeZone"; lift "liftTimeZone"; export "exportTimeZones"; import "importTimeZones";
}

/// The verbs of all kinds.
pub(in crate::rest) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .merge(opt_outs::verbs())
        .merge(blocked::verbs())
        .merge(consents::verbs())
        .merge(zones::verbs())
}
