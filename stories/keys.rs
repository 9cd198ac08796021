//! Keys and names belong to one account: what they may be used for, from where and how long, and that nobody inherits them.

use crate::harness::{Authority, Http, Plan, carrier, key_of};
use serde_json::{Value, json};

const NUMBER: &str = "+491700000001";
const OLD: &str = "pr_old_0123456789abcdefghij";
const NEW: &str = "pr_new_0123456789abcdefghij";

fn ids(list: &Value) -> Vec<&str> {
    list["messages"].as_array().unwrap().iter().filter_map(|message| message["id"].as_str()).collect()
}

#[tokio::test]
async fn a_new_account_by_an_old_name_sees_nothing_of_the_old() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let by = |key: &str| Http::new(&gateway.url(), Some(key));
    let account = |key: &str| json!({ "keys": [{ "name": "main", "key": key }] });
    admin.put("/v1/accounts/club", &account(OLD)).await.with(201);
    let once = [("idempotency-key", "order-7")];
    let message = json!({ "to": NUMBER, "text": "for the old members" });
    let sent =
        by(OLD).ask(reqwest::Method::POST, "/v1/messages", &once, Some(&message)).await.unwrap().accepted();
    let id = sent["id"].as_str().unwrap();

    admin.delete("/v1/accounts/club").await.with(204);
    admin.put("/v1/accounts/club", &account(NEW)).await.with(201);
    assert_eq!(by(NEW).get(&format!("/v1/messages/{id}")).await.status, 404);
    assert_eq!(ids(&by(NEW).get("/v1/messages").await.ok()), Vec::<&str>::new());
    let other =
        by(NEW).ask(reqwest::Method::POST, "/v1/messages", &once, Some(&message)).await.unwrap().accepted();
    assert_ne!(other["id"], sent["id"], "the idempotency key was the old account's");
    // Even with the very key of the old one.
    admin.delete("/v1/accounts/club").await.with(204);
    admin.put("/v1/accounts/club", &account(OLD)).await.with(201);
    assert_eq!(by(OLD).get(&format!("/v1/messages/{id}")).await.status, 404);
    assert_eq!(admin.message(id).await["id"], sent["id"], "administrators see it still");
}

#[tokio::test]
async fn a_file_account_that_comes_back_is_known_by_its_secrets() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let declared = |key: &str| format!("[accounts.club]\nkeys = [{{ name = 'main', key = '{key}' }}]\n");
    let without = gateway.configuration();
    gateway.change(&declared(OLD));
    gateway.says("account 'club' is new").await;
    let old = Http::new(&gateway.url(), Some(OLD));
    let id = old.send(NUMBER, "for the old members").await;

    let reload = async |text: String| {
        gateway.replace_configuration(&text);
        gateway.admin().post("/v1/reload", &Value::Null).await.ok();
    };
    reload(without.clone()).await;
    reload(format!("{without}\n{}", declared(OLD))).await;
    assert_eq!(ids(&old.get("/v1/messages").await.ok()), [&*id], "it was left out by mistake");

    reload(without.clone()).await;
    reload(format!("{without}\n{}", declared(NEW))).await;
    let new = Http::new(&gateway.url(), Some(NEW));
    assert_eq!(ids(&new.get("/v1/messages").await.ok()), Vec::<&str>::new());
}

#[tokio::test]
async fn a_key_is_for_what_it_was_made() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let keys = json!({ "keys": [
        { "name": "main", "key": key_of("club") },
        { "name": "send", "key": "pr_send_0123456789abcdefghij", "scopes": ["send"] },
        { "name": "read", "key": "pr_read_0123456789abcdefghij", "scopes": ["read"] },
        { "name": "elsewhere", "key": "pr_elsewhere_0123456789abcdefghij", "allow": ["192.0.2.0/24"] },
        { "name": "here", "key": "pr_here_0123456789abcdefghij", "allow": ["127.0.0.0/8"], "expires": "2099-12-31" },
        { "name": "late", "key": "pr_late_0123456789abcdefghij", "expires": "2020-01-01T00:00:00Z" },
    ] });
    admin.put("/v1/accounts/club", &keys).await.with(201);
    let message = json!({ "to": NUMBER, "text": "x" });
    let cases = [
        ("send", 202, 403, "out_of_scope"),
        ("read", 403, 200, "out_of_scope"),
        ("elsewhere", 401, 401, "invalid_key"),
        ("here", 202, 200, ""),
        ("late", 401, 401, "key_expired"),
    ];
    for (name, send, read, code) in cases {
        let caller = Http::new(&gateway.url(), Some(&format!("pr_{name}_0123456789abcdefghij")));
        let (sent, list) = (caller.post("/v1/messages", &message).await, caller.get("/v1/messages").await);
        assert_eq!((sent.status, list.status), (send, read), "{name}: {} {}", sent.body, list.body);
        let refused = [sent, list].into_iter().find(|answer| answer.status >= 400);
        assert_eq!(refused.map_or(json!(""), |answer| answer.body["code"].clone()), code, "{name}");
    }
    let shown = admin.get("/v1/accounts/club").await.ok();
    let used = shown["keys_used"].as_object().unwrap();
    let names: Vec<&str> = used.keys().map(String::as_str).collect();
    assert_eq!(names, ["here", "read", "send"], "{shown}");
    // What was read can be put back, and a key made with limits.
    admin.put("/v1/accounts/club", &shown).await.ok();
    let made = json!({ "name": "reports", "scopes": ["read"], "expires": "2099-12-31" });
    let made = admin.post("/v1/accounts/club/keys", &made).await.ok();
    let reports = Http::new(&gateway.url(), made["secrets"]["keys.reports"].as_str());
    assert_eq!(
        (reports.get("/v1/messages").await.status, reports.post("/v1/messages", &message).await.status),
        (200, 403)
    );
}

#[tokio::test]
async fn files_and_endpoints_that_cannot_be_right_are_refused_when_they_are_declared() {
    let (gateway, authority) = (Plan::new().start().await, Authority::new("the authority"));
    let admin = gateway.admin();
    let upstream = json!({ "host": "h", "system_id": "s", "tls": { "verify": "ca_file", "ca_file": "/nonexistent.pem" } });
    let refused = admin.put("/v1/upstreams/acme", &upstream).await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (422, &json!("upstreams.acme.tls.ca_file")),
        "{}",
        refused.body
    );
    for (webhook, status) in [
        (json!({ "url": "http://shop.example/sms" }), 422),
        (json!({ "url": "https://shop.example:22/sms" }), 422),
        (json!({ "url": "http://shop.example/sms", "allow_http": true }), 201),
        (json!({ "url": "https://shop.example/sms" }), 200),
        (json!({ "url": "https://shop.example/sms", "ca_file": "/nonexistent.pem" }), 422),
        (json!({ "url": "https://shop.example/sms", "ca_file": authority.ca_file() }), 200),
    ] {
        let answer = admin.put("/v1/accounts/shop", &json!({ "webhook": webhook })).await;
        assert_eq!(answer.status, status, "{webhook} {}", answer.body);
    }
    // Two secrets sign while one is rotated.
    admin.post("/v1/accounts/shop/webhook/secret", &Value::Null).await.ok();
    admin.delete("/v1/accounts/shop/webhook/previous_secret").await.with(204);
}

#[tokio::test]
async fn an_account_is_told_its_limits_and_held_to_them() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    let club = json!({ "rate": 3, "request_rate": 1, "keys": [{ "name": "main", "key": OLD }] });
    admin.put("/v1/accounts/club", &club).await.with(201);
    let by = Http::new(&gateway.url(), Some(OLD));
    let headers = |answer: &crate::harness::Answer| {
        ["ratelimit-policy", "ratelimit"]
            .map(|name| answer.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned())
    };

    let sent = by.post("/v1/messages", &json!({ "to": NUMBER, "text": "x" })).await;
    let [policy, left] = headers(&sent);
    assert_eq!((sent.status, &*policy), (202, r#""parts";q=3;qu="parts";w=1"#));
    assert!(left.starts_with(r#""parts";r="#), "{left}");

    let list = by.get("/v1/messages").await;
    assert_eq!((list.status, &*headers(&list)[0]), (200, r#""requests";q=10;w=10"#));
    // A busy machine may take seconds for this, and win back some requests meanwhile.
    let mut refused = by.get("/v1/inbound").await;
    for _ in 0..1_000 {
        if refused.status != 200 {
            break;
        }
        refused = by.get("/v1/inbound").await;
    }
    assert_eq!((refused.status, &refused.body["code"]), (429, &json!("too_many_requests")));
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(headers(&refused)[1].starts_with(r#""requests";r=0;t="#), "{:?}", refused.headers);
    assert!(gateway.metric("postrider_requests_limited_total").await >= 1.0);
    assert_eq!(gateway.http("shop").get("/v1/messages").await.status, 200, "others are not held up");
    assert_eq!(headers(&admin.get("/v1/messages").await), ["", ""]);
}

#[tokio::test]
async fn an_administrators_key_is_for_what_its_scopes_say() {
    let carrier = carrier().await;
    let keys = ["reader", "writer", "tracer"].map(|name| format!("{name} = '{}'", administrators(name)));
    let scopes = "[admin.scopes]\nreader = ['read']\nwriter = ['write']\ntracer = ['trace']";
    let plan = Plan::simple(carrier.address()).with(&format!("[admin.keys]\n{}\n{scopes}", keys.join("\n")));
    let gateway = plan.start().await;
    let club = json!({ "keys": [{ "name": "main", "key": OLD }] });
    for (name, read, write, trace) in
        [("reader", 200, 403, 403), ("writer", 403, 201, 403), ("tracer", 403, 403, 200)]
    {
        let by = Http::new(&gateway.url(), Some(&administrators(name)));
        for path in ["/v1/accounts", "/v1/messages", "/v1/changes", "/v1/nodes"] {
            assert_eq!(by.get(path).await.status, read, "{name} {path}");
        }
        let put = by.put("/v1/accounts/club", &club).await;
        assert_eq!(put.status, write, "{name}: {}", put.body);
        assert_eq!(by.get("/v1/trace/recent?account=shop").await.status, trace, "{name}");
        let reload = by.post("/v1/reload", &Value::Null).await;
        assert_eq!(reload.status == 403, write == 403, "{name}: {}", reload.body);
    }
    assert_eq!(gateway.admin().get("/v1/accounts/club").await.status, 200, "a key without scopes has all");
}

fn administrators(name: &str) -> String {
    format!("the-key-of-the-{name}-0123456789")
}
