//! Replays of routes: which way the messages of a while would go by routes that aren't in force, and what they would cost.

mod sums;

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::list;
use super::mistakes::{self, Sent};
use super::moment;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Filter;
use postrider_core::decision::replay;
use postrider_core::principal::Viewer;
use postrider_core::quality::{Place, Quality};
use postrider_core::route::{Load, UpstreamId};
use postrider_core::time::Time;
use postrider_declare::route::RouteDocument;
use postrider_declare::tree::Node;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sums::{ReplayView, Sums};
use utoipa::ToSchema;

/// The most messages that are replayed, the newest first.
const REPLAYED_MAX: usize = 50_000;
/// Messages of one page.
const PAGE: usize = 500;
/// The time whose messages are replayed if the request doesn't say.
const USUAL: Duration = Duration::from_hours(24);

/// Routes to be tried, and the messages to try them with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouteReplay)]
pub(super) struct ReplayRequest {
    /// Routes by name, as they would be declared. They take the place of those of their names; null takes one away. All other routes
    /// stay as they are.
    #[schema(value_type = BTreeMap<String, Option<Object>>)]
    routes: BTreeMap<String, Option<Node>>,
    /// Messages accepted at or after this: a time, or a length of time before now. Default: `24h`.
    since: Option<String>,
    /// Messages accepted before this, likewise. Default: now.
    until: Option<String>,
}

/// What is known of upstreams now: none has anything to do.
struct Known(BTreeMap<(UpstreamId, Place), Quality>);

impl Load for Known {
    fn of(&self, _upstream: UpstreamId) -> f64 {
        0.0
    }

    fn quality(&self, upstream: UpstreamId, place: Place) -> Quality {
        self.0.get(&(upstream, place)).copied().unwrap_or_default()
    }
}

/// Tries routes that aren't in force against the messages of a while: how many would go another way than by the routes in force,
/// and what they would cost. Nothing is changed.
///
/// Both ways are found anew, as for a message that is submitted now and due when it was due, with the measures of the last hour. All
/// upstreams count as up and idle.
#[utoipa::path(
    post, path = "/v1/routes/replay", operation_id = "replayRoutes", tag = "declarations", request_body = ReplayRequest,
    responses(
        (status = 200, description = "What would change.", body = ReplayView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn replay_routes(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: ReplayRequest = parse(&body)?;
    let (rules, now) = (rest.live.rules(), rest.live.now());
    let routes = documents(&request.routes, &body)?;
    let table = rest.registry.try_routes(routes).await;
    let table = table.map_err(|mistakes| mistakes::of_meaning(&mistakes.0, None))?;
    let mut filter = filter(&request, now)?;
    let load = Known(rest.live.qualities().into_iter().map(|(id, place, it)| ((id, place), it)).collect());
    let mut sums = Sums::default();
    loop {
        let page = rest.archive.list(filter.clone()).await?;
        for entry in &page.entries {
            let message = &entry.message;
            let before = replay(message, &rules, &rules.table, &load);
            sums.add(message, before, replay(message, &rules, &table, &load));
        }
        filter.before = page.next;
        if page.next.is_none() || sums.messages() >= REPLAYED_MAX as u64 {
            let since = moment::write(filter.since.unwrap_or(now));
            return Ok(json(StatusCode::OK, &sums.view(&rules, since, page.next.is_some())));
        }
    }
}

/// The routes of a request; what is wrong with the form of one is a mistake of the request.
fn documents(
    routes: &BTreeMap<String, Option<Node>>,
    body: &[u8],
) -> Result<Vec<(String, Option<RouteDocument>)>, Problem> {
    let read = |(name, node): (&String, &Option<Node>)| {
        let Some(node) = node else { return Ok((name.clone(), None)) };
        let (document, mistakes) = postrider_declare::read::<RouteDocument>(node);
        match document {
            Some(document) if mistakes.is_empty() => Ok((name.clone(), Some(document))),
            _ => Err(mistakes::of_form(&mistakes, Some(Sent { body, place: ["routes", name] }))),
        }
    };
    routes.iter().map(read).collect()
}

fn filter(request: &ReplayRequest, now: Time) -> Result<Filter, Problem> {
    let time = |name: &str, text: &Option<String>| {
        text.as_ref().map_or(Ok(None), |text| list::time(name, text, now))
    };
    Ok(Filter {
        since: Some(time("since", &request.since)?.unwrap_or(now - USUAL)),
        until: time("until", &request.until)?,
        ..Filter::all(Viewer::Everything, PAGE)
    })
}
