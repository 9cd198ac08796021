//! An account sees its own messages and nobody else's, at every door.

use crate::harness::{Plan, Webhook, carrier, text_to};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{BindMode, CancelSm, QuerySm, ReplaceSm};
use serde_json::{Value, json};

#[tokio::test]
async fn another_accounts_message_is_not_there_over_http() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("other").start().await;
    let (shop, other) = (gateway.http("shop"), gateway.http("other"));
    let message = json!({ "to": "+491700000001", "text": "psst", "reference": "r1" });
    let id = shop.send_with(message.clone()).await;
    shop.message_in(&id, "delivered").await;
    let far = json!({ "to": "+491700000001", "text": "psst", "send_at": "2027-06-01T00:00:00Z" });
    let waiting = shop.send_with(far).await;

    for id in [&id, &waiting] {
        let path = format!("/v1/messages/{id}");
        let missing = other.get("/v1/messages/1").await;
        let theirs = other.get(&path).await;
        assert_eq!((theirs.status, &theirs.body["detail"]), (404, &missing.body["detail"]));
        assert_eq!(other.delete(&path).await.status, 404);
    }
    for query in ["", "?to=%2B491700000001", "?reference=r1", "?state=delivered"] {
        let list = other.get(&format!("/v1/messages{query}")).await.ok();
        assert_eq!(list["messages"], json!([]), "{query}");
    }
    assert_eq!(shop.message(&waiting).await["state"], "queued");
    assert_eq!(shop.get("/v1/messages").await.ok()["messages"].as_array().unwrap().len(), 2);

    // An administrator sees every message, and no text.
    let seen = gateway.admin().message(&id).await;
    assert_eq!((&seen["account"], seen.get("text")), (&json!("shop"), None));
    assert!(!gateway.admin().get("/v1/messages").await.ok().to_string().contains("psst"));
    assert!(!gateway.log().contains("psst") && !gateway.log().contains("491700000001"));
}

#[tokio::test]
async fn another_accounts_message_is_not_there_over_smpp() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("other").start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let mut other = gateway.smpp("other", BindMode::Transceiver).await;
    let far = postrider_wire::smpp::pdu::SubmitSm {
        schedule_delivery_time: b"000001000000000R",
        ..text_to("+491700000001", b"tomorrow")
    };
    let waiting = shop.submit(&far).await;
    let id = waiting.as_bytes();

    let query = QuerySm { message_id: id, ..QuerySm::default() };
    let replace = ReplaceSm { message_id: id, short_message: b"x", ..ReplaceSm::default() };
    let cancel = CancelSm { message_id: id, ..CancelSm::default() };
    assert_eq!(other.request(&query).await.status(), Status::RINVMSGID);
    assert_eq!(other.request(&replace).await.status(), Status::RINVMSGID);
    assert_eq!(other.request(&cancel).await.status(), Status::RINVMSGID);
    assert_eq!(shop.request(&query).await.status(), Status::ROK);

    // Receipts go to whose message it is, and to nobody else who listens.
    let sent = shop.submit(&text_to("+491700000001", b"x")).await;
    assert_eq!(shop.receipt().await.id, sent);
    let sent = other.submit(&text_to("+491700000001", b"x")).await;
    assert_eq!(other.receipt().await.id, sent);
}

#[tokio::test]
async fn each_account_is_told_at_its_own_webhook() {
    let carrier = carrier().await;
    let (mut mine, mut theirs) = (Webhook::listen().await, Webhook::listen().await);
    let plan = Plan::simple(carrier.address()).account("other");
    let gateway = plan.webhook("shop", &mine).webhook("other", &theirs).start().await;
    let ids = [
        gateway.http("shop").send("+491700000001", "x").await,
        gateway.http("other").send("+491700000001", "x").await,
    ];
    for (webhook, id) in [&mut mine, &mut theirs].into_iter().zip(&ids) {
        assert_eq!(webhook.next().await.body["data"]["id"], Value::from(id.as_str()));
        assert!(webhook.waiting().is_none());
    }
}
