//! A pumping attack: codes to sequential numbers of one prefix are held, while honest traffic flows.

use crate::harness::{Browser, Gateway, Plan, carrier, eventually};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};

const RULES: &str = "[policies.otp]\nfraud = { preset = 'standard' }";

fn code(to: u64) -> Value {
    json!({ "to": format!("+{to}"), "text": "Your code is 123456", "class": "otp" })
}

/// Sends codes to numbers that follow each other, and returns their identifiers.
async fn attack(gateway: &Gateway, first: u64, count: u64) -> Vec<String> {
    let messages: Vec<Value> = (first..first + count).map(code).collect();
    let answer = gateway.http("shop").post("/v1/messages", &json!({ "messages": messages })).await.accepted();
    let messages = answer["messages"].as_array().unwrap();
    messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

async fn start(carrier: &Carrier) -> Gateway {
    Plan::simple(carrier.address()).account("desk").with(RULES).start().await
}

async fn held(gateway: &Gateway) -> Vec<String> {
    let list = gateway.admin().get("/v1/messages?held_by=*&limit=100").await.ok();
    let messages = list["messages"].as_array().unwrap();
    messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_attack_is_held_while_honest_traffic_flows() {
    let carrier = carrier().await;
    let gateway = start(&carrier).await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let attack = attack(&gateway, 447_700_900_100, 30).await;
    for id in attack.iter().take(10) {
        shop.message_in(id, "delivered").await;
    }
    assert_eq!(held(&gateway).await.len(), 20);
    let one = shop.message(&attack[29]).await;
    assert_eq!((&one["state"], &one["error"]["code"]), (&json!("queued"), &json!("fraud_suspected")));
    assert!(one["held_by"].as_str().unwrap().starts_with("policies.otp.fraud."), "{one}");
    assert_eq!(shop.get("/v1/messages?held_by=policies.other").await.ok()["messages"], json!([]));

    // Codes to others, other classes and other accounts go.
    for number in [447_911_123_456_u64, 447_822_654_321] {
        let id = shop.send_with(code(number)).await;
        shop.message_in(&id, "delivered").await;
    }
    let offer = json!({ "to": "+447700900131", "text": "an offer", "class": "marketing" });
    let id = shop.send_with(offer).await;
    shop.message_in(&id, "delivered").await;
    let id = desk.send_with(code(447_700_900_131)).await;
    desk.message_in(&id, "delivered").await;

    let explained = json!({ "to": "+447700900130", "text": "x", "class": "otp" });
    let explained = shop.post("/v1/messages/explain", &explained).await.ok();
    assert_eq!(explained["held"]["code"], "fraud_suspected", "{explained}");
    let held_so_far = gateway.metric("postrider_held_total{reason=\"fraud_suspected\"}").await;
    assert!(held_so_far >= 20.0, "{held_so_far}");
}

#[tokio::test]
async fn what_is_held_is_released_singly_and_canceled_by_selector() {
    let carrier = carrier().await;
    let gateway = start(&carrier).await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let attack = attack(&gateway, 447_700_900_100, 20).await;
    let genuine = &attack[15];
    let release = json!({ "action": "release", "select": { "ids": [genuine] }, "reason": "a customer", "dry_run": false });
    assert!(shop.post("/v1/messages/actions", &release).await.status >= 400, "not by the account itself");
    let dry = json!({ "action": "release", "select": { "countries": ["GB"] } });
    assert_eq!(admin.post("/v1/messages/actions", &dry).await.ok()["selected"], 10);
    assert_eq!(admin.post("/v1/messages/actions", &release).await.ok()["done"], 1);
    let released = shop.message_in(genuine, "delivered").await;
    let timeline = released["timeline"].to_string();
    assert!(timeline.contains("fraud_suspected") && timeline.contains("released: a customer"), "{timeline}");

    // By the console, and then by a selector.
    let mut browser = Browser::new(&gateway.url());
    browser.sign_in(crate::harness::ADMIN_KEY).await;
    let other = &attack[16];
    browser.open("/console/held").await.with(200).says(other).says("policies.otp.fraud");
    let fields = [("id", &**other), ("rule", ""), ("action", "release")];
    assert!(browser.submit("/console/held", &fields).await.leads_to().contains("done=released"));
    shop.message_in(other, "delivered").await;
    let cancel = json!({ "action": "cancel", "select": { "held_by": "policies.otp" }, "reason": "pumping", "dry_run": false });
    assert_eq!(admin.post("/v1/messages/actions", &cancel).await.ok()["done"], 8);
    eventually("the end", async || (shop.message(&attack[19]).await["state"] == "canceled").then_some(()))
        .await;
    assert!(held(&gateway).await.is_empty());
    assert_eq!(carrier.counts().accepted, 12);
}

#[tokio::test]
async fn applications_tell_conversions() {
    let carrier = carrier().await;
    let gateway = start(&carrier).await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let id = shop.send_with(code(447_700_900_123)).await;
    let path = format!("/v1/messages/{id}/conversion");
    assert_eq!(shop.post(&path, &json!({})).await.status, 204);
    assert_eq!(desk.post(&path, &json!({})).await.status, 404, "another account's");
}

#[tokio::test]
async fn a_rule_may_refuse_at_once() {
    let carrier = carrier().await;
    let rules = "[policies.otp]\nfraud = { preset = 'standard', action = 'refuse' }";
    let gateway = Plan::simple(carrier.address()).with(rules).start().await;
    let shop = gateway.http("shop");
    for _ in 0..5 {
        shop.post("/v1/messages", &code(447_700_900_100)).await.accepted();
    }
    let refused = shop.post("/v1/messages", &code(447_700_900_100)).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("fraud_suspected")), "{}", refused.body);
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("policies.otp.fraud.per_number: more than 5 messages in 10m"), "{detail}");
    assert_eq!(held(&gateway).await, Vec::<String>::new());
}
