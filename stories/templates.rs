//! A shop writes a template, approves it, and sends it in the recipient's language.

use crate::harness::{Plan, carrier};
use serde_json::json;

#[tokio::test]
async fn an_approved_template_reaches_the_handset_in_its_language() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).account("desk").start().await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let content = json!({
        "language": "en",
        "texts": {
            "en": "Hi {{ name | default('there') }}, {{ n }} {{ n | plural('parcel', 'parcels') }}.",
            "de": "Hallo {{ name }}, {{ n }} {{ n | plural('Paket', 'Pakete') }}.",
        },
        "variables": { "name": { "example": "Ann" } },
    });
    let written = shop.put("/v1/templates/parcels", &content).await.with(201);
    assert_eq!((&written["version"], &written["state"]), (&json!(1), &json!("draft")));
    let send = |language: &str, variables: serde_json::Value| {
        json!({ "to": "+447700900123", "template":
            { "name": "parcels", "language": language, "variables": variables } })
    };
    let draft = shop.post("/v1/messages", &send("de", json!({ "name": "Ann", "n": 2 }))).await.with(422);
    assert_eq!(draft["code"], "unknown_template");
    let approved = shop.post("/v1/templates/parcels/approve", &json!({ "version": 1 })).await.with(200);
    assert_eq!(approved["state"], "approved");
    desk.get("/v1/templates/parcels").await.with(404);

    let preview = shop.post("/v1/templates/parcels/preview", &json!({ "language": "de" })).await.with(200);
    assert_eq!((&preview["text"], &preview["parts"]), (&json!("Hallo Ann, 1 Paket."), &json!(1)));
    let missing = shop.post("/v1/messages", &send("de", json!({ "n": 2 }))).await.with(422);
    assert_eq!(
        (&missing["code"], &missing["field"]),
        (&json!("missing_variable"), &json!("template.variables.name"))
    );
    for (language, variables, text) in [
        ("de-CH", json!({ "name": "{{ n }}", "n": 2 }), "Hallo {{ n }}, 2 Pakete."),
        ("fr", json!({ "n": 1 }), "Hi there, 1 parcel."),
    ] {
        let accepted = shop.post("/v1/messages", &send(language, variables)).await.with(202);
        shop.message_in(accepted["id"].as_str().unwrap(), "delivered").await;
        assert_eq!(carrier.accepted().pop().unwrap().text(), text);
    }
    let stale = json!({ "language": "en", "texts": { "en": "{{ oops" } });
    let wrong = shop.put("/v1/templates/parcels", &stale).await.with(422);
    assert_eq!(wrong["field"], "texts.en");
    shop.delete("/v1/templates/parcels").await.with(204);
    gateway.stop().await;
}
