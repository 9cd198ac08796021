//! What goes over SMPP links, for administrators: live, recent, and for Wireshark. What is recorded, and what is masked of
//! it, stands in `postrider_trace`.

mod asked;
mod stream;
mod view;

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use asked::{Asked, LiveQuery, PcapQuery, RecentQuery};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use postrider_trace::{Packet, pcapng};
use std::sync::Arc;
use std::time::Duration;
use stream::{LiveLine, lines};
use view::{RecentPdus, view};

/// The most PDUs that are shown at once of what was recorded.
const RECENT_MAX: usize = 10_000;

/// Follows SMPP traffic of this node: one JSON object a line, as it goes by.
#[utoipa::path(
    get, path = "/v1/trace", tag = "operations", params(LiveQuery),
    responses(
        (status = 200, description = "Lines until the time is over, the first at once.", body = LiveLine, content_type = "application/x-ndjson"),
        (status = 429, description = "As many look as may.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn live(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &asked::LIVE, &rest)?;
    let live = rest.recorder.look(asked.wanted.clone()).map_err(|_| too_many())?;
    note(&who, "live", &asked);
    let body = Body::from_stream(lines(live, asked.span, asked.unmask));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Shows SMPP traffic of this node that went by lately, the oldest first.
#[utoipa::path(
    get, path = "/v1/trace/recent", tag = "operations", params(RecentQuery),
    responses(
        (status = 200, description = "PDUs.", body = RecentPdus),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn recent(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &asked::RECENT_NAMES, &rest)?;
    note(&who, "recent", &asked);
    let packets = packets(&rest, &asked);
    let pdus = packets.iter().filter_map(view).collect();
    Ok(json(StatusCode::OK, &RecentPdus { pdus }))
}

/// The same as a file for Wireshark (pcapng), with headers made up around the PDUs.
#[utoipa::path(
    get, path = "/v1/trace/pcap", tag = "operations", params(PcapQuery),
    responses(
        (status = 200, description = "A file.", body = Vec<u8>, content_type = "application/x-pcapng"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pcap(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default(), &asked::PCAP, &rest)?;
    note(&who, "pcap", &asked);
    let file = pcapng(&packets(&rest, &asked));
    let headers = [
        (CONTENT_TYPE, "application/x-pcapng"),
        (CONTENT_DISPOSITION, "attachment; filename=\"postrider.pcapng\""),
    ];
    Ok((headers, file).into_response())
}

/// What was recorded, as it may be shown.
fn packets(rest: &Rest, asked: &Asked) -> Vec<Packet> {
    let packets = rest.recorder.recent(&asked.wanted, asked.limit);
    if asked.unmask { packets } else { packets.into_iter().map(Packet::masked).collect() }
}

/// Says in the log who looks at what. These lines are there at every level.
fn note(who: &str, what: &str, asked: &Asked) {
    let (upstream, account) = (asked.wanted.upstream.as_deref(), asked.wanted.account.as_deref());
    let number = asked.number.map(postrider_core::number::Number::masked);
    let (unmasked, seconds) = (asked.unmask, (what == "live").then_some(asked.span.as_secs()));
    tracing::info!(
        target: "audit",
        administrator = who,
        upstream,
        account,
        number,
        what,
        seconds,
        unmasked,
        "an administrator looks at SMPP traffic"
    );
}

fn too_many() -> Problem {
    let detail = format!("{} traces run already: wait until one ends", postrider_trace::LIVE_MAX);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_traces", detail).later(Duration::from_secs(10))
}
