//! Personal data goes when its time is over, or when somebody asks for it, and who saw it or removed it is on record.

use crate::harness::{Plan, carrier, carrier_with, text_to};
use postrider_simulator::carrier::{Fate, Settings, State};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_text_is_gone_when_its_message_has_ended() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address())
        .account("desk")
        .with("accounts.shop.retention.redact = 'ended'\naccounts.desk.retention.redact = 'at_once'")
        .start()
        .await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let ended = shop.send("+491700000001", "code 1234").await;
    let message = shop.message_in(&ended, "delivered").await;
    assert_eq!((&message["text"], &message["redacted"]), (&Value::Null, &json!(true)));
    assert_eq!(message["parts"], 1);
    let send_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let later = json!({ "to": "+491700000001", "text": "later 4711", "send_at": send_at.to_string() });
    let hidden = desk.send_with(later).await;
    let message = desk.message(&hidden).await;
    assert_eq!((&message["state"], &message["text"]), (&json!("queued"), &Value::Null));
    assert_eq!(message["redacted"], true);
    assert!(gateway.books().holds("later 4711"), "it is still to be sent");
    desk.delete(&format!("/v1/messages/{hidden}")).await.ok();
    assert!(!gateway.books().holds("later 4711") && !gateway.books().holds("code 1234"));
}

#[tokio::test]
async fn a_text_that_failed_stays_where_only_delivered_ones_go() {
    let undelivered = Fate::ends(&[State::Undeliverable]);
    let fates = [("491700000009".to_owned(), undelivered)].into();
    let carrier = carrier_with(Settings { fates, ..Settings::default() }).await;
    let redact = "accounts.shop.retention.redact = 'delivered'";
    let gateway = Plan::simple(carrier.address()).with(redact).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    client.submit(&text_to("491700000001", b"it arrives")).await;
    client.receipt().await;
    client.submit(&text_to("491700000009", b"it fails")).await;
    client.receipt().await;
    assert!(!gateway.books().holds("it arrives") && gateway.books().holds("it fails"));
}
