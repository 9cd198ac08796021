//! Rates hold over all nodes together: what an account may send, and what a carrier may be sent.

use super::company::{never_more_binds, spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Gateway, Http, Plan, eventually, within};
use postrider_simulator::carrier::{Carrier, Part, Recording, Settings};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

/// How long is measured.
const SPAN: Duration = Duration::from_secs(5);
/// Before a customer who is told to wait asks again.
const PAUSE: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accounts_rate_holds_over_two_nodes() {
    const RATE: f64 = 40.0;
    let (carrier, nodes) = two("account_rate", &format!("accounts.shop.rate = {RATE}")).await;
    let mut customers = JoinSet::new();
    for node in &nodes {
        customers.spawn(insist(node.http("shop")));
    }
    // Once each node has heard that there is demand at the other.
    let divided = async || {
        let (one, other) = tokio::join!(accepted_lately(&nodes[0]), accepted_lately(&nodes[1]));
        (one > 0.0 && other > 0.0 && one + other <= 1.1 * RATE).then_some(())
    };
    eventually("the rate to be divided", divided).await;
    let from = SystemTime::now();
    tokio::time::sleep(SPAN).await;
    let until = SystemTime::now();
    customers.shutdown().await;
    let count = among(&carrier.accepted(), from, until);
    // Each client may send its share of a second at once.
    holds(count, RATE, until.duration_since(from).unwrap(), RATE);
    never_more_binds(&carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstreams_rate_holds_over_two_nodes() {
    const RATE: f64 = 60.0;
    const COUNT: u64 = 400;
    let (carrier, nodes) = two("upstream_rate", &format!("upstreams.acme.rate = {RATE}")).await;
    for node in &nodes {
        let messages: Vec<Value> = (0..COUNT / 2).map(message).collect();
        node.http("shop").post("/v1/messages", &json!({ "messages": messages })).await.accepted();
    }
    let parts = within("all to come", carrier.accepted_at_least(COUNT)).await;
    // From when both nodes send.
    let other = parts.iter().find(|part| part.bind != parts[0].bind);
    let first = other.expect("both nodes send").at;
    for second in 0..4 {
        let from = first + Duration::from_secs(second);
        let count = among(&parts, from, from + Duration::from_secs(1));
        // Each of two nodes may be a part and its share of the 50 milliseconds ahead that it may send at once.
        holds(count, RATE, Duration::from_secs(1), 2.0 * (1.0 + 0.05 * RATE));
    }
    never_more_binds(&carrier);
}

/// Two nodes, each with one of two binds.
async fn two(database: &'static str, lines: &str) -> (Carrier, [Gateway; 2]) {
    let settings = Settings { recording: Recording::Parts(100_000), ..Settings::default() };
    let carrier = strict_carrier(2, settings).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2\nlog.level = 'info'")
        .with(lines)
        .shared(&Database::new(database).url());
    let nodes = [plan.clone().start().await, plan.start().await];
    spread(&nodes[0], &carrier, &[1, 1]).await;
    (carrier, nodes)
}

fn message(number: u64) -> Value {
    json!({ "to": format!("+49170{number:07}"), "text": "at its rate" })
}

/// Sends one message after the other, and insists when it is told to wait.
async fn insist(api: Http) {
    for number in 0.. {
        let answer = api.post("/v1/messages", &message(number)).await;
        assert!(matches!(answer.status, 202 | 429), "{}", answer.body);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Messages a second that a node accepted during the last second.
async fn accepted_lately(node: &Gateway) -> f64 {
    let before = node.metric("postrider_accepted_total").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    node.metric("postrider_accepted_total").await - before
}

fn among(parts: &[Part], from: SystemTime, until: SystemTime) -> usize {
    parts.iter().filter(|part| (from..until).contains(&part.at)).count()
}

/// Fails unless it is about as many as the rate allows, and no more but for the slack.
fn holds(count: usize, rate: f64, span: Duration, slack: f64) {
    let (count, allowed) = (count as f64, rate * span.as_secs_f64());
    println!("{count} of {allowed:.0}");
    assert!(count <= allowed + slack, "{count} parts, where {allowed:.0} are allowed");
    assert!(count >= 0.7 * allowed, "{count} parts only, where {allowed:.0} are allowed");
}
