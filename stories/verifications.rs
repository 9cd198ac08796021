//! A shop verifies a number: the code reaches the handset, nobody else sees it, and it is right once.

use crate::harness::{Http, Plan, carrier};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};

const NUMBER: &str = "+447700900123";

/// The code of the last message that the carrier took.
fn code(carrier: &Carrier) -> String {
    let text = carrier.accepted().pop().unwrap().text();
    let last = text.lines().last().unwrap();
    last.rsplit_once('#').map_or_else(|| panic!("{text}"), |(_, code)| code.to_owned())
}

async fn check(http: &Http, id: &str, code: &str) -> Value {
    http.post(&format!("/v1/verifications/{id}/check"), &json!({ "code": code })).await.with(200)
}

#[tokio::test]
async fn a_code_reaches_the_handset_and_nobody_else() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).account("desk").start().await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let request = json!({ "to": NUMBER, "purpose": "login", "name": "Shop", "domain": "shop.example" });
    let started = shop.post("/v1/verifications", &request).await.with(201);
    let (id, message) = (started["id"].as_str().unwrap(), started["message"].as_str().unwrap());
    let shown = shop.message_in(message, "delivered").await;
    assert_eq!((&shown["redacted"], shown.get("text")), (&json!(true), None));
    assert_eq!((&shown["class"], &shown["metadata"]["verification"]), (&json!("otp"), &json!(id)));
    let code = code(&carrier);
    let text = carrier.accepted().pop().unwrap().text();
    assert_eq!(text, format!("Shop: Your verification code is {code}.\n\n@shop.example #{code}"));
    for path in [format!("/v1/messages/{message}"), "/v1/messages".into(), format!("/v1/verifications/{id}")]
    {
        assert!(!shop.get(&path).await.ok().to_string().contains(&code), "{path}");
    }

    let again = shop.post("/v1/verifications", &request).await.with(200);
    assert_eq!((&again["id"], &again["sent"]), (&started["id"], &json!(false)));
    let wrong = if code.starts_with('9') { "000000" } else { "999999" };
    assert_eq!(check(&shop, id, wrong).await["valid"], false);
    desk.get(&format!("/v1/verifications/{id}")).await.with(404);
    desk.post(&format!("/v1/verifications/{id}/check"), &json!({ "code": code })).await.with(404);
    let approved = check(&shop, id, &code).await;
    assert_eq!((&approved["valid"], &approved["status"]), (&json!(true), &json!("approved")));
    shop.post(&format!("/v1/verifications/{id}/check"), &json!({ "code": code })).await.with(404);
    let listed = shop.get("/v1/verifications").await.ok();
    assert_eq!(listed["verifications"][0]["status"], "approved");
    gateway.stop().await;
}

#[tokio::test]
async fn guesses_are_held_back_and_test_numbers_are_not_sent_to() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    shop.put("/v1/verifications/test-numbers/%2B447700900001", &json!({ "code": "47110" })).await.with(200);
    let started = shop.post("/v1/verifications", &json!({ "to": "+447700900001" })).await.with(201);
    assert_eq!((&started["test"], &started["digits"]), (&json!(true), &json!(5)));
    let id = started["id"].as_str().unwrap();
    for _ in 0..5 {
        assert_eq!(check(&shop, id, "1").await["valid"], false);
    }
    let path = format!("/v1/verifications/{id}/check");
    let held = shop.post(&path, &json!({ "code": "47110" })).await.with(429);
    assert_eq!((&held["code"], &held["until"]), (&json!("max_checks_reached"), &started["expires_at"]));
    let held = shop.post("/v1/verifications", &json!({ "to": "+447700900001" })).await.with(429);
    assert_eq!(held["code"], "max_checks_reached");
    assert_eq!(carrier.accepted().len(), 0);

    let ann = json!({ "name": "ann", "issuer": "Shop" });
    let enrolled = shop.post("/v1/verifications/authenticators", &ann).await.with(201);
    assert!(enrolled["uri"].as_str().unwrap().contains(enrolled["secret"].as_str().unwrap()));
    let path = format!("/v1/verifications/authenticators/{}", enrolled["id"].as_str().unwrap());
    let shown = shop.get(&path).await.ok();
    assert_eq!((&shown["verified"], shown.get("secret")), (&json!(false), None));
    let wrong = shop.post(&format!("{path}/check"), &json!({ "code": "1" })).await.with(200);
    assert_eq!(wrong["valid"], false);
    shop.delete(&path).await.with(204);
    shop.get(&path).await.with(404);
    gateway.stop().await;
}
