//! A message that waits says why; an upstream that is gone is measured no more.

use crate::harness::{Plan, carrier, eventually, free_port};
use serde_json::json;

#[tokio::test]
async fn a_message_says_that_its_carrier_is_down_and_when_it_is_tried_next() {
    let nobody = format!("127.0.0.1:{}", free_port()).parse().unwrap();
    let gateway = Plan::simple(nobody).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "hello").await;
    let message = eventually("the reason of the wait", async || {
        let message = shop.message(&id).await;
        message["error"]["detail"].as_str().is_some_and(|words| words.contains("refused")).then_some(message)
    })
    .await;
    let error = &message["error"];
    assert_eq!((&error["code"], &error["retry"]), (&json!("upstream_down"), &json!("automatic")));
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.starts_with("'acme' is down since ") && detail.contains("; next try at "), "{detail}");
    assert!(message["next_attempt_at"].as_str() >= message["created_at"].as_str(), "{message}");
    let timeline = message["timeline"].as_array().unwrap();
    assert!(timeline.iter().any(|event| event["event"] == "waits"), "{message}");
}

#[tokio::test]
async fn an_upstream_is_measured_while_it_is_declared_and_enabled() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let document = |enabled| {
        let address = carrier.address();
        json!({ "host": address.ip(), "port": address.port(), "system_id": "me", "enabled": enabled })
    };
    let measured = async |wanted: bool| {
        eventually("the series of the upstream", async || {
            let text = gateway.stranger().get("/metrics").await.ok().as_str().unwrap().to_owned();
            (text.contains("upstream=\"second\"") == wanted).then_some(text)
        })
        .await
    };
    admin.put("/v1/upstreams/second", &document(true)).await.with(201);
    let text = measured(true).await;
    assert!(text.contains("postrider_throttled_total{upstream=\"second\"} 0"), "{text}");
    admin.put("/v1/upstreams/second", &document(false)).await.ok();
    measured(false).await;
    admin.put("/v1/upstreams/second", &document(true)).await.ok();
    measured(true).await;
    admin.delete("/v1/upstreams/second").await;
    let text = measured(false).await;
    assert!(!text.contains("upstream=\"gone\"") && text.contains("postrider_store_errors_total 0"), "{text}");
}
