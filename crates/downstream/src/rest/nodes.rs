//! The nodes that share the store, and who does what.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::problem::ProblemDocument;
use crate::resource::Declared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::account::AccountId;
use postrider_core::node::{Lease, Node, Standing, TRUST};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A node.
#[derive(Serialize, ToSchema)]
pub(super) struct NodeView {
    /// Its number, which is in every identifier that it makes.
    number: u8,
    /// Whether it is the one that answers.
    this: bool,
    /// Where its HTTP API is.
    address: String,
    /// The version of its program.
    version: String,
    /// Since when it runs.
    #[schema(format = "date-time")]
    since: String,
    /// When it last told the store that it lives.
    #[schema(format = "date-time")]
    beaten_at: String,
    /// Whether it has not done so for 3 s, and so sends nothing; after 6 s others take its place.
    silent: bool,
    /// Whether it does the chores for all.
    leads: bool,
    /// The binds that it keeps, by upstream; each upstream's are counted from 0.
    binds: BTreeMap<String, Vec<u16>>,
    /// The upstreams of which one of its links is up.
    up: Vec<String>,
    /// SMPP sessions that clients have open with it, by account.
    sessions: BTreeMap<String, u32>,
}

/// Every living node.
#[derive(Serialize, ToSchema)]
pub(super) struct NodeList {
    /// By number.
    nodes: Vec<NodeView>,
}

/// Lists the nodes that share the store, and what each does. An embedded store has one.
#[utoipa::path(
    get, path = "/v1/nodes", tag = "operations",
    responses(
        (status = 200, description = "Every living node.", body = NodeList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn nodes(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    let Standing { this, nodes } = (rest.nodes)();
    let declared = rest.registry.declared();
    let now = rest.live.now();
    let nodes = nodes.iter().map(|node| view(node, this, now, &declared)).collect();
    json(StatusCode::OK, &NodeList { nodes })
}

fn view(node: &Node, this: u8, now: Time, declared: &Declared) -> NodeView {
    let mut binds: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for lease in &node.holds {
        match lease {
            Lease::Chores => {}
            Lease::Bind(upstream, bind) => {
                binds.entry(upstream_name(*upstream, declared)).or_default().push(*bind);
            }
        }
    }
    let sessions = &node.presence.sessions;
    NodeView {
        number: node.number,
        this: node.number == this,
        address: node.presence.address.to_string(),
        version: node.presence.version.to_string(),
        since: moment::write(node.since),
        beaten_at: moment::write(node.beaten),
        silent: now.since(node.beaten) >= TRUST,
        leads: node.holds.contains(&Lease::Chores),
        binds,
        up: node.presence.up.iter().map(|upstream| upstream_name(*upstream, declared)).collect(),
        sessions: sessions
            .iter()
            .map(|(account, count)| (account_name(*account, declared), *count))
            .collect(),
    }
}

/// The upstream's name, or its number if it is declared no more.
fn upstream_name(id: UpstreamId, declared: &Declared) -> String {
    declared.rules.upstream(id).map_or_else(|| id.0.to_string(), |upstream| upstream.name.to_string())
}

/// The account's name, or its number if it is declared no more.
fn account_name(id: AccountId, declared: &Declared) -> String {
    declared.rules.account(id).map_or_else(|| id.0.to_string(), |account| account.name.to_string())
}
