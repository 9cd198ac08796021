//! Nodes in company: who does what, as they say themselves, and a carrier that lets in no more binds than it was
//! promised.

use super::shared::Database;
use crate::crowd::Customers;
use crate::harness::{Gateway, Plan, Webhook, carrier_with, eventually, within};
use postrider_simulator::carrier::{Carrier, Delay, Recording, Settings};
use serde_json::Value;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long nodes may take to arrange themselves after one died.
pub(crate) const MOVED: Duration = Duration::from_secs(10);

/// How long the end may take: what was accepted meanwhile is sent, and all of it is told.
const AFTERMATH: Duration = Duration::from_secs(60);

/// A carrier that refuses binds beyond so many, and counts those that it refused.
pub(crate) async fn strict_carrier(binds: usize, settings: Settings) -> Carrier {
    carrier_with(Settings { max_binds: Some(binds), ..settings }).await
}

/// How a carrier behaves that takes its time, so that windows are in use, and remembers everything.
pub(crate) fn slow(seed: u64) -> Settings {
    let span = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    Settings {
        answer_delay: span(5, 40),
        receipt_delay: span(0, 100),
        recording: Recording::Parts(1_000_000),
        seed,
        ..Settings::default()
    }
}

/// A node that serves customers of both kinds, with this number, which its parts have as `service_type`.
pub(crate) fn serving(number: usize, carrier: &Carrier, webhook: &Webhook, database: &Database<'_>) -> Plan {
    Plan::simple(carrier.address())
        .with(&format!("node.number = {number}\nupstreams.acme.service_type = '{}'", mark(number)))
        .with("log.level = 'info'")
        .account("web")
        .webhook("web", webhook)
        .shared(&database.url())
}

/// What parts that a node sends have as `service_type`.
pub(crate) fn mark(number: usize) -> String {
    format!("N{number}")
}

/// Has customers send no more, and waits until each was told the end of everything.
pub(crate) async fn settled(customers: &mut Customers, database: &Database<'_>) {
    let promises = customers.stop();
    if tokio::time::timeout(AFTERMATH, promises.all_told()).await.is_err() {
        let untold = promises.untold();
        let first: Vec<&str> = untold.iter().take(10).map(String::as_str).collect();
        let known = ["message_log", "queue", "waiting", "notice", "node_log"].map(|table| {
            let key = if table == "waiting" { "message" } else { "id" };
            let condition = format!("WHERE {key} IN ({})", first.join(", "));
            let condition = if table == "node_log" { "" } else { &condition };
            format!("{table}:\n{}", database.sql(&format!("SELECT * FROM {table} {condition}")))
        });
        panic!("after {AFTERMATH:?} {} were not told:\n{}", untold.len(), known.join("\n"));
    }
}

/// Fails if the carrier ever was asked for more binds than it was promised.
pub(crate) fn never_more_binds(carrier: &Carrier) {
    let refused = carrier.counts().binds_refused;
    assert_eq!(refused, 0, "the carrier was asked for more binds than are configured");
}

/// Every living node, as this one sees it.
pub(crate) async fn nodes(seen_by: &Gateway) -> Vec<Value> {
    let answer = seen_by.admin().get("/v1/nodes").await.ok();
    answer["nodes"].as_array().unwrap().clone()
}

/// What a node says of itself.
pub(crate) async fn itself(node: &Gateway) -> Value {
    let is_it = |view: &Value| view["this"] == true;
    nodes(node).await.into_iter().find(is_it).unwrap()
}

/// How many binds to `acme` a node keeps, by what it was seen to.
pub(crate) fn binds(view: &Value) -> usize {
    view["binds"]["acme"].as_array().map_or(0, Vec::len)
}

/// Waits until the living nodes keep these numbers of binds, in ascending order, and the carrier has them all.
pub(crate) async fn spread(seen_by: &Gateway, carrier: &Carrier, wanted: &[usize]) {
    let all: usize = wanted.iter().sum();
    let ask = async || {
        let mut kept: Vec<usize> = nodes(seen_by).await.iter().map(binds).collect();
        kept.sort_unstable();
        (kept == wanted && carrier.counts().binds == all as u64).then_some(())
    };
    eventually(&format!("binds to be spread as {wanted:?}"), ask).await;
}

/// How long a bind has stayed where it is when it moves no more: nodes look each second.
const SETTLED: Duration = Duration::from_secs(4);

/// Of two nodes, the one that keeps the only bind, and the other.
pub(crate) async fn keeper_first<'g>(
    one: &'g mut Gateway,
    other: &'g mut Gateway,
    carrier: &Carrier,
) -> (&'g mut Gateway, &'g mut Gateway) {
    within("the bind", carrier.until(|counts| counts.binds == 1)).await;
    let since: Cell<Option<(bool, Instant)>> = Cell::new(None);
    let is_kept = async || {
        let (here, there) = (binds(&itself(one).await), binds(&itself(other).await));
        let know = nodes(one).await.len() == 2 && nodes(other).await.len() == 2;
        let keeper = (know && here + there == 1).then_some(here == 1);
        if since.get().map(|(before, _)| before) != keeper {
            since.set(keeper.map(|here| (here, Instant::now())));
        }
        // A node that has just seen the other may still leave the bind to it.
        since.get().filter(|(_, at)| at.elapsed() > SETTLED).map(|(here, _)| here)
    };
    let here = eventually("one node to keep the bind", is_kept).await;
    if here { (one, other) } else { (other, one) }
}
