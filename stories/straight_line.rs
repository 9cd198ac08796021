//! The straight line: a message goes from a customer to a handset, and the customer is told.

use crate::harness::{Plan, Webhook, carrier, text_to};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::json;

#[tokio::test]
async fn what_comes_by_http_is_delivered_and_told_by_webhook() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = Plan::simple(carrier.address()).webhook("shop", &webhook).start().await;
    let shop = gateway.http("shop");

    let id = shop.send("+491700000001", "Grüße von der Post").await;

    let parts = carrier.accepted_at_least(1).await;
    assert_eq!(parts[0].text(), "Grüße von der Post");
    assert_eq!(parts[0].destination, "491700000001");

    let told = webhook.until(|told| told.body["type"] == "message.delivered").await;
    assert_eq!(told.body["data"]["id"], id.as_str());
    let message = shop.message(&id).await;
    assert_eq!(message["state"], "delivered");
    let timeline = message["timeline"].as_array().unwrap();
    let events: Vec<&str> = timeline.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events[..4], ["accepted", "routed", "sent", "delivered"], "{message}");
    assert_eq!(gateway.metric("postrider_messages_final_total{state=\"delivered\"}").await, 1.0);
    assert_eq!(gateway.metric("postrider_dlr_latency_seconds_count").await, 1.0);
}

#[tokio::test]
async fn every_metric_says_what_it_is() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "one").await;
    shop.message_in(&id, "delivered").await;
    shop.post("/v1/messages", &json!({ "to": "07", "text": "x" })).await.with(422);

    let text = gateway.stranger().get("/metrics").await.ok();
    let lines: Vec<&str> = text.as_str().unwrap().lines().collect();
    let kinds = lines.iter().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let unexplained: Vec<&str> =
        kinds.filter(|name| !lines.iter().any(|line| line.starts_with(&format!("# HELP {name} ")))).collect();
    assert_eq!(unexplained, Vec::<&str>::new());
    assert!(lines.iter().any(|line| line.starts_with("# TYPE postrider_rejected_total ")));
}

#[tokio::test]
async fn what_comes_by_smpp_is_delivered_and_told_by_receipt() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;

    let id = shop.submit(&text_to("+491700000001", b"Good morning")).await;

    let receipt = shop.receipt().await;
    assert_eq!((receipt.id.as_str(), receipt.stat.as_str()), (id.as_str(), "DELIVRD"));
    assert_eq!(receipt.receipted_message_id, Some(id));
    assert_eq!(carrier.accepted()[0].text(), "Good morning");
    shop.unbind().await;
}
