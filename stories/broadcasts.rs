//! An emergency broadcast: armed, launched by one, approved by another, followed by network, and stopped.

use crate::harness::{Http, Plan, carrier, carrier_with, eventually};
use postrider_simulator::carrier::{Delay, Settings};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

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
async fn armed(ann: &Http, many: u32, wanted: &Value) -> String {
    let made = ann.post("/v1/broadcasts", wanted).await.with(201);
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

    let plain = json!({ "text": "Go uphill now" });
    let path = armed(&ann, 30, &plain).await;
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
    let path = armed(&ann, 300, &plain).await;
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

#[tokio::test]
async fn those_without_a_receipt_are_written_to_by_another_upstream() {
    // One carrier takes everything and sends no receipt within the hour.
    let silent =
        carrier_with(Settings { receipt_delay: Delay { least: HOUR, most: HOUR }, ..Settings::default() })
            .await;
    let other = carrier().await;
    let plan = Plan::new().upstream("acme", silent.address()).upstream("other", other.address());
    let plan = plan.route("world", "", &["acme", "other"]).account("shop").with(KEYS);
    let mut gateway = plan.start().await;
    let ann = gateway.http("shop").with_key(Some("the-first-key-of-two-persons"));
    let bob = gateway.http("shop").with_key(Some("the-other-key-of-two-persons"));

    let wanted =
        json!({ "text": "Go uphill now", "fallback": { "after": "2s", "text": "Once more: go uphill" } });
    let first = armed(&ann, 30, &wanted).await;
    ann.post(&format!("{first}/launch"), &json!({})).await.ok();
    bob.post(&format!("{first}/approve"), &json!({})).await.ok();
    until(&ann, &first, "done").await;
    let shown = ann.get(&first).await.ok();
    assert_eq!((&shown["fallback"]["after"], silent.accepted().len()), (&json!("2s"), 30));

    let begun = async || {
        let fallback = ann.get(&first).await.ok()["fallback"].clone();
        (fallback["state"] == "begun").then(|| fallback["broadcast"].as_str().unwrap().to_owned())
    };
    let second = format!("/v1/broadcasts/{}", eventually("the fallback to begin", begun).await);
    let shown = until(&ann, &second, "done").await;
    assert_eq!((&shown["accepted"], &shown["launched_by"]), (&json!(30), &json!("shop/ann")));
    let earlier = first.rsplit('/').next().unwrap();
    assert_eq!(shown["audience"]["not_reached_of"], json!({ "broadcast": earlier }));
    let delivered = async || {
        let results = ann.get(&format!("{second}/results")).await.ok();
        (results["ended"]["delivered"] == 30).then_some(())
    };
    eventually("all to be reached by the other carrier", delivered).await;
    assert_eq!((silent.accepted().len(), other.accepted().len()), (30, 30));
    gateway.stop().await;
}
