//! An emergency broadcast: armed, launched by one, approved by another, followed by network, and stopped.

use crate::harness::{Http, Plan, carrier, eventually};
use serde_json::{Value, json};

const KEYS: &str = "[accounts.shop]\nkeys = [{ name = 'ann', key = 'the-first-key-of-two-persons' }, \
                    { name = 'bob', key = 'the-other-key-of-two-persons' }]";

async fn until(http: &Http, path: &str, state: &str) -> Value {
    let is_so = async || {
        let shown = http.get(path).await.ok();
        (shown["state"] == state).then_some(shown)
    };
    eventually(state, is_so).await
}

/// A broadcast to so many, armed.
async fn armed(ann: &Http, many: u32) -> String {
    let made = ann.post("/v1/broadcasts", &json!({ "text": "Go uphill now" })).await.with(201);
    let path = format!("/v1/broadcasts/{}", made["id"].as_str().unwrap());
    let rows: String = (0..many).map(|n| format!("+4477009{n:05}\n")).collect();
    let added = format!("to\n{rows}").into_bytes();
    ann.post_octets(&format!("{path}/recipients"), "text/csv", added).await.ok();
    ann.post(&format!("{path}/launch"), &json!({})).await.with(409);
    ann.post(&format!("{path}/arm"), &json!({})).await.ok();
    until(ann, &path, "armed").await;
    path
}

#[tokio::test]
async fn two_persons_send_it_and_one_stops_it() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).with(KEYS).start().await;
    let ann = gateway.http("shop").with_key(Some("the-first-key-of-two-persons"));
    let bob = gateway.http("shop").with_key(Some("the-other-key-of-two-persons"));
    ann.post("/v1/broadcasts", &json!({ "text": "x", "pace": { "per_minute": 1 } })).await.with(422);

    let path = armed(&ann, 30).await;
    ann.post(&format!("{path}/launch"), &json!({})).await.ok();
    ann.post(&format!("{path}/approve"), &json!({})).await.with(403);
    assert_eq!(carrier.accepted().len(), 0);
    bob.post(&format!("{path}/approve"), &json!({})).await.ok();
    until(&ann, &path, "done").await;
    let delivered = async || {
        let shown = ann.get(&format!("{path}/networks")).await.ok();
        (shown["networks"][0]["delivered"] == 30).then_some(shown)
    };
    let shown = eventually("all to be delivered", delivered).await;
    assert_eq!(shown["networks"][0]["country"], "GB");

    // A link that bears one a second: most wait when it is stopped.
    gateway.change("[upstreams.acme]\nrate = 1.0");
    gateway.admin().post("/v1/reload", &json!({})).await.ok();
    let path = armed(&ann, 300).await;
    ann.post(&format!("{path}/launch"), &json!({})).await.ok();
    bob.post(&format!("{path}/approve"), &json!({})).await.ok();
    until(&ann, &path, "done").await;
    let late = ann.post(&format!("{path}/stop"), &json!({})).await.ok();
    assert_eq!(late["state"], "canceling", "all is handed in, and waits");
    until(&ann, &path, "canceled").await;
    let settled = async || {
        let shown = ann.get(&format!("{path}/results")).await.ok();
        (shown["under_way"] == 0).then_some(shown)
    };
    let ended = eventually("nothing to be under way", settled).await["ended"].clone();
    assert!(ended["canceled"].as_u64().unwrap() > 200, "{ended}");
    gateway.stop().await;
}
