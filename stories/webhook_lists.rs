//! A webhook that asks for several events in one post gets lists, each of which succeeds or fails as a whole.

use crate::harness::{Gateway, Plan, Told, Webhook, carrier, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn start(webhook: &Webhook, address: std::net::SocketAddr) -> Gateway {
    let plan = Plan::simple(address).webhook("shop", webhook);
    plan.with("[numbers.60006]\naccount = 'shop'\n[accounts.shop.webhook]\nbatch = 100").start().await
}

/// The events of a list.
fn events(told: &Told) -> &[Value] {
    assert_eq!(told.body["type"], "events");
    told.body["data"]["events"].as_array().unwrap()
}

fn ids(told: &Told) -> BTreeSet<String> {
    events(told).iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_failed_list_is_posted_again_as_it_was() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = start(&webhook, carrier.address()).await;
    webhook.answer_with(500);
    let messages: Vec<Value> =
        (0..50).map(|n| json!({ "to": format!("+4917000000{n:02}"), "text": "x" })).collect();
    let answer = gateway.http("shop").post("/v1/messages", &json!({ "messages": messages })).await.accepted();
    let sent: BTreeSet<String> = answer["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();

    let (mut failed, mut told) = (BTreeSet::new(), BTreeSet::new());
    while told.len() < sent.len() {
        let list = webhook.next().await;
        told.extend(ids(&list));
        failed.insert((list.header("webhook-id").to_owned(), list.raw.clone()));
    }
    assert_eq!(told, sent);
    assert!(failed.len() < sent.len(), "no list holds several events");
    let first = serde_json::from_slice::<Value>(&failed.first().unwrap().1).unwrap();
    let event = &first["data"]["events"][0];
    assert_eq!((&event["type"], &event["id"]), (&json!("message.delivered"), &event["data"]["id"]));

    webhook.answer_with(204);
    for _ in 0..failed.len() {
        let list = webhook.until(|told| told.answered == 204).await;
        let again = (list.header("webhook-id").to_owned(), list.raw.clone());
        assert!(failed.contains(&again), "another list: {}", list.body);
    }
    let shown = async || {
        let message = gateway.http("shop").message(sent.first().unwrap()).await;
        message["timeline"].to_string().contains("204").then_some(())
    };
    eventually("the attempt in the timeline", shown).await;
}

#[tokio::test]
async fn a_reply_in_the_answer_to_a_list_names_its_message() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = start(&webhook, carrier.address()).await;
    webhook.answer_with(500);
    carrier.say("postrider", "491700000001", "60006", "Hello");
    let list = webhook.next().await;
    let id = events(&list)[0]["data"]["id"].as_str().unwrap();
    let answer = json!({ "messages": [{ "reply_to": id, "text": "Thanks" }, { "text": "for nobody" }] });
    webhook.answer_in("application/json", &answer.to_string());
    let replies = async || {
        let list = gateway.http("shop").get("/v1/messages").await.ok();
        let messages = list["messages"].as_array().unwrap().clone();
        (!messages.is_empty()).then_some(messages)
    };
    let replies = eventually("the reply", replies).await;
    assert_eq!((replies.len(), &replies[0]["text"]), (1, &json!("Thanks")));
}

#[tokio::test]
async fn a_test_event_comes_in_a_list_too() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = start(&webhook, carrier.address()).await;
    let answer = gateway.admin().post("/v1/accounts/shop/webhook/test", &Value::Null).await.ok();
    let list = webhook.next().await;
    assert_eq!((&answer["delivered"], &answer["id"]), (&json!(true), &json!(list.header("webhook-id"))));
    assert_eq!(events(&list)[0]["type"], "webhook.test");
}
