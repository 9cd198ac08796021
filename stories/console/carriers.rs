//! Upstreams in the console: added with a test of the link, changed, paused, watched and deleted.

use super::signed_in;
use crate::harness::{ADMIN_KEY, Plan, carrier, carrier_with, eventually, key_of};
use postrider_simulator::carrier::{IdForm, Settings};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_upstream_is_declared_tested_routed_and_enabled() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/upstreams").await.says("/console/new-upstream");
    admin.open("/console/new-upstream").await.says("system_id").says("Twilio Programmable Messaging");
    admin
        .open("/console/new-upstream?preset=twilio")
        .await
        .says("name=\"value_auth_token\" type=\"password\"");
    let (host, port) = (carrier.address().ip().to_string(), carrier.address().port().to_string());
    let form =
        |port: &'static str| [("name", "spare"), ("host", "127.0.0.1"), ("port", port), ("system_id", "me")];
    admin.submit("/console/new-upstream", &form("many")).await.with(422).says("port").says("value=\"me\"");
    let right =
        [("name", "spare"), ("host", &*host), ("port", &*port), ("system_id", "me"), ("password", "secret7")];
    let test = admin.submit("/console/new-upstream", &right).await.leads_to().to_owned();
    assert_eq!(test, "/console/upstreams/spare/test");
    let declared = gateway.admin().get("/v1/upstreams/spare").await.ok();
    assert_eq!((&declared["enabled"], &declared["port"]), (&json!(false), &json!(carrier.address().port())));
    admin.submit("/console/new-upstream", &right).await.with(422).says("already");

    admin.open(&test).await.says("No route leads to it yet").says("Send the texts");
    let page =
        admin.submit(&test, &[]).await.with(200).says("bound").says("The link is well").says("</html>");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let done = admin.submit("/console/upstreams/spare/apply", &[("field", "window"), ("value", "7")]).await;
    admin.open(done.leads_to()).await.says("It was changed");
    assert_eq!(gateway.admin().get("/v1/upstreams/spare").await.ok()["window"], json!(7));
    let done = admin.submit("/console/upstreams/spare/route", &[]).await;
    admin.open(done.leads_to()).await.says("A route leads to it");
    let done = admin.submit("/console/upstreams/spare/switch", &[("enabled", "true")]).await;
    admin.open(done.leads_to()).await.says("The upstream is enabled");

    let twilio = [
        ("preset", "twilio"),
        ("name", "twilio"),
        ("value_account_sid", "AC1"),
        ("value_auth_token", "t0ken"),
    ];
    admin.submit("/console/new-upstream", &twilio).await.leads_to();
    let page = admin.open("/console/upstreams/twilio").await.says("twilio");
    assert!(!page.text.contains("t0ken"));
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    customer.open("/console/new-upstream").await.with(403);
    customer.submit(&test, &[]).await.with(403);
}

#[tokio::test]
async fn an_upstream_is_paused_with_a_reason_and_an_end() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/upstreams/acme").await.says("Pause acme");
    let pause = "/console/upstreams/acme/pause";
    admin.submit(pause, &[("mode", "hold"), ("for", "1h"), ("reason", "")]).await.with(400).says("reason");
    let done = admin.submit(pause, &[("mode", "hold"), ("for", "1h"), ("reason", "works at night")]).await;
    let page = admin.open(done.leads_to()).await.says("It is paused from now on").says("works at night");
    page.says("/console/upstreams/acme/pauses/hold-acme/lift");
    let kept = gateway.admin().get("/v1/pauses/hold-acme").await.ok();
    assert_eq!((&kept["mode"], kept["until"].is_string()), (&json!("hold"), true));
    let id = gateway.http("shop").send("+491700000001", "Hello").await;
    assert_eq!(gateway.http("shop").message(&id).await["state"], "queued");
    let done = admin.submit("/console/upstreams/acme/pauses/hold-acme/lift", &[]).await;
    let page = admin.open(done.leads_to()).await.says("It was lifted");
    assert!(!page.text.contains("works at night"));
    gateway.http("shop").message_in(&id, "delivered").await;
}

#[tokio::test]
async fn an_upstream_is_changed_bound_anew_and_deleted() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let place = carrier.address();
    let spare =
        json!({ "host": place.ip(), "port": place.port(), "system_id": "spare", "password": "secret7" });
    gateway.admin().put("/v1/upstreams/spare", &spare).await.with(201);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    let edit = "/console/upstreams/spare/edit";
    let page = admin.open(edit).await.says("system_id");
    assert!(!page.text.contains("secret7") && !page.text.contains("links"));
    admin.submit(edit, &[("document", "{")]).await.with(422).says("this is no JSON");
    let wrong =
        json!({ "host": place.ip(), "port": place.port(), "system_id": "spare", "windows": 3 }).to_string();
    admin.submit(edit, &[("document", &wrong)]).await.with(422).says("windows");
    let right =
        json!({ "host": place.ip(), "port": place.port(), "system_id": "spare", "window": 3 }).to_string();
    let done = admin.submit(edit, &[("document", &right)]).await;
    admin.open(done.leads_to()).await.says("It was changed");
    let done = admin.submit("/console/upstreams/spare/rebind", &[]).await;
    admin.open(done.leads_to()).await.says("Its links are bound anew");
    // The password that the form doesn't have was kept.
    let up = async || {
        let upstream = gateway.admin().get("/v1/upstreams/spare").await.ok();
        (upstream["links"][0]["state"] == "up").then_some(upstream["window"].clone())
    };
    assert_eq!(eventually("the link to be bound anew", up).await, json!(3));
    let delete = "/console/upstreams/spare/delete";
    admin.submit(delete, &[("confirm", "acme")]).await.with(400);
    let done = admin.submit(delete, &[("confirm", "spare")]).await;
    admin.open(done.leads_to()).await.says("It was deleted");
    gateway.admin().get("/v1/upstreams/spare").await.with(404);
    admin.open("/console/upstreams/acme/edit").await.with(403);
}

#[tokio::test]
async fn what_goes_over_a_link_is_followed() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = signed_in(&gateway, ADMIN_KEY).await;
    let shop = gateway.http("shop");
    let sending = async {
        loop {
            shop.send("+491700000001", "Hello").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = admin.follow("/console/upstreams/acme/trace", "submit_sm_resp") => {}
        () = sending => {}
    }
}

#[tokio::test]
async fn a_receipt_that_finds_no_message_teaches_how_its_carrier_spells() {
    let carrier = carrier_with(Settings { ids: IdForm::UpperHex, ..Settings::default() }).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let place = carrier.address();
    let strange = json!({ "host": place.ip(), "port": place.port(), "system_id": "strange", "receipts": { "ids": "same" } });
    gateway.admin().put("/v1/upstreams/strange", &strange).await.with(201);
    let route = json!({ "prefix": "4915", "order": 1, "upstreams": ["strange"] });
    gateway.admin().put("/v1/routes/strange", &route).await.with(201);
    let shop = gateway.http("shop");
    let id = shop.send("+4915100000001", "Hello").await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    eventually("a receipt that found nothing", async || {
        let page = admin.open("/console/unmatched").await.text;
        (page.contains("Teach strange") && page.contains(&id)).then_some(())
    })
    .await;
    let taught = [("field", "receipts.ids"), ("value", "\"hex_then_decimal\""), ("back", "unmatched")];
    let done = admin.submit("/console/upstreams/strange/apply", &taught).await;
    admin.open(done.leads_to()).await.says("It was changed");
    shop.message_in(&id, "delivered").await;
    eventually("no receipt without a message", async || {
        admin.open("/console/unmatched").await.text.contains("Every receipt found its message").then_some(())
    })
    .await;
}
