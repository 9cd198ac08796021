//! The nodes that share the store, and their roles.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::account::AccountId;
use postrider_core::node::{Lease, Node, Standing, TRUST};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_declare::Declared;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A node.
#[derive(Serialize, ToSchema)]
#[schema(as = Node)]
pub(super) struct NodeView {
    /// The number, which is part of every identifier that the node makes.
    number: u8,
    /// Whether it is the node that answers this request.
    this: bool,
    /// The address of its HTTP API.
    address: String,
    /// The version of Postrider that it runs.
    version: String,
    /// When it started.
    #[schema(format = "date-time")]
    since: String,
    /// The time of its last heartbeat in the store.
    #[schema(format = "date-time")]
    beaten_at: String,
    /// Whether its last heartbeat is 3 s old or older, so that it sends nothing; after 6 s other nodes take over.
    silent: bool,
    /// Whether it is the leader, which does the maintenance of the store.
    leads: bool,
    /// The numbers of the binds that it holds, by upstream; counted from 0.
    binds: BTreeMap<String, Vec<u16>>,
    /// The upstreams to which at least one of its links is up.
    up: Vec<String>,
    /// The number of open SMPP client sessions, by account.
    sessions: BTreeMap<String, u32>,
}

/// All living nodes.
#[derive(Serialize, ToSchema)]
pub(super) struct NodeList {
    /// The nodes, by number.
    nodes: Vec<NodeView>,
}

/// Lists the nodes that share the store, and their roles. An embedded store has one node.
#[utoipa::path(
    get, path = "/v1/nodes", operation_id = "listNodes", tag = "operations",
    responses(
        (status = 200, description = "All living nodes.", body = NodeList),
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

/// The upstream's name, or its number if it is no longer declared.
fn upstream_name(id: UpstreamId, declared: &Declared) -> String {
    declared.rules.upstream(id).map_or_else(|| id.0.to_string(), |upstream| upstream.name.to_string())
}

/// The account's name, or its number if it is no longer declared.
fn account_name(id: AccountId, declared: &Declared) -> String {
    declared.rules.account(id).map_or_else(|| id.0.to_string(), |account| account.name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::node::Presence;

    #[test]
    fn a_node_is_shown_with_its_roles() {
        let presence = Presence {
            address: "10.0.0.7:8080".into(),
            version: "1.2.3".into(),
            up: vec![UpstreamId(3)],
            sessions: vec![(AccountId(1), 2), (AccountId(9), 1)],
            ..Presence::default()
        };
        let holds = vec![Lease::Chores, Lease::Bind(UpstreamId(3), 0), Lease::Bind(UpstreamId(3), 2)];
        let node = Node { number: 4, since: Time(0), beaten: Time(1_000), presence, holds };
        let declared = Declared { rules: Arc::new(rules(account())), ..Declared::default() };
        let show = |this, now| serde_json::to_value(view(&node, this, now, &declared)).unwrap();
        // Upstreams and accounts that are no longer declared are shown by number.
        let expected = serde_json::json!({
            "number": 4, "this": true, "address": "10.0.0.7:8080", "version": "1.2.3",
            "since": "1970-01-01T00:00:00.000Z", "beaten_at": "1970-01-01T00:00:01.000Z", "silent": false,
            "leads": true, "binds": { "3": [0, 2] }, "up": ["3"], "sessions": { "shop": 2, "9": 1 },
        });
        assert_eq!(show(4, Time(3_999)), expected);
        let other = show(5, Time(4_000));
        assert_eq!((&other["this"], &other["silent"]), (&false.into(), &true.into()));
    }
}
