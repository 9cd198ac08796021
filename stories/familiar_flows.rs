//! The flows that the manuals of Twilio Verify and listmonk show, step by step, with the requests of this gateway: whoever knows
//! those finds each step here, with an answer of the same meaning.

use crate::harness::{Http, Plan, carrier};
use postrider_simulator::carrier::{Carrier, Part};
use serde_json::{Value, json};
use std::time::Duration;

const TO: &str = "+447700900123";

fn last_code(carrier: &Carrier) -> String {
    let text = carrier.accepted().pop().unwrap().text();
    text.chars().filter(char::is_ascii_digit).collect()
}

async fn until(http: &Http, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let shown = http.get(path).await.ok();
        if is_so(&shown) {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path}: {what}");
}

/// Twilio Verify: start (`To`, `Locale`), check by `To` and `Code`. A wrong code is 200 and `pending`, the right one `approved`, and then
/// the verification is gone (404). Five wrong ones end it (429, there 60202).
#[tokio::test]
async fn a_number_is_verified_in_the_two_calls_of_twilio_verify() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let start = json!({ "to": TO, "language": "es", "name": "Acme" });
    let started = shop.post("/v1/verifications", &start).await.with(201);
    assert_eq!((&started["to"], &started["status"]), (&json!(TO), &json!("pending")));
    shop.message_in(started["message"].as_str().unwrap(), "delivered").await;
    let code = last_code(&carrier);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let check = async |to: &str, code: &str| {
        shop.post("/v1/verifications/check", &json!({ "to": to, "code": code })).await
    };
    let answer = check(TO, wrong).await.with(200);
    assert_eq!((&answer["status"], &answer["valid"]), (&json!("pending"), &json!(false)));
    let answer = check(TO, &code).await.with(200);
    assert_eq!((&answer["status"], &answer["valid"]), (&json!("approved"), &json!(true)));
    assert_eq!(answer["id"], started["id"]);
    check(TO, &code).await.with(404);
    check("+447700900999", &code).await.with(404);
    check("07", &code).await.with(422);

    // Another purpose is another verification, and the code of one is wrong for the other.
    let login = json!({ "to": TO, "purpose": "login" });
    shop.post("/v1/verifications", &login).await.with(201);
    for left in (0..5).rev() {
        let guess = json!({ "to": TO, "purpose": "login", "code": "1" });
        let answer = shop.post("/v1/verifications/check", &guess).await.with(200);
        assert_eq!((&answer["valid"], &answer["checks_left"]), (&json!(false), &json!(left)));
    }
    let guess = json!({ "to": TO, "purpose": "login", "code": "1" });
    assert_eq!(shop.post("/v1/verifications/check", &guess).await.with(429)["code"], "max_checks_reached");
    let canceled = shop.post("/v1/verifications", &json!({ "to": "+447700900124" })).await.with(201);
    let path = format!("/v1/verifications/{}", canceled["id"].as_str().unwrap());
    assert_eq!(shop.delete(&path).await.with(200)["status"], "canceled");
    gateway.stop().await;
}

/// listmonk: a list, an import of subscribers with attributes, a query over them, a template, a campaign that is a draft, a test, the
/// states running, paused and cancelled, its progress; and the same campaign again.
#[tokio::test]
async fn a_campaign_goes_the_way_of_listmonks() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let rows: String = (0..40).map(|n| format!("+4477009001{n:02},N{n},{}\n", n % 4)).collect();
    let file = format!("number,name,floor:number\n{rows}+447700900100,again,1\n07,bad,1\n").into_bytes();
    let trial = "/v1/contacts/import?group=news";
    let trial = shop.post_octets(trial, "text/csv", file.clone()).await.with(200);
    assert_eq!(
        (&trial["dry_run"], &trial["new"], &trial["doubled"], &trial["invalid"]),
        (&json!(true), &json!(40), &json!(1), &json!(1))
    );
    shop.get("/v1/groups/news").await.with(404);
    shop.post_octets("/v1/contacts/import?group=news&dry_run=false", "text/csv", file).await.with(200);
    let lists = shop.get("/v1/groups").await.ok();
    assert_eq!(lists["groups"][0]["name"], "news", "an import declares its group");
    assert_eq!(shop.get("/v1/groups/news").await.ok()["members"], 40);
    shop.post("/v1/opt-outs", &json!({ "number": "+447700900101" })).await.with(201);
    let counted = shop.get("/v1/contacts/count?group=news&segment=floor%20%3D%201").await.ok();
    assert_eq!(counted, json!({ "contacts": 10, "opted_out": 1 }));

    let template = json!({ "language": "en", "texts": { "en": "Hi {{ name }}" } });
    shop.put("/v1/templates/hi", &template).await.with(201);
    shop.post("/v1/templates/hi/approve", &json!({ "version": 1 })).await.with(200);
    let typo = json!({ "template": { "name": "hi" }, "audience": { "groups": ["nwes"] } });
    let made = shop.post("/v1/campaigns", &typo).await.with(201);
    let launch = format!("/v1/campaigns/{}/launch", made["id"].as_str().unwrap());
    assert_eq!(shop.post(&launch, &json!({})).await.with(422)["field"], "audience.groups");
    let draft = json!({
        "name": "Spring", "template": { "name": "hi" }, "pace": { "per_minute": 60 },
        "audience": { "groups": ["news"], "segment": "floor = 1" },
    });
    let made = shop.post("/v1/campaigns", &draft).await.with(201);
    let path = format!("/v1/campaigns/{}", made["id"].as_str().unwrap());
    let test = json!({ "to": [TO], "variables": { "name": "Ann" } });
    shop.post(&format!("{path}/test"), &test).await.with(202);
    shop.post(&format!("{path}/launch"), &json!({})).await.with(200);
    let runs = |it: &Value| it["state"] == "running" && it["finishes_at"].is_string();
    let running = until(&shop, &path, "runs", runs).await;
    assert_eq!(running["recipients"], 10);
    assert!(running["started_at"].is_string());
    shop.post(&format!("{path}/pause"), &json!({})).await.with(200);
    let refused = shop.post(&format!("{path}/launch"), &json!({})).await.with(409);
    assert_eq!(refused["detail"], "the campaign is paused: resume or cancel it");
    shop.post(&format!("{path}/cancel"), &json!({})).await.with(200);
    until(&shop, &path, "ends", |it| it["state"] == "canceled").await;

    let again = shop.post(&format!("{path}/clone"), &json!({})).await.with(201);
    assert_eq!((&again["name"], &again["state"]), (&json!("Spring (copy)"), &json!("open")));
    let path = format!("/v1/campaigns/{}", again["id"].as_str().unwrap());
    shop.put(&format!("{path}/pace"), &json!({ "per_minute": 60_000 })).await.with(200);
    shop.post(&format!("{path}/launch"), &json!({})).await.with(200);
    let done = until(&shop, &path, "is done", |it| it["state"] == "done").await;
    assert_eq!((&done["accepted"], &done["refused"]), (&json!(9), &json!(1)));
    let all = |it: &Value| it["ended"]["delivered"] == 9;
    until(&shop, &format!("{path}/results"), "all is delivered", all).await;
    let texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
    assert!(texts.contains(&"Hi Ann".to_owned()) && texts.contains(&"Hi N37".to_owned()), "{texts:?}");
    gateway.stop().await;
}
