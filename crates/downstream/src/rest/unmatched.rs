//! Receipts that found no message, with the messages that they are likeliest about.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::{moment, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Entry, Parked};
use postrider_core::delivery::is_stand_in;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most receipts of a list.
const LIST_MAX: usize = 500;
/// Receipts of a list, when nothing is said.
const LIST: usize = 50;

/// How many are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct UnmatchedQuery {
    /// How many at most, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// A receipt that found no message.
#[derive(Serialize, ToSchema)]
pub(super) struct UnmatchedView {
    /// The upstream that it came by.
    upstream: String,
    /// When it came.
    #[schema(format = "date-time")]
    at: String,
    /// The message's identifier, as the receipt spells it.
    carrier_reference: String,
    /// What it says: the state that the message would have.
    state: &'static str,
    /// The carrier's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The numbers between which it was sent.
    numbers: Vec<String>,
    /// Messages to one of these numbers that wait for a receipt, the newest first.
    likely: Vec<LikelyView>,
}

/// A message that a receipt may be about.
#[derive(Serialize, ToSchema)]
struct LikelyView {
    /// Its identifier.
    id: String,
    /// The upstream by which it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// The carrier's identifiers for its parts, as the answers spelled them; none of parts that it never answered.
    carrier_references: Vec<String>,
}

/// Receipts that found no message.
#[derive(Serialize, ToSchema)]
pub(super) struct UnmatchedList {
    /// The newest first.
    receipts: Vec<UnmatchedView>,
}

/// Lists receipts that found no message, the newest first. When it becomes known how their carrier spells identifiers
/// (`receipts.ids` of the upstream), they are looked at again.
#[utoipa::path(
    get, path = "/v1/receipts/unmatched", tag = "operations", params(UnmatchedQuery),
    responses(
        (status = 200, description = "Receipts that found no message.", body = UnmatchedList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn unmatched(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let mut limit = LIST;
    for (_, value) in query::pairs(given.as_deref().unwrap_or_default(), &["limit"])? {
        limit = query::limit(&value, LIST_MAX)?;
    }
    let rules = rest.live.rules();
    let mut receipts = Vec::new();
    for (parked, likely) in rest.archive.unmatched(limit).await? {
        let mut views = Vec::new();
        for entry in &likely {
            views.push(likely_view(&rest, entry, &rules).await?);
        }
        receipts.push(view(&parked, views, &rules));
    }
    Ok(json(StatusCode::OK, &UnmatchedList { receipts }))
}

fn view(parked: &Parked, likely: Vec<LikelyView>, rules: &Rules) -> UnmatchedView {
    let report = &parked.report;
    UnmatchedView {
        upstream: name(parked.upstream, rules),
        at: moment::write(parked.at),
        carrier_reference: report.reference.to_string(),
        state: report.reported.state().map_or("sent", |state| state.word()),
        error: report.error.as_deref().map(Into::into),
        numbers: report.between.iter().flatten().map(ToString::to_string).collect(),
        likely,
    }
}

async fn likely_view(rest: &Rest, entry: &Entry, rules: &Rules) -> Result<LikelyView, Problem> {
    let history = rest.archive.history(Viewer::Everything, entry.message.id).await?;
    let (upstream, awaited) =
        history.map_or((None, Vec::new()), |history| (history.upstream, history.awaited));
    let references = awaited.into_iter().map(|(_, reference, _)| reference.into());
    Ok(LikelyView {
        id: entry.message.id.to_string(),
        upstream: upstream.map(|upstream| name(upstream, rules)),
        carrier_references: references.filter(|reference: &String| !is_stand_in(reference)).collect(),
    })
}

fn name(upstream: UpstreamId, rules: &Rules) -> String {
    rules.upstream(upstream).map_or_else(|| upstream.0.to_string(), |upstream| upstream.name.to_string())
}
