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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_in_the_background_goes_on_at_another_node() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let database = Database::new("actions");
    let plan = Plan::simple(carrier.address()).shared(&database.url());
    let (mut one, other) = (plan.clone().start().await, plan.start().await);
    fill(&one).await;
    let cancel = json!({
        "action": "cancel", "select": { "account": "shop" }, "reason": "wrong price", "dry_run": false, "background": true,
    });
    let begun = one.admin().post("/v1/messages/actions", &cancel).await.with(202);
    let at = format!("/v1/messages/actions/{}", begun["id"].as_str().unwrap());
    // The other one tells of it as well. It dies before all of them are canceled.
    eventually("the action to be known", async || {
        let job = other.admin().get(&at).await.ok();
        (job["state"] != "counting").then_some(())
    })
    .await;
    one.kill().await;
    let job = eventually("the end of the action", async || {
        let job = other.admin().get(&at).await.ok();
        (!["counting", "acting"].contains(&job["state"].as_str()?)).then_some(job)
    })
    .await;
    assert_eq!((&job["state"], &job["total"]), (&json!("done"), &json!(MESSAGES)), "{job}");
    let left = database.sql("SELECT count(*) FROM queue");
    let canceled = database.sql("SELECT count(*) FROM outcome");
    assert_eq!((left.trim(), canceled.trim()), ("0", &*MESSAGES.to_string()), "{job}");
    let log = other.admin().get("/v1/audit?action=messages.action").await.ok().to_string();
    assert_eq!(log.matches("messages.action").count(), 2, "it begins once and ends once: {log}");
}
