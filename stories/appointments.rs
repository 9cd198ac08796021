//! A practice reminds its patients, who confirm, move or cancel by answering; the practice hears of each.

use crate::harness::{Plan, Webhook, carrier, eventually};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use postrider_simulator::carrier::Part;
use serde_json::json;
use std::time::Duration;

const PATIENT: &str = "447700900123";

#[tokio::test]
async fn a_patient_confirms_and_the_practice_hears_it() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let plan = Plan::simple(carrier.address()).webhook("shop", &webhook).account("desk");
    let mut gateway = plan.with("[numbers.60006]\naccount = 'shop'").start().await;
    let shop = gateway.http("shop");
    let soon =
        (Timestamp::now() + Duration::from_secs(3600)).to_zoned(TimeZone::get("Europe/Berlin").unwrap());
    let at = soon.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let request = json!({ "to": format!("+{PATIENT}"), "at": at, "zone": "Europe/Berlin", "remind": ["1h"], "from": "60006",
        "reference": "visit-7", "text": "Your visit is at {{ time }}. Reply YES, MOVE or NO.", "answers": { "confirm": "Thank you" } });
    let made = shop.post("/v1/appointments", &request).await.with(201);
    let path = format!("/v1/appointments/{}", made["id"].as_str().unwrap());
    gateway.http("desk").get(&path).await.with(404);
    let texts = async |count: usize| {
        let look = async || {
            let mut texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
            texts.dedup();
            (texts.len() >= count).then_some(texts)
        };
        eventually("the texts", look).await
    };
    let reminder = format!("Your visit is at {}. Reply YES, MOVE or NO.", soon.strftime("%H:%M"));
    assert_eq!(texts(1).await, [&*reminder]);
    gateway.kill().await;
    gateway.start_again().await;
    let shop = gateway.http("shop");
    carrier.say("postrider", PATIENT, "60006", "Yes, thanks");
    let told = webhook.until(|told| told.body["type"] == "appointment.confirmed").await;
    let data = &told.body["data"];
    assert_eq!(
        (&data["reference"], &data["state"], &data["text"]),
        (&json!("visit-7"), &json!("confirmed"), &json!("Yes, thanks"))
    );
    assert_eq!(texts(2).await[1], "Thank you");
    assert_eq!(shop.get(&path).await.ok()["state"], "confirmed");
    let moved = shop.post(&format!("{path}/move"), &json!({ "at": "2026-01-01T00:00" })).await.with(422);
    assert_eq!(moved["code"], "invalid_appointment");
    assert_eq!(shop.delete(&path).await.ok()["state"], "canceled");
    let sent = shop.get("/v1/messages").await.ok();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 2, "{sent}");
    gateway.stop().await;
}
