//! Many messages at once: what a pause held goes on after it, what waits for an attempt goes at once, and what failed is sent again. What
//! is begun in the background outlives the node that works on it.

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

/// A gateway at which this many messages of `shop` wait in a pause.
async fn full_of(messages: usize) -> (Carrier, Gateway) {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let hold = json!({ "accounts": ["shop"], "reason": "a test" });
    gateway.admin().put("/v1/pauses/all", &hold).await.with(201);
    let message = |n: usize| json!({ "to": format!("+4917000{n:05}"), "text": "an offer" });
    let all: Vec<Value> = (0..messages).map(message).collect();
    for some in all.chunks(500) {
        gateway.http("shop").post("/v1/messages", &json!({ "messages": some })).await.accepted();
    }
    (carrier, gateway)
}

/// Begins to cancel all messages of `shop` in the background; returns the address of the action.
async fn begin_to_cancel(gateway: &Gateway) -> String {
    let cancel = json!({
        "action": "cancel", "select": { "account": "shop" }, "reason": "wrong price", "dry_run": false, "background": true,
    });
    let begun = gateway.admin().post("/v1/messages/actions", &cancel).await;
    let at = begun.headers["location"].to_str().unwrap().to_owned();
    let begun = begun.with(202);
    assert_eq!(at, format!("/v1/messages/actions/{}", begun["id"].as_str().unwrap()));
    at
}

async fn ended(gateway: &Gateway, at: &str) -> Value {
    eventually("the end of the action", async || {
        let job = gateway.admin().get(at).await.ok();
        (!["counting", "acting"].contains(&job["state"].as_str()?)).then_some(job)
    })
    .await
}

async fn waiting(gateway: &Gateway) -> usize {
    let page = gateway.http("shop").get("/v1/messages?state=queued&limit=500").await.ok();
    page["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_action_in_the_background_is_counted_done_and_noted() {
    let (_carrier, gateway) = full_of(3).await;
    let at = begin_to_cancel(&gateway).await;
    let job = ended(&gateway, &at).await;
    assert_eq!(
        (&job["state"], &job["total"], &job["done"], &job["left"]),
        (&json!("done"), &json!(3), &json!(3), &json!(0))
    );
    assert_eq!((&job["author"], &job["reason"]), (&json!("tester"), &json!("wrong price")));
    assert_eq!(waiting(&gateway).await, 0);
    let list = gateway.admin().get("/v1/messages/actions").await.ok();
    assert_eq!(list["actions"], json!([job]));
    let refused = gateway.admin().post(&format!("{at}/stop"), &json!({})).await.with(409);
    assert_eq!(refused["code"], "wrong_state");
    let log = gateway.admin().get("/v1/audit?action=messages.action").await.ok().to_string();
    for word in ["begun", "done", "wrong price"] {
        assert!(log.contains(word), "{word}: {log}");
    }
    gateway.http("shop").get(&at).await.with(403);
}

#[tokio::test]
async fn an_action_in_the_background_survives_the_death_of_its_node() {
    let (_carrier, mut gateway) = full_of(2_500).await;
    let at = begin_to_cancel(&gateway).await;
    eventually("the first messages to be canceled", async || {
        (gateway.admin().get(&at).await.ok()["state"] != "counting").then_some(())
    })
    .await;
    gateway.kill().await;
    gateway.start_again().await;
    let job = ended(&gateway, &at).await;
    assert_eq!((&job["state"], &job["total"]), (&json!("done"), &json!(2_500)));
    assert_eq!(waiting(&gateway).await, 0);
    gateway.stop().await;
}

#[tokio::test]
async fn an_action_in_the_background_is_stopped() {
    let (_carrier, gateway) = full_of(2_500).await;
    let at = begin_to_cancel(&gateway).await;
    let stopped = gateway.admin().post(&format!("{at}/stop"), &json!({})).await.ok();
    assert_eq!(stopped["state"], "stopped");
    // Another one comes to its end meanwhile.
    let counts = json!({ "action": "cancel", "background": true });
    let other = gateway.admin().post("/v1/messages/actions", &counts).await.with(202);
    let other = ended(&gateway, &format!("/v1/messages/actions/{}", other["id"].as_str().unwrap())).await;
    assert_eq!((&other["state"], &other["done"]), (&json!("done"), &json!(0)));
    assert!(waiting(&gateway).await > 0);
    assert_eq!(gateway.admin().get(&at).await.ok()["state"], "stopped");
}
