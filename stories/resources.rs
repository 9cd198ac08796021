//! Accounts, upstreams and routes that are declared over the API are in force at once, and still are after a restart.

use crate::harness::{Answer, Client, Gateway, Http, Plan, carrier, eventually, text_to, within};
use postrider_simulator::carrier::Carrier;
use postrider_wire::smpp::pdu::BindMode;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_declared_is_in_force_at_once() {
    let carrier = carrier().await;
    let mut gateway = Plan::new().start().await;
    let made = declare_all(&gateway, &carrier).await;
    let shop = Http::new(&gateway.url(), made["secrets"]["keys.main"].as_str());
    let password = made["secrets"]["smpp.password"].as_str().unwrap();

    let id = shop.send("+491700000001", "by the new key").await;
    shop.message_in(&id, "delivered").await;
    let mut client = Client::connect(gateway.smpp_address()).await;
    client.bind(BindMode::Transceiver, "shop", password).await.unwrap();
    let id = client.submit(&text_to("+491700000001", b"by the new login")).await;
    assert_eq!(client.receipt().await.id, id);

    gateway.kill().await;
    gateway.start_again().await;
    let id = shop.send("+491700000001", "after a power failure").await;
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn secrets_are_shown_once() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    let made = declare_all(&gateway, &carrier).await;
    let key = made["secrets"]["keys.main"].as_str().unwrap();
    let password = made["secrets"]["smpp.password"].as_str().unwrap();

    for path in ["/v1/accounts", "/v1/accounts/shop", "/v1/upstreams/acme", "/v1/changes"] {
        let shown = admin.get(path).await.ok().to_string();
        assert!(!shown.contains(key) && !shown.contains(password) && !shown.contains("their-pw"), "{shown}");
    }
    // What is put back as it was read keeps the secrets that it doesn't show.
    let account = json!({ "keys": [{ "name": "main" }], "smpp": { "system_id": "shop" }, "rate": 100.0 });
    let again = admin.put("/v1/accounts/shop", &account).await.ok();
    assert_eq!(again.get("secrets"), None, "{again}");
    Http::new(&gateway.url(), Some(key)).send("+491700000001", "the key is the same").await;
    assert!(!gateway.log().contains(key), "the log tells a key");
}

#[tokio::test]
async fn every_change_is_recorded() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    declare_all(&gateway, &carrier).await;
    admin.delete("/v1/accounts/shop?allow_empty=true").await.with(204);

    let page = admin.get("/v1/changes").await.ok();
    let changes: Vec<&Value> = page["changes"].as_array().unwrap().iter().collect();
    let named = |change: &&Value| format!("{} {}", change["kind"], change["name"]).replace('"', "");
    let names: Vec<String> = changes.iter().map(named).collect();
    assert_eq!(names, ["account shop", "account shop", "route world", "upstream acme"]);
    assert!(changes.iter().all(|change| change["who"] == "tester"), "{page}");
    assert!(changes[0]["after"].is_null() && changes[1]["before"].is_null(), "{page}");
    assert_eq!(changes[3]["after"]["system_id"], "postrider");
}

#[tokio::test]
async fn what_is_taken_away_is_gone_at_once() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    let made = declare_all(&gateway, &carrier).await;
    let shop = Http::new(&gateway.url(), made["secrets"]["keys.main"].as_str());
    let message = json!({ "to": "+491700000001", "text": "x" });

    admin.put("/v1/accounts/shop", &json!({ "enabled": false, "keys": [{ "name": "main" }] })).await.ok();
    assert_eq!(shop.post("/v1/messages", &message).await.status, 403);
    admin.put("/v1/accounts/shop", &json!({ "keys": [{ "name": "main" }, { "name": "other" }] })).await.ok();
    shop.post("/v1/messages", &message).await.accepted();
    admin.delete("/v1/accounts/shop/keys/main").await.with(204);
    assert_eq!(shop.post("/v1/messages", &message).await.status, 401);

    // A way out that a route needs can't be taken away, the route can.
    let kept = admin.delete("/v1/upstreams/acme").await;
    assert_eq!((kept.status, &kept.body["code"]), (409, &json!("in_use")), "{}", kept.body);
    admin.delete("/v1/routes/world?allow_empty=true").await.with(204);
    admin.delete("/v1/upstreams/acme?allow_empty=true").await.with(204);
    within("the gateway to leave", carrier.until(|counts| counts.connections == 0)).await;
}

#[tokio::test]
async fn how_the_links_of_an_upstream_stand_is_told() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let in_state = async |state: &str| {
        let first = async || {
            let link = admin.get("/v1/upstreams/acme").await.ok()["links"][0].clone();
            (link["state"] == state).then_some(link)
        };
        eventually(&format!("the link to be {state}"), first).await
    };
    assert_eq!(in_state("up").await, json!({ "state": "up" }));
    carrier.stop().await;
    let down = in_state("down").await;
    assert!(down["reason"].is_string() && down["retry_in"].is_u64(), "{down}");
    let all = admin.get("/v1/upstreams").await.ok();
    assert_eq!(all["upstreams"][0]["links"].as_array().map(Vec::len), Some(1), "{all}");
}

#[tokio::test]
async fn single_fields_are_changed_and_only_what_was_read() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    let made = declare_all(&gateway, &carrier).await;
    let tag = |answer: &Answer| answer.headers["etag"].to_str().unwrap().to_owned();
    let read = admin.get("/v1/accounts/shop").await;
    let first = tag(&read);

    let patch = json!({ "rate": 50, "smpp": { "window": 7 } });
    let patched =
        admin.ask(Method::PATCH, "/v1/accounts/shop", &[("if-match", &first)], Some(&patch)).await.unwrap();
    assert_eq!((patched.status, &patched.body["rate"]), (200, &json!(50.0)), "{}", patched.body);
    assert_eq!(
        (&patched.body["smpp"]["window"], &patched.body["smpp"]["system_id"]),
        (&json!(7), &json!("shop"))
    );
    assert_ne!(tag(&patched), first);
    // The secrets are those of before.
    let shop = Http::new(&gateway.url(), made["secrets"]["keys.main"].as_str());
    assert_eq!(shop.get("/v1/messages").await.status, 200);

    // Who has read what it was before changes nothing.
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        let late =
            admin.ask(method, "/v1/accounts/shop", &[("if-match", &first)], Some(&json!({}))).await.unwrap();
        assert_eq!((late.status, &late.body["code"]), (412, &json!("precondition_failed")));
    }
    let back =
        admin.ask(Method::PATCH, "/v1/accounts/shop", &[], Some(&json!({ "rate": null }))).await.unwrap();
    assert_eq!((back.status, &back.body["rate"]), (200, &Value::Null));
    for (patch, status, field) in [
        (json!({ "rats": 5 }), 400, "rats"),
        (json!({ "rate": "fast" }), 400, "rate"),
        (json!({ "rate": -1 }), 422, "accounts.shop.rate"),
    ] {
        let wrong = admin.ask(Method::PATCH, "/v1/accounts/shop", &[], Some(&patch)).await.unwrap();
        assert_eq!((wrong.status, &wrong.body["field"]), (status, &json!(field)), "{}", wrong.body);
    }
    assert_eq!(
        admin.ask(Method::PATCH, "/v1/accounts/nobody", &[], Some(&json!({}))).await.unwrap().status,
        404
    );
    let anew = [("if-none-match", "*")];
    let there = admin.ask(Method::PUT, "/v1/accounts/shop", &anew, Some(&json!({}))).await.unwrap();
    assert_eq!(there.status, 412);
    assert_eq!(
        admin.ask(Method::PUT, "/v1/accounts/club", &anew, Some(&json!({}))).await.unwrap().status,
        201
    );
}

#[tokio::test]
async fn what_the_file_declares_can_only_be_read() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let account = admin.get("/v1/accounts/shop").await.ok();
    assert_eq!(account["origin"], "file");
    for path in ["/v1/accounts/shop", "/v1/upstreams/acme", "/v1/routes/world"] {
        let mut document = admin.get(path).await.ok();
        document.as_object_mut().unwrap().remove("origin");
        let put = admin.put(path, &document).await;
        assert_eq!((put.status, &put.body["code"]), (409, &json!("declared_in_file")), "{}", put.body);
        assert_eq!(admin.delete(path).await.status, 409, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    declare_all(&gateway, &carrier).await;
    admin.put("/v1/accounts/bare", &json!({})).await.with(201);

    for (path, words) in [
        ("/v1/accounts/nobody", "there is no account 'nobody'"),
        ("/v1/routes/nowhere", "there is no route 'nowhere'"),
        ("/v1/accounts/nobody/keys/main", "there is no account 'nobody'"),
        ("/v1/accounts/shop/keys/other", "the account 'shop' has no key 'other'"),
    ] {
        assert_eq!(admin.delete(path).await.with(404)["detail"], words);
    }
    for (path, words) in [
        ("/v1/accounts/bare/smpp/password", "the account 'bare' has no login for SMPP"),
        ("/v1/accounts/bare/webhook/secret", "the account 'bare' has no webhook"),
        ("/v1/accounts/nobody/webhook/secret", "there is no account 'nobody'"),
    ] {
        assert_eq!(admin.post(path, &json!({})).await.with(404)["detail"], words);
    }
    let taken = admin.post("/v1/accounts/shop/keys", &json!({ "name": "main" })).await.with(409);
    assert_eq!(taken["code"], "name_taken", "{taken}");
}

#[tokio::test]
async fn a_declaration_that_is_wrong_changes_nothing() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let wrong = [
        ("/v1/routes/france", json!({ "prefix": "33", "upstreams": ["nowhere"] }), 422),
        ("/v1/routes/france", json!({ "prefix": "+33", "upstreams": ["acme"] }), 422),
        ("/v1/routes/second", json!({ "prefix": "", "upstreams": ["acme"] }), 422),
        ("/v1/accounts/Shop", json!({}), 422),
        ("/v1/accounts/other", json!({ "rate": -1.0 }), 422),
        ("/v1/accounts/other", json!({ "smpp": { "system_id": "shop" } }), 422),
        ("/v1/accounts/other", json!({ "rat": 1.0 }), 400),
        ("/v1/upstreams/other", json!({ "system_id": "x" }), 400),
        ("/v1/upstreams/other", json!({ "host": "h", "system_id": "x", "window": 0 }), 422),
    ];
    for (path, document, status) in wrong {
        let answer = admin.put(path, &document).await;
        assert_eq!(answer.status, status, "{path} {document}: {}", answer.body);
        assert!(answer.body["detail"].as_str().unwrap().len() > 10);
    }
    assert_eq!(admin.get("/v1/changes").await.ok()["changes"], json!([]));
}

/// An upstream, a route and an account; returns what was answered about the account.
async fn declare_all(gateway: &Gateway, carrier: &Carrier) -> Value {
    let admin = gateway.admin();
    let upstream = json!({
        "host": carrier.address().ip(), "port": carrier.address().port(),
        "system_id": "postrider", "password": "their-pw", "reconnect_max": "1s",
    });
    admin.put("/v1/upstreams/acme", &upstream).await.with(201);
    admin.put("/v1/routes/world", &json!({ "upstreams": ["acme"] })).await.with(201);
    let account = json!({ "keys": [{ "name": "main" }], "smpp": { "system_id": "shop" } });
    admin.put("/v1/accounts/shop", &account).await.with(201)
}
