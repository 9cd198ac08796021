//! Traces of SMPP traffic, for administrators: live, recent, and for Wireshark. `postrider_trace` decides what is recorded
//! and masked.

mod selection;
mod stream;
mod view;

use super::Rest;
use super::answer::json;
use super::caller::ByTracer;
use super::problem::{Problem, ProblemDocument};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use postrider_trace::{Packet, pcapng};
use selection::{LiveQuery, PcapQuery, RecentQuery, Selection};
use std::sync::Arc;
use std::time::Duration;
use stream::{LiveLine, lines};
use utoipa::ToSchema;
use view::{RecentPdus, view};

/// The most recorded PDUs that are shown at once.
const RECENT_MAX: usize = 10_000;

/// Follows the SMPP traffic of this node live: one JSON object a line.
#[utoipa::path(
    get, path = "/v1/trace", operation_id = "watchTraffic", tag = "operations", params(LiveQuery),
    responses(
        (status = 200, description = "Lines of JSON until the time is over. The first comes at once.", body = LiveLine, content_type = "application/x-ndjson"),
        (status = 429, description = "Too many traces are running.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn live(
    State(rest): State<Arc<Rest>>,
    ByTracer(who): ByTracer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let selection = Selection::read(query.as_deref().unwrap_or_default(), &selection::LIVE, &rest)?;
    let live = rest.recorder.look(selection.wanted.clone()).map_err(|_| too_many())?;
    audit(&who, "live", &selection);
    let body = Body::from_stream(lines(live, rest.live.now(), selection.span, selection.unmask));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Shows recent SMPP traffic of this node, the oldest first.
#[utoipa::path(
    get, path = "/v1/trace/recent", operation_id = "listTraffic", tag = "operations", params(RecentQuery),
    responses(
        (status = 200, description = "The PDUs.", body = RecentPdus),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn recent(
    State(rest): State<Arc<Rest>>,
    ByTracer(who): ByTracer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let selection = Selection::read(query.as_deref().unwrap_or_default(), &selection::RECENT, &rest)?;
    audit(&who, "recent", &selection);
    let packets = packets(&rest, &selection);
    let pdus = packets.iter().filter_map(view).collect();
    Ok(json(StatusCode::OK, &RecentPdus { pdus }))
}

/// A file for Wireshark.
#[cfg(test)]
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(super) struct Pcapng(#[expect(dead_code, reason = "it only describes the answer")] Vec<u8>);

/// Downloads recent SMPP traffic as a file for Wireshark (pcapng).
///
/// The TCP/IP headers around the PDUs are made up.
#[utoipa::path(
    get, path = "/v1/trace/pcap", operation_id = "downloadTraffic", tag = "operations", params(PcapQuery),
    responses(
        (status = 200, description = "The file.", body = Pcapng, content_type = "application/x-pcapng"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pcap(
    State(rest): State<Arc<Rest>>,
    ByTracer(who): ByTracer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let selection = Selection::read(query.as_deref().unwrap_or_default(), &selection::PCAP, &rest)?;
    audit(&who, "pcap", &selection);
    let file = pcapng(&packets(&rest, &selection));
    let headers = [
        (CONTENT_TYPE, "application/x-pcapng"),
        (CONTENT_DISPOSITION, "attachment; filename=\"postrider.pcapng\""),
    ];
    Ok((headers, file).into_response())
}

/// The recorded PDUs, masked unless the selection says otherwise.
fn packets(rest: &Rest, selection: &Selection) -> Vec<Packet> {
    let packets = rest.recorder.recent(&selection.wanted, selection.limit);
    if selection.unmask { packets } else { packets.into_iter().map(Packet::masked).collect() }
}

/// Writes to the log who looks at what. These lines are written at every level.
fn audit(who: &str, what: &str, selection: &Selection) {
    let (upstream, account) = (selection.wanted.upstream.as_deref(), selection.wanted.account.as_deref());
    let number = selection.number.map(postrider_core::number::Number::masked);
    let (unmasked, seconds) = (selection.unmask, (what == "live").then_some(selection.span.as_secs()));
    tracing::info!(
        target: "audit",
        administrator = who,
        upstream,
        account,
        number,
        what,
        seconds,
        unmasked,
        "an administrator looks at traffic"
    );
}

fn too_many() -> Problem {
    let detail = format!("{} traces are running already: wait until one ends", postrider_trace::LIVE_MAX);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_traces", detail).later(Duration::from_secs(10))
}
