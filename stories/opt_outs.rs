//! STOP is law: what a handset asks for is recorded before it is acknowledged, and holds for what waits already.

use crate::harness::{Gateway, Http, Plan, Webhook, carrier, eventually, text_to, within};
use postrider_simulator::carrier::Carrier;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use serde_json::{Value, json};
use std::collections::HashMap;

const HANDSET: &str = "491700000001";

fn plan(carrier: &Carrier) -> Plan {
    Plan::simple(carrier.address())
        .account("desk")
        .with("[numbers.60006]\naccount = 'shop'\n[numbers.70007]\naccount = 'desk'")
}

/// The texts that a handset got, as far as the carrier accepted them.
fn texts(carrier: &Carrier, handset: &str) -> Vec<String> {
    let parts = carrier.accepted().into_iter();
    parts.filter(|part| part.destination == *handset).map(|part| part.text()).collect()
}

async fn say(carrier: &Carrier, handset: &str, to: &str, text: &str) {
    let before = carrier.counts().inbound_taken;
    carrier.say("postrider", handset, to, text);
    within("the answer", carrier.until(|counts| counts.inbound_taken > before)).await;
}

async fn refused(http: &Http, to: &str) -> Value {
    let problem = http.post("/v1/messages", &json!({ "to": to, "text": "x" })).await.with(422);
    assert_eq!(problem["code"], "opted_out");
    problem
}

#[tokio::test]
async fn stop_ends_messages_and_start_begins_them_again() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = plan(&carrier).webhook("shop", &webhook).start().await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    say(&carrier, HANDSET, "60006", " \u{201c}Stop!\u{201d} ").await;
    refused(&shop, HANDSET).await;
    desk.send(HANDSET, "another account's").await;
    let mut events = HashMap::new();
    for _ in 0..2 {
        let told = within("an event", webhook.next()).await.body;
        events.insert(told["type"].as_str().unwrap().to_owned(), told["data"].clone());
    }
    assert_eq!(events["message.received"]["asks"], "stop");
    let opt_out = &events["opt_out.added"];
    assert_eq!((&opt_out["number"], &opt_out["source"]), (&json!(format!("+{HANDSET}")), &json!("keyword")));
    assert_eq!(
        (&opt_out["reason"], &opt_out["inbound_id"]),
        (&json!("stop"), &events["message.received"]["id"])
    );
    confirmed_once(&carrier, &gateway).await;

    let session = gateway.smpp("shop", BindMode::Transmitter).await;
    assert_eq!(session.request(&text_to(HANDSET, b"x")).await.status(), Status(0x410));

    say(&carrier, HANDSET, "60006", "HELP").await;
    say(&carrier, HANDSET, "60006", "Start").await;
    eventually("both answers", async || (texts(&carrier, HANDSET).len() == 4).then_some(())).await;
    shop.send(HANDSET, "welcome back").await;
    let listed = shop.get(&format!("/v1/opt-outs?number={HANDSET}&history=true")).await.ok();
    let held: Vec<_> =
        listed["entries"].as_array().unwrap().iter().map(|entry| entry["holds"].clone()).collect();
    assert_eq!(held, [json!(false), json!(true)]);
    assert_eq!(desk.get("/v1/opt-outs?history=true").await.ok()["entries"], json!([]), "one account's alone");
}

/// One confirmation from the number that was written to, and none of a second STOP.
async fn confirmed_once(carrier: &Carrier, gateway: &Gateway) {
    eventually("the confirmation", async || (texts(carrier, HANDSET).len() == 2).then_some(())).await;
    say(carrier, HANDSET, "60006", "STOP").await;
    // What comes behind it on the same way.
    gateway.http("desk").send(HANDSET, "another").await;
    eventually("the next message", async || (texts(carrier, HANDSET).len() >= 3).then_some(())).await;
    let all = texts(carrier, HANDSET);
    assert_eq!(all.iter().filter(|text| text.contains("unsubscribed")).count(), 1, "{all:?}");
    carrier.forget();
    gateway.http("desk").send(HANDSET, "a").await;
    gateway.http("desk").send(HANDSET, "b").await;
    eventually("two more", async || (texts(carrier, HANDSET).len() == 2).then_some(())).await;
}

#[tokio::test]
async fn what_waits_when_its_recipient_opts_out_is_not_sent() {
    let carrier = carrier().await;
    let mut gateway = plan(&carrier).with("upstreams.acme.enabled = false").start().await;
    let shop = gateway.http("shop");
    let waiting = shop.send(HANDSET, "waits").await;
    shop.post("/v1/opt-outs", &json!({ "number": HANDSET, "reason": "by telephone" })).await.with(201);
    refused(&shop, HANDSET).await;
    // It survives a crash.
    gateway.kill().await;
    gateway.change("upstreams.acme.enabled = true");
    gateway.start_again().await;
    let shop = gateway.http("shop");
    refused(&shop, HANDSET).await;
    let ended = shop.message_in(&waiting, "rejected").await;
    assert_eq!(ended["error"]["code"], "opted_out");
    let lifted = shop.delete(&format!("/v1/opt-outs/{HANDSET}?reason=asked")).await.ok();
    assert_eq!(lifted["lifted"], 1);
    shop.send(HANDSET, "again").await;
}

#[tokio::test]
async fn a_stop_wins_against_a_campaign_of_thousands() {
    let carrier = carrier().await;
    let gateway = plan(&carrier).with("[upstreams.acme]\nrate = 400.0").start().await;
    let shop = gateway.http("shop");
    let handset = |n: usize| format!("4917000002{n:02}");
    let messages: Vec<Value> = (0..500)
        .map(|n| json!({ "to": handset(n % 20), "text": format!("offer {n}"), "class": "marketing" }))
        .collect();
    for _ in 0..6 {
        shop.post("/v1/messages", &json!({ "messages": messages })).await.accepted();
    }
    let mut before = Vec::new();
    for n in 0..20 {
        let handset = handset(n);
        say(&carrier, &handset, "60006", "STOP").await;
        before.push((handset.clone(), offers(&carrier, &handset)));
    }
    eventually("the end of the campaign", async || {
        let page = shop.get("/v1/messages?state=queued&limit=1").await.ok();
        page["messages"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    for (handset, before) in before {
        assert_eq!(offers(&carrier, &handset), before, "{handset} got more after its STOP was acknowledged");
    }
    let ended = shop.get("/v1/messages?state=rejected&error=opted_out&limit=1").await.ok();
    assert!(!ended["messages"].as_array().unwrap().is_empty(), "the campaign was not over");
}

fn offers(carrier: &Carrier, handset: &str) -> usize {
    texts(carrier, handset).iter().filter(|text| text.starts_with("offer")).count()
}

#[tokio::test]
async fn a_stop_in_two_parts_is_a_stop() {
    let carrier = carrier().await;
    let gateway = plan(&carrier).start().await;
    carrier.say("postrider", HANDSET, "60006", &format!("STOP {}", "\u{1F64F}".repeat(40)));
    let stopped = async || {
        let page = gateway.http("shop").get("/v1/opt-outs").await.ok();
        (page["entries"].as_array().unwrap().len() == 1).then_some(())
    };
    eventually("the opt-out", stopped).await;
    refused(&gateway.http("shop"), HANDSET).await;
    eventually("the confirmation", async || (texts(&carrier, HANDSET).len() == 1).then_some(())).await;
}

#[tokio::test]
async fn opt_outs_are_imported_and_exported() {
    let carrier = carrier().await;
    let gateway = plan(&carrier).start().await;
    let shop = gateway.http("shop");
    let csv = "number,reason\r\n+447700900123,\"called, angry\"\r\n+447700900124,\r\nnobody,\r\n";
    let answer = shop.post_octets("/v1/opt-outs/csv", "text/csv", csv.into()).await.ok();
    assert_eq!((&answer["added"], &answer["unchanged"], &answer["wrong"]), (&json!(2), &json!(0), &json!(1)));
    assert_eq!(answer["mistakes"][0]["line"], 4);
    refused(&shop, "+447700900123").await;
    let exported = shop.get("/v1/opt-outs/csv").await.ok();
    let exported = exported.as_str().unwrap();
    assert!(exported.starts_with("number,account,sender,"), "{exported}");
    assert!(exported.contains("+447700900123,shop,,,import,\"called, angry\""), "{exported}");
    let blocked = gateway.admin().post("/v1/blocked-numbers", &json!({ "number": "+447700900125" })).await;
    blocked.with(201);
    let problem = shop.post("/v1/messages", &json!({ "to": "+447700900125", "text": "x" })).await.with(422);
    assert_eq!(problem["code"], "recipient_blocked");
    shop.delete("/v1/blocked-numbers/447700900125?reason=x").await.with(404);
}

#[tokio::test]
async fn caps_prefixes_and_time_zones_hold_and_are_told() {
    let carrier = carrier().await;
    // It is quiet in Honolulu now, and not in Germany.
    let hour = jiff::Timestamp::now().in_tz("Pacific/Honolulu").unwrap().hour();
    let policies = format!(
        "[policies.all]\nblock_to = ['49176']\ncaps = [{{ most = 1, per = '7d' }}]\n\
         [accounts.shop.policy]\nquiet = '{hour:02}:00-{:02}:00'",
        (hour + 2) % 24
    );
    let gateway = plan(&carrier).with(&policies).start().await;
    let (shop, desk, admin) = (gateway.http("shop"), gateway.http("desk"), gateway.admin());
    let offer = |to: &str| json!({ "to": to, "text": "an offer", "class": "marketing" });
    let blocked = desk.post("/v1/messages", &offer("+4917612345678")).await.with(422);
    assert_eq!(blocked["code"], "recipient_blocked");

    let first = desk.send_with(offer(HANDSET)).await;
    desk.message_in(&first, "delivered").await;
    let second = desk.send_with(offer(HANDSET)).await;
    let waiting = desk.message(&second).await;
    assert_eq!(
        (&waiting["state"], &waiting["error"]["code"]),
        (&json!("queued"), &json!("frequency_cap")),
        "{waiting}"
    );
    let third = desk.post("/v1/messages", &offer(HANDSET)).await.with(422);
    assert_eq!(third["code"], "frequency_cap");

    let zone = json!({ "number": "+491700000077", "zone": "Pacific/Honolulu" });
    shop.post("/v1/time-zones", &zone).await.with(201);
    let explained = admin.post("/v1/messages/explain?account=shop", &offer("+491700000077")).await.ok();
    assert_eq!(explained["held"]["code"], "quiet_hours", "{explained}");
    assert!(explained["held"]["detail"].as_str().unwrap().contains("in Pacific/Honolulu"), "{explained}");
    let moved = json!({ "number": "+491700000077", "zone": "Asia/Tokyo" });
    shop.post("/v1/time-zones", &moved).await.with(201);
    let listed = shop.get("/v1/time-zones").await.ok();
    let zones: Vec<_> =
        listed["entries"].as_array().unwrap().iter().map(|entry| entry["zone"].clone()).collect();
    assert_eq!(zones, [json!("Asia/Tokyo")], "one takes the place of the other");
}
