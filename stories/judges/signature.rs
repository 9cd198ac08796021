//! The verifier of Standard Webhooks, written by those who wrote the specification, accepts our signature.

use super::tools;
use crate::harness::{Plan, Told, Webhook, carrier};
use serde_json::{Map, Value, json};

#[tokio::test]
async fn standard_webhooks_accepts_our_signature() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let numbers = "[numbers.60006]\naccount = 'shop'";
    let gateway = Plan::simple(carrier.address()).webhook("shop", &webhook).with(numbers).start().await;
    gateway.http("shop").send("+491700000001", "Grüße").await;
    verified(&webhook.next().await).await;
    carrier.say("postrider", "491700000001", "60006", "Grüße, 😀");
    let told = webhook.until(|told| told.body["type"] == "message.received").await;
    verified(&told).await;
}

/// Has the libraries verify a post.
async fn verified(told: &Told) {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Map<String, Value> =
        names.into_iter().map(|name| (name.to_owned(), told.header(name).into())).collect();
    let body = String::from_utf8(told.raw.to_vec()).unwrap();
    let received = json!({ "secret": Webhook::secret(), "headers": headers, "body": body });
    tools::run(tools::python("webhook_verifier.py"), &received).await;
    tools::run(tools::node("webhook_verifier.js"), &received).await;
}
