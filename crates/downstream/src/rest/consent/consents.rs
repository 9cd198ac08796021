//! Consents over HTTP: recipients who have agreed to messages.

use super::export;
use super::import::{self, Imported};
use super::list::{self, ConsentPage, ConsentQuery};
use super::make::{self, Lifted, Made, Wanted};
use crate::rest::Rest;
use crate::rest::caller::{Reader, Sender};
use crate::rest::payload::{Lines, Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use postrider_core::consent::Kind;
use std::sync::Arc;

/// Lists consents, the newest first.
#[utoipa::path(
    get, path = "/v1/consents", tag = "consent", operation_id = "listConsents", params(ConsentQuery),
    responses(
        (status = 200, description = "A page.", body = ConsentPage),
        (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn consents(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    list::page(&rest, Kind::Consent, &caller, query.as_deref().unwrap_or_default()).await
}

/// Adds a consent. When it is answered, every node holds to it.
#[utoipa::path(
    post, path = "/v1/consents", tag = "consent", operation_id = "addConsent", request_body = Wanted,
    responses(
        (status = 201, description = "It is new.", body = Made),
        (status = 200, description = "It held before.", body = Made),
        (status = 400, description = "A field is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn add_consent(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    make::make(&rest, Kind::Consent, &caller, &parse(&body)?).await
}

/// Lifts a consent, with a reason, which is kept.
#[utoipa::path(
    delete, path = "/v1/consents/{number}", tag = "consent", operation_id = "liftConsent",
    params(
        ("number" = String, Path, description = "The number."),
        ("reason" = String, Query, description = "Why."),
        ("sender" = Option<String>, Query, description = "Of opt-outs: only the one about this sender."),
        ("purpose" = Option<String>, Query, description = "Of consents: only the one for this purpose."),
        ("account" = Option<String>, Query, description = "Only the one about this account's messages; for administrators. Empty: only the one about every account's."),
    ),
    responses(
        (status = 200, description = "Lifted.", body = Lifted),
        (status = 400, description = "A parameter is wrong, or the reason is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn withdraw_consent(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    make::lift(&rest, Kind::Consent, &caller, &number, query.as_deref().unwrap_or_default()).await
}

/// Exports consents as CSV, the newest first. `limit` is of no effect.
#[utoipa::path(
    get, path = "/v1/consents/csv", tag = "consent", operation_id = "exportConsents", params(ConsentQuery),
    responses(
        (status = 200, description = "The lines.", body = String, content_type = "text/csv"),
        (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn export_consents(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    export::export(rest, Kind::Consent, &caller, query.as_deref().unwrap_or_default())
}

/// Imports consents from CSV of up to 1 MiB. The first line names the columns, as an export does; only `number` is needed. Lines
/// that are wrong are told and passed over.
#[utoipa::path(
    post, path = "/v1/consents/csv", tag = "consent", operation_id = "importConsents",
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "The lines that are right hold.", body = Imported),
        (status = 400, description = "The columns are wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import_consents(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Lines(text): Lines,
) -> Result<Response, Problem> {
    import::import(&rest, Kind::Consent, &caller, &text).await
}
