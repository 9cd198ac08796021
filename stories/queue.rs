//! Many messages at once: what a pause held goes on after it, what waits for an attempt goes at once, and what failed is sent again.

use crate::harness::{Gateway, Plan, carrier, carrier_with, eventually};
use postrider_simulator::carrier::{Answer, Carrier, Fate, Settings};
use postrider_wire::smpp::Status;
use serde_json::{Value, json};

const HANDSET: &str = "+491700000001";

/// A carrier that refuses messages to [`HANDSET`] so.
async fn refusing(status: Status) -> Carrier {
    let fates = [("491700000001".to_owned(), Fate::answered(Answer::Refuse(status)))].into();
    carrier_with(Settings { fates, ..Settings::default() }).await
}

fn take_all(carrier: &Carrier) {
    carrier.change(|settings| settings.fates.clear());
}

/// Does an action with the messages of a selection.
async fn act(gateway: &Gateway, action: Value) -> Value {
    gateway.admin().post("/v1/messages/actions", &action).await.ok()
}

/// Waits until the timeline of a message says this.
async fn told(gateway: &Gateway, id: &str, words: &str) {
    eventually("the timeline to say it", async || {
        let message = gateway.http("shop").message(id).await;
        message["timeline"].to_string().contains(words).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_pause_held_goes_on_when_it_is_deleted() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let pause = json!({ "reason": "wrong price", "countries": ["DE"] });
    assert!(admin.put("/v1/pauses/price", &pause).await.status < 300);
    let held = shop.send(HANDSET, "hello").await;
    told(&gateway, &held, "price: wrong price").await;
    let british = shop.send("+447700900123", "hello").await;
    shop.message_in(&british, "delivered").await;
    assert_eq!(shop.message(&held).await["state"], "queued");
    assert!(admin.delete("/v1/pauses/price").await.status < 300);
    shop.message_in(&held, "delivered").await;
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_goes_at_once_by_selection() {
    let carrier = refusing(Status::RSYSERR).await;
    let plan = Plan::simple(carrier.address()).with("upstreams.acme.retry.waits = ['1h']");
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    let id = shop.send(HANDSET, "hello").await;
    told(&gateway, &id, "0x00000008").await;
    take_all(&carrier);
    let select = |country| json!({ "account": "shop", "upstream": "acme", "countries": [country] });
    let dry = act(&gateway, json!({ "action": "retry_now", "select": select("DE") })).await;
    assert_eq!((&dry["selected"], &dry["done"], &dry["dry_run"]), (&json!(1), &json!(0), &json!(true)));
    let others = json!({ "action": "retry_now", "select": select("GB"), "dry_run": false });
    assert_eq!(act(&gateway, others).await["selected"], 0);
    let done =
        act(&gateway, json!({ "action": "retry_now", "select": select("DE"), "dry_run": false })).await;
    assert_eq!((&done["selected"], &done["done"], &done["left"]), (&json!(1), &json!(1), &json!(0)));
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn what_failed_is_sent_again_once_by_selection() {
    let carrier = refusing(Status::RINVDSTADR).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let dead = shop.send(HANDSET, "hello").await;
    shop.message_in(&dead, "rejected").await;
    let fine = shop.send("+447700900123", "hello").await;
    shop.message_in(&fine, "delivered").await;
    take_all(&carrier);
    let resend = json!({
        "action": "resend", "select": { "state": "rejected", "error": "invalid_recipient", "upstream": "acme" },
        "dry_run": false,
    });
    let done = act(&gateway, resend.clone()).await;
    assert_eq!((&done["selected"], &done["done"]), (&json!(1), &json!(1)));
    eventually("the second message", async || (carrier.counts().accepted == 2).then_some(())).await;
    let again = act(&gateway, resend).await;
    assert_eq!((&again["selected"], &again["done"], &again["left"]), (&json!(1), &json!(0), &json!(1)));
    assert_eq!(shop.message(&dead).await["state"], "rejected", "the first one stays as it ended");
}
