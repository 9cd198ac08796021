//! Messages go by the first route whose conditions they meet, and an explanation says so beforehand.

use crate::harness::{Plan, carrier, eventually};
use serde_json::json;

const ROUTES: &str = "\
[routes.british]
order = 10
countries = ['GB']
types = ['mobile']
upstreams = ['acme', 'other']
strategy = 'cheapest'
costs = { acme = 0.02, other = 0.01 }
[accounts.shop]
country = 'GB'";

#[tokio::test]
async fn a_message_goes_by_the_route_that_the_explanation_names() {
    let (acme, other) = (carrier().await, carrier().await);
    let plan = Plan::simple(acme.address()).upstream("other", other.address()).with(ROUTES);
    let gateway = plan.route("world", "", &["acme"]).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let message = json!({ "to": "07700 900123", "text": "hello" });
    eventually("the second link", async || {
        let answer = admin.post("/v1/messages/explain?account=shop", &message).await;
        (answer.body["routing"]["candidates"][1]["up"] == true).then_some(())
    })
    .await;
    let explained = admin.post("/v1/messages/explain?account=shop", &message).await.body;
    let routing = &explained["routing"];
    assert_eq!((&explained["accepted"], &explained["lookup"]["country"]), (&json!(true), &json!("GB")));
    assert_eq!(routing["tried"], json!([{ "route": "british", "matches": true }]));
    assert_eq!((&routing["plan"], &routing["upstream"]), (&json!(["other", "acme"]), &json!("other")));
    let pdu = routing["pdus"][0].as_str().unwrap();
    assert!(pdu.contains("343437373030393030313233") && pdu.ends_with("68656c6c6f"), "{pdu}");

    let id = shop.send("07700 900123", "hello").await;
    let delivered = shop.message_in(&id, "delivered").await;
    assert_eq!((&delivered["to"], &delivered["upstream"]), (&json!("+447700900123"), &json!("other")));
    assert_eq!(delivered["timeline"][0]["route"], "british");
    let german = shop.send("+491701234567", "hello").await;
    assert_eq!(shop.message_in(&german, "delivered").await["upstream"], "acme");

    // The next of the plan takes over.
    other.stop().await;
    let id = shop.send("07700 900123", "hello again").await;
    assert_eq!(shop.message_in(&id, "delivered").await["upstream"], "acme");

    // A number that takes no message is refused, and explained.
    let fixed = json!({ "to": "020 7123 4567", "text": "hello" });
    let refused = shop.post("/v1/messages", &fixed).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("undeliverable_recipient")));
    let explained = shop.post("/v1/messages/explain", &fixed).await.body;
    assert_eq!(explained["refused"]["code"], "undeliverable_recipient");
    assert_eq!((&explained["lookup"]["reason"], explained.get("routing")), (&json!("fixed"), None));
}
