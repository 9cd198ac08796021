//! What is begun with many messages at one node is gone on with by another when that one dies.

use super::company::strict_carrier;
use super::shared::Database;
use crate::harness::{Gateway, Plan, eventually};
use postrider_simulator::carrier::Settings;
use serde_json::{Value, json};

const MESSAGES: usize = 5_000;

/// Has all of the messages wait in a pause.
async fn fill(node: &Gateway) {
    let hold = json!({ "accounts": ["shop"], "reason": "a test" });
    node.admin().put("/v1/pauses/all", &hold).await.with(201);
    let message = |n: usize| json!({ "to": format!("+4917000{n:05}"), "text": "an offer" });
    let all: Vec<Value> = (0..MESSAGES).map(message).collect();
    for some in all.chunks(500) {
        node.http("shop").post("/v1/messages", &json!({ "messages": some })).await.accepted();
    }
}

/// Begins to cancel all of the messages in the background; returns the address of the action.
async fn begin_to_cancel(node: &Gateway) -> String {
    let cancel = json!({
        "action": "cancel", "select": { "account": "shop" }, "reason": "wrong price", "dry_run": false, "background": true,
    });
    let begun = node.admin().post("/v1/messages/actions", &cancel).await.with(202);
    format!("/v1/messages/actions/{}", begun["id"].as_str().unwrap())
}

/// Which of the nodes works on it, once that has canceled some messages.
async fn worker(nodes: &[Gateway]) -> usize {
    eventually("the first messages to be canceled", async || {
        for (place, node) in nodes.iter().enumerate() {
            if node.metric("postrider_action_messages_total{result=\"done\"}").await > 0.0 {
                return Some(place);
            }
        }
        None
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_in_the_background_goes_on_at_another_node() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let database = Database::new("actions");
    let plan = Plan::simple(carrier.address()).shared(&database.url());
    let mut nodes = [plan.clone().start().await, plan.start().await];
    fill(&nodes[0]).await;
    let at = begin_to_cancel(&nodes[0]).await;
    let dies = worker(&nodes).await;
    nodes[dies].kill().await;
    let other = &nodes[1 - dies];
    let taken_over = async || (other.admin().get(&at).await.ok()["interrupted"] == 1).then_some(());
    eventually("the other node to take it over", taken_over).await;
    let job = eventually("the end of the action", async || {
        let job = other.admin().get(&at).await.ok();
        (job["state"] != "acting").then_some(job)
    })
    .await;
    assert_eq!((&job["state"], &job["total"]), (&json!("done"), &json!(MESSAGES)), "{job}");
    let left = database.sql("SELECT count(*) FROM queue");
    let canceled = database.sql("SELECT count(*) FROM outcome");
    assert_eq!((left.trim(), canceled.trim()), ("0", &*MESSAGES.to_string()), "{job}");
    let log = other.admin().get("/v1/audit?action=messages.action").await.ok().to_string();
    assert_eq!(log.matches("messages.action").count(), 2, "it begins once and ends once: {log}");
}
