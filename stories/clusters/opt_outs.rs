//! A STOP that one node hears holds at the other before it is acknowledged.

use super::company::{spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Plan, eventually, within};
use postrider_simulator::carrier::{Carrier, Settings};
use serde_json::{Value, json};

/// Texts of the campaign that a handset got.
fn offers(carrier: &Carrier, handset: &str) -> usize {
    let to_it = carrier.accepted().into_iter().filter(|part| part.destination == *handset);
    to_it.filter(|part| part.text().starts_with("offer")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_wins_against_a_campaign_on_two_nodes() {
    let carrier = strict_carrier(2, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2\nupstreams.acme.rate = 200.0\n[numbers.60006]\naccount = 'shop'")
        .shared(&Database::new("opt_outs").url());
    let nodes = [plan.clone().start().await, plan.start().await];
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let handset = |n: usize| format!("4917000003{n:02}");
    let message =
        |n: usize| json!({ "to": handset(n % 10), "text": format!("offer {n}"), "class": "marketing" });
    let messages: Vec<Value> = (0..500).map(message).collect();
    for _ in 0..2 {
        for node in &nodes {
            node.http("shop").post("/v1/messages", &json!({ "messages": messages })).await.accepted();
        }
    }
    let mut before = Vec::new();
    for n in 0..10 {
        let (handset, taken) = (handset(n), carrier.counts().inbound_taken);
        // By the link of whichever node.
        assert!(carrier.say_to_anyone(&handset, "60006", "STOP").is_some());
        within("the acknowledgement", carrier.until(|counts| counts.inbound_taken > taken)).await;
        before.push((offers(&carrier, &handset), handset));
    }
    for node in &nodes {
        let problem = node.http("shop").post("/v1/messages", &message(0)).await.with(422);
        assert_eq!(problem["code"], "opted_out");
    }
    eventually("the end of the campaign", async || {
        let page = nodes[0].http("shop").get("/v1/messages?state=queued&limit=1").await.ok();
        page["messages"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    for (before, handset) in before {
        assert_eq!(offers(&carrier, &handset), before, "{handset} got more after its STOP was acknowledged");
    }
    let ended = nodes[1].http("shop").get("/v1/messages?state=rejected&error=opted_out&limit=1").await.ok();
    assert!(!ended["messages"].as_array().unwrap().is_empty(), "the campaign was not over");
    let lifted =
        nodes[1].http("shop").delete(&format!("/v1/opt-outs/{}?reason=asked", handset(0))).await.ok();
    assert_eq!(lifted["lifted"], 1);
    nodes[0].http("shop").send(&handset(0), "welcome back").await;
}
