//! Unmatched receipts, with the messages that they are most likely about.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::words::StateWord;
use super::{moment, query};
use crate::error::ErrorView;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Entry, Parked};
use postrider_core::delivery::{State, is_stand_in};
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most receipts of a list.
const LIST_MAX: usize = 500;
/// The default number of receipts of a list.
const LIST: usize = 50;

/// The length of a list of unmatched receipts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct UnmatchedQuery {
    /// The most receipts of the list, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// A receipt that matches no message.
#[derive(Serialize, ToSchema)]
#[schema(as = UnmatchedReceipt)]
pub(super) struct UnmatchedView {
    /// The upstream that delivered it.
    upstream: String,
    /// The time of its arrival.
    #[schema(format = "date-time")]
    at: String,
    /// The carrier's identifier of the message, as the receipt spells it.
    carrier_reference: String,
    /// The state that it reports.
    #[schema(value_type = StateWord)]
    state: &'static str,
    /// Why the message was not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'static>>,
    /// The numbers in its source and destination.
    numbers: Vec<String>,
    /// Messages to one of these numbers that await a receipt, the newest first.
    likely: Vec<LikelyView>,
}

/// A message that an unmatched receipt may be about.
#[derive(Serialize, ToSchema)]
#[schema(as = LikelyMessage)]
struct LikelyView {
    /// The message's identifier.
    id: String,
    /// The upstream that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// The carrier's identifiers of its parts, as the responses spelled them; parts without a response have none.
    carrier_references: Vec<String>,
}

/// Unmatched receipts.
#[derive(Serialize, ToSchema)]
#[schema(as = UnmatchedReceiptList)]
pub(super) struct UnmatchedList {
    /// The receipts, the newest first.
    receipts: Vec<UnmatchedView>,
}

/// Lists receipts that match no message, the newest first. They are matched again once it is known how the carrier spells
/// identifiers (`receipts.ids` of the upstream).
#[utoipa::path(
    get, path = "/v1/receipts/unmatched", operation_id = "listUnmatchedReceipts", tag = "operations", params(UnmatchedQuery),
    responses(
        (status = 200, description = "Unmatched receipts.", body = UnmatchedList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn unmatched(
    Shared(rest): Shared<Arc<Rest>>,
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
    let state = report.reported.state().unwrap_or(State::Sent);
    UnmatchedView {
        upstream: name(parked.upstream, rules),
        at: moment::write(parked.at),
        carrier_reference: report.reference.to_string(),
        state: state.word(),
        error: report.cause().map(|cause| ErrorView::of(&cause, state).into_owned()),
        numbers: report.between.iter().flatten().map(ToString::to_string).collect(),
        likely,
    }
}

async fn likely_view(rest: &Rest, entry: &Entry, rules: &Rules) -> Result<LikelyView, Problem> {
    let history = rest.archive.history(Viewer::Everything, entry.message.id).await?;
    let (upstream, awaited) =
        history.map_or((None, Vec::new()), |history| (history.upstream, history.awaited));
    Ok(LikelyView {
        id: entry.message.id.to_string(),
        upstream: upstream.map(|upstream| name(upstream, rules)),
        carrier_references: given(awaited),
    })
}

/// The references that the carrier gave, without the gateway's stand-ins for parts that it never answered.
fn given(awaited: Vec<(u8, Box<str>, Time)>) -> Vec<String> {
    let references = awaited.into_iter().map(|(_, reference, _)| reference.into());
    references.filter(|reference: &String| !is_stand_in(reference)).collect()
}

fn name(upstream: UpstreamId, rules: &Rules) -> String {
    rules.upstream(upstream).map_or_else(|| upstream.0.to_string(), |upstream| upstream.name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::receipt::{Report, Reported};

    #[test]
    fn a_receipt_is_shown_as_the_carrier_sent_it() {
        let report = Report {
            reference: "0A1B".into(),
            also: None,
            between: [None, Some(447_700_900_123)],
            reported: Reported::Expired,
            error: Some("012".into()),
        };
        let parked = Parked { upstream: UpstreamId(3), report, key: "a1b".into(), at: Time(1_000) };
        let shown = serde_json::to_value(view(&parked, Vec::new(), &Rules::default())).unwrap();
        let expected = serde_json::json!({
            "upstream": "3", "at": "1970-01-01T00:00:01.000Z", "carrier_reference": "0A1B", "state": "expired",
            "error": {
                "code": "expired_at_carrier", "carrier_code": "012", "retry": "later",
                "meaning": "The validity ended at the carrier before the message was delivered.",
            },
            "numbers": ["447700900123"], "likely": [],
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn stand_ins_are_no_carrier_references() {
        let awaited = vec![(0, "unanswered 1.0".into(), Time(0)), (1, "c1".into(), Time(0))];
        assert_eq!(given(awaited), ["c1"]);
    }
}
