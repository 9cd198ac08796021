//! The numbering plan over HTTP: imported, shown, exported and deleted whole.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::payload::read_up_to;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use postrider_core::csv::OCTETS_MAX;
use postrider_declare::{ImportedPlan, PlanSummary};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The longest time for the arrival of a plan.
const ARRIVAL_MAX: Duration = Duration::from_mins(10);

/// A numbering plan, without its ranges.
#[derive(Serialize, ToSchema)]
#[schema(as = NumberingPlan)]
pub(in crate::rest) struct PlanView {
    /// The number of ranges.
    ranges: usize,
    /// The number of networks that they name.
    networks: usize,
    /// The size of the CSV, in octets.
    octets: usize,
    /// The SHA-256 of the CSV, in hexadecimal.
    sha256: String,
    /// When it was imported; absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    imported_at: Option<String>,
}

impl PlanView {
    fn of(summary: PlanSummary) -> Self {
        let PlanSummary { ranges, networks, octets, sha256 } = summary;
        Self { ranges, networks, octets, sha256, imported_at: None }
    }

    fn imported(plan: &ImportedPlan) -> Self {
        Self { imported_at: Some(moment::write(plan.updated)), ..Self::of(plan.summary.clone()) }
    }
}

/// Shows the numbering plan, without its ranges.
#[utoipa::path(
    get, path = "/v1/numbering-plan", tag = "declarations", operation_id = "getNumberingPlan",
    responses(
        (status = 200, description = "The plan.", body = PlanView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn show(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Result<Response, Problem> {
    let declared = rest.registry.declared();
    let plan = declared.numbering_plan.as_ref().ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &PlanView::imported(plan)))
}

fn missing() -> Problem {
    Problem::not_found("there is no numbering plan")
}

/// Imports a numbering plan, in the place of the one before. It is in force when the answer comes.
///
/// The body is CSV with a header: `prefix,mccmnc,name,type,valid_from`, in any order; only `prefix` is needed, and `mcc` and `mnc`
/// may be columns of their own. Separators are commas, semicolons or tabs. A plan with a mistake is refused whole.
#[utoipa::path(
    put, path = "/v1/numbering-plan", tag = "declarations", operation_id = "putNumberingPlan",
    request_body(content = String, content_type = "text/csv"),
    params(("dry_run" = Option<bool>, Query, description = "Whether the plan is only checked. Default: false.")),
    responses(
        (status = 200, description = "The plan is in force, or fine.", body = PlanView),
        (status = "4XX", description = "Nothing was changed; `errors` lists up to 100 mistakes by line.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Problem> {
    let is_dry = dry_run(query.as_deref().unwrap_or_default())?;
    let octets: Arc<[u8]> = read_up_to(body, OCTETS_MAX, ARRIVAL_MAX).await?.into();
    let now = rest.live.now();
    let view = if is_dry {
        PlanView::of(rest.registry.check_numbering_plan(octets, now).await?)
    } else {
        PlanView::imported(&rest.registry.import_numbering_plan(octets, &who, now).await?)
    };
    Ok(json(StatusCode::OK, &view))
}

fn dry_run(query: &str) -> Result<bool, Problem> {
    match pairs(query, &["dry_run"])?.pop() {
        None => Ok(false),
        Some((_, value)) => value.parse().map_err(|_| wrong("dry_run", "write true or false")),
    }
}

/// Exports the numbering plan as it was imported.
#[utoipa::path(
    get, path = "/v1/numbering-plan/csv", tag = "declarations", operation_id = "exportNumberingPlan",
    responses(
        (status = 200, description = "The plan.", body = String, content_type = "text/csv"),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn export(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Result<Response, Problem> {
    let octets = rest.registry.exported_numbering_plan().await?.ok_or_else(missing)?;
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], octets).into_response())
}

/// Deletes the numbering plan: networks are unknown from now on.
#[utoipa::path(
    delete, path = "/v1/numbering-plan", tag = "declarations", operation_id = "deleteNumberingPlan",
    responses(
        (status = 204, description = "Deleted."),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
) -> Result<StatusCode, Problem> {
    rest.registry.delete_numbering_plan(&who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_checked_only_where_the_query_says_so() {
        let read = |query: &str| dry_run(query).map_err(|problem| problem.field);
        assert_eq!((read(""), read("dry_run=true"), read("dry_run=false")), (Ok(false), Ok(true), Ok(false)));
        assert_eq!(read("dry_run=yes"), Err(Some("dry_run".into())));
    }
}
