//! A shop writes to its contacts, and to recipients from a file: everybody once, and nobody who has opted out.

use crate::harness::{Http, Plan, carrier};
use postrider_simulator::carrier::Part;
use serde_json::{Value, json};
use std::time::Duration;

/// The campaign or batch in this state.
async fn in_state(http: &Http, path: &str, state: &str) -> Value {
    for _ in 0..600 {
        let shown = http.get(path).await.ok();
        if shown["state"] == state {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} did not become {state}");
}

#[tokio::test]
async fn a_campaign_reaches_its_contacts_once_in_their_words() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).account("desk").start().await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    for (n, name, groups) in
        [(1, "Ann", vec!["news", "vip"]), (2, "Bob", vec!["news"]), (3, "Eve", vec!["old"])]
    {
        let contact = json!({ "name": name, "groups": groups, "fields": { "n": n } });
        shop.put(&format!("/v1/contacts/%2B44770090012{n}"), &contact).await.with(201);
    }
    shop.post("/v1/opt-outs", &json!({ "number": "+447700900122" })).await.with(201);
    shop.put("/v1/groups/news", &json!({})).await.with(201);
    assert_eq!(shop.get("/v1/groups/news").await.ok()["members"], 2);
    let template = json!({ "language": "en", "texts": { "en": "Hi {{ name }}, {{ n }}" } });
    shop.put("/v1/templates/hi", &template).await.with(201);
    shop.post("/v1/templates/hi/approve", &json!({ "version": 1 })).await.with(200);
    let request = json!({ "template": { "name": "hi" }, "audience": { "groups": ["news", "vip"], "segment": "n < 3" } });
    let made = shop.post("/v1/campaigns", &request).await.with(201);
    let path = format!("/v1/campaigns/{}", made["id"].as_str().unwrap());
    desk.get(&path).await.with(404);
    shop.post(&format!("{path}/launch"), &json!({})).await.with(200);
    let done = in_state(&shop, &path, "done").await;
    assert_eq!((&done["recipients"], &done["accepted"], &done["refused"]), (&json!(2), &json!(1), &json!(1)));
    let listed = shop.get(&format!("{path}/recipients?result=accepted")).await.ok();
    let message = listed["recipients"][0]["message"].as_str().unwrap();
    shop.message_in(message, "delivered").await;
    assert_eq!(carrier.accepted().iter().map(Part::text).collect::<Vec<_>>(), ["Hi Ann, 1"]);
    let results = shop.get(&format!("{path}/results")).await.ok();
    assert_eq!(
        (&results["ended"], &results["refused"]),
        (&json!({ "delivered": 1 }), &json!({ "opted_out": 1 }))
    );
    shop.post(&format!("{path}/pause"), &json!({})).await.with(409);
    gateway.stop().await;
}

#[tokio::test]
async fn a_batch_takes_lines_of_json_and_is_canceled_within_seconds() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let request = json!({ "text": "Hello", "pace": { "per_minute": 60 } });
    let made = shop.post("/v1/batches", &request).await.with(201);
    let path = format!("/v1/batches/{}", made["id"].as_str().unwrap());
    for (added, doubled) in [(1, 0), (0, 1)] {
        let answer =
            shop.post(&format!("{path}/recipients"), &json!({ "to": "+447700900101" })).await.with(200);
        assert_eq!((&answer["added"], &answer["doubled"]), (&json!(added), &json!(doubled)));
    }
    for n in 102..120 {
        let line = json!({ "to": format!("+447700900{n}") });
        shop.post(&format!("{path}/recipients"), &line).await.with(200);
    }
    shop.post(&format!("{path}/seal"), &json!({})).await.with(200);
    in_state(&shop, &path, "running").await;
    let pause = format!("/v1/pauses/batch-{}", made["id"].as_str().unwrap());
    shop.post(&format!("{path}/pause"), &json!({})).await.with(200);
    assert_eq!(gateway.admin().get(&pause).await.ok()["accounts"], json!(["shop"]));
    shop.post(&format!("{path}/resume"), &json!({})).await.with(200);
    gateway.admin().get(&pause).await.with(404);
    shop.post(&format!("{path}/cancel"), &json!({})).await.with(200);
    let canceled = in_state(&shop, &path, "canceled").await;
    assert!(canceled["accepted"].as_u64().unwrap() < 10, "{canceled}");
    shop.delete(&path).await.with(204);
    gateway.stop().await;
}

#[tokio::test]
async fn a_campaign_stands_still_outside_its_hours_and_goes_on_when_they_change() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let clock = |hours: i64| now.saturating_add(jiff::Span::new().hours(hours)).strftime("%H:%M").to_string();
    let later = json!({ "hours": format!("{}-{}", clock(3), clock(4)), "zone": "UTC" });
    let request = json!({ "text": "Hello", "sending_hours": later, "pace": { "per_minute": 60_000 } });
    let made = shop.post("/v1/campaigns", &request).await.with(201);
    let path = format!("/v1/campaigns/{}", made["id"].as_str().unwrap());
    for n in 101..=105 {
        let line = json!({ "to": format!("+447700900{n}") });
        shop.post(&format!("{path}/recipients"), &line).await.with(200);
    }
    let estimate = shop.get(&format!("{path}/estimate")).await.ok();
    let finishes: jiff::Timestamp = estimate["finishes_at"].as_str().unwrap().parse().unwrap();
    assert!(finishes > now.timestamp() + jiff::SignedDuration::from_hours(2), "{estimate}");
    shop.post(&format!("{path}/launch"), &json!({})).await.with(200);
    let waits = in_state(&shop, &path, "scheduled").await;
    assert_eq!(waits["waiting"]["reason"], "outside_hours", "{waits}");
    assert!(waits["started_at"].is_null() && carrier.accepted().is_empty());

    let capped = json!({ "hours": format!("{}-{}", clock(-2), clock(2)), "zone": "UTC", "daily_cap": 2 });
    shop.put(&format!("{path}/sending_hours"), &capped).await.with(200);
    let waits = in_state(&shop, &path, "waiting").await;
    assert_eq!((&waits["accepted"], &waits["waiting"]["reason"]), (&json!(2), &json!("daily_cap")));
    assert!(waits["waiting"]["until"].is_string() && waits["sending_hours"] == capped, "{waits}");
    let wrong = json!({ "hours": "9-18", "zone": "UTC" });
    shop.put(&format!("{path}/sending_hours"), &wrong).await.with(422);
    shop.put(&format!("{path}/sending_hours"), &json!({})).await.with(200);
    let done = in_state(&shop, &path, "done").await;
    assert_eq!((&done["accepted"], &done["sending_hours"]), (&json!(5), &Value::Null));
    gateway.stop().await;
}

#[tokio::test]
async fn a_shortened_link_leads_to_its_address_and_is_counted() {
    let carrier = carrier().await;
    let mut gateway =
        Plan::simple(carrier.address()).with("[links]\nbase_url = \"https://go.example/l/\"\n").start().await;
    let shop = gateway.http("shop");
    let request = json!({ "text": "Sale: https://shop.example/sale.", "shorten_links": true });
    let made = shop.post("/v1/campaigns", &request).await.with(201);
    let path = format!("/v1/campaigns/{}", made["id"].as_str().unwrap());
    for n in [101, 102] {
        let line = json!({ "to": format!("+447700900{n}") });
        shop.post(&format!("{path}/recipients"), &line).await.with(200);
    }
    let estimate = shop.get(&format!("{path}/estimate")).await.ok();
    assert_eq!((&estimate["recipients"], &estimate["parts"]), (&json!(2), &json!({ "1": 2 })));
    shop.post(&format!("{path}/launch"), &json!({})).await.with(200);
    in_state(&shop, &path, "done").await;
    let message =
        json!({ "to": "+447700900103", "text": "See https://shop.example/own", "shorten_links": true });
    shop.post("/v1/messages", &message).await.with(202);
    let mut texts = Vec::new();
    while texts.len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        texts = carrier.accepted().iter().map(Part::text).collect();
    }
    let code = |text: &str| text.split("https://go.example/l/").nth(1).unwrap()[..18].to_owned();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let follow = async |code: &str, agent: &str| {
        let url = format!("{}/l/{code}", gateway.url());
        let answer = client.get(url).header("user-agent", agent).send().await.unwrap();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    };
    let browser = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
    for text in &texts {
        let target = if text.starts_with("See") { "own" } else { "sale" };
        let expected = (302, Some(format!("https://shop.example/{target}")));
        assert_eq!(follow(&code(text), browser).await, expected);
    }
    follow(&code(&texts[0]), "WhatsApp/2.23").await;
    assert_eq!(follow("000000000000000000", browser).await, (404, None));
    let results = shop.get(&format!("{path}/results")).await.ok();
    assert_eq!(results["clicked"], 2);
    let links = &results["links"][0];
    assert_eq!((&links["people"], &links["robots"]), (&json!(2), &json!(1)));
    let listed = shop.get(&format!("{path}/recipients")).await.ok();
    assert!(listed["recipients"][0]["clicked_at"].is_string(), "{listed}");
    gateway.stop().await;
}
