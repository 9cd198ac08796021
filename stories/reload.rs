//! SIGHUP has the configuration read again: what is right takes effect whole, what is wrong changes nothing.

use crate::harness::{Http, Plan, carrier, eventually, key_of, text_to, within};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_account_is_let_in() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let mut witness = gateway.smpp("shop", BindMode::Transceiver).await;
    let late = gateway.http("late");
    assert_eq!(late.get("/v1/messages").await.status, 401);

    gateway.change(&account("late"));
    gateway.says("configuration reloaded: account 'late'").await;
    let id = late.send("+491700000001", "hello").await;
    late.message_in(&id, "delivered").await;

    // Nothing else was touched: sessions stay, on both sides.
    let id = witness.submit(&text_to("+491700000001", b"x")).await;
    assert_eq!(witness.receipt().await.id, id);
    assert!(carrier.parts().iter().all(|part| part.bind == 1), "the upstream was bound anew for nothing");
}

#[tokio::test]
async fn only_what_changed_binds_anew() {
    let (first, second) = (carrier().await, carrier().await);
    let plan = Plan::simple(first.address()).upstream("other", second.address());
    let mut gateway = plan.route("france", "33", &["other"]).start().await;
    let shop = gateway.http("shop");
    for number in ["+491700000001", "+33600000001"] {
        let id = shop.send(number, "before").await;
        shop.message_in(&id, "delivered").await;
    }

    gateway.change("upstreams.other.system_id = 'another'");
    let anew = async || {
        shop.send("+33600000001", "after").await;
        second.parts().iter().any(|part| &*part.system_id == "another").then_some(())
    };
    eventually("the upstream to bind anew", anew).await;
    shop.send("+491700000001", "after").await;
    let parts = within("the second", first.accepted_at_least(2)).await;
    assert!(parts.iter().all(|part| part.bind == 1));
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_is_explained() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let broken = format!("accounts.shop.rat = 3\n{}", account("late"));
    gateway.change(&broken);
    gateway.says("configuration not reloaded").await;
    gateway.says("did you mean").await;

    assert_eq!(gateway.http("late").get("/v1/messages").await.status, 401);
    let id = gateway.http("shop").send("+491700000001", "as before").await;
    gateway.http("shop").message_in(&id, "delivered").await;
}

#[tokio::test]
async fn an_empty_or_half_written_file_loses_nothing_unless_it_is_meant() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).with("upstreams.acme.enabled = false").start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let id = shop.send("+491700000001", "it waits").await;

    let half = "[accounts.shop]\nrate = 5\n";
    for text in ["", "# nothing yet\n[log]\nlevel = 'debug'\n", half] {
        gateway.replace_configuration(text);
        let answer = admin.post("/v1/reload", &Value::Null).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (409, &json!("nothing_left")),
            "{text}: {}",
            answer.body
        );
    }
    gateway.says("configuration not reloaded: the file would delete").await;
    assert_eq!(shop.message(&id).await["state"], "queued");

    // It is meant: even then the message stays, and goes when there is a way again.
    gateway.replace_configuration("");
    let answer = admin.post("/v1/reload?allow_empty=true", &Value::Null).await.ok();
    assert_eq!(answer["changes"].as_array().unwrap().len(), 3, "{answer}");
    assert_eq!(admin.message(&id).await["state"], "queued");
    gateway.change("upstreams.acme.enabled = true");
    gateway.says("configuration reloaded: account 'shop' is new").await;
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn an_upstream_is_renamed_in_two_steps_without_a_loss() {
    let carrier = carrier().await;
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    let upstream = json!({ "host": "127.0.0.1", "port": carrier.address().port(), "system_id": "postrider",
        "password": "pw", "enabled": false });
    admin.put("/v1/upstreams/old", &upstream).await.with(201);
    admin.put("/v1/routes/world", &json!({ "upstreams": ["old"] })).await.with(201);
    let key = "pr_0123456789abcdefghij";
    admin.put("/v1/accounts/shop", &json!({ "keys": [{ "name": "main", "key": key }] })).await.with(201);
    let shop = Http::new(&gateway.url(), Some(key));
    let id = shop.send("+491700000001", "it waits").await;

    admin.delete("/v1/routes/world?allow_empty=true").await.with(204);
    admin.delete("/v1/upstreams/old?allow_empty=true").await.with(204);
    let upstream = json!({ "host": "127.0.0.1", "port": carrier.address().port(), "system_id": "postrider", "password": "pw" });
    admin.put("/v1/upstreams/new", &upstream).await.with(201);
    admin.put("/v1/routes/world", &json!({ "upstreams": ["new"] })).await.with(201);
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn the_last_of_a_kind_is_deleted_when_it_is_said() {
    let gateway = Plan::new().start().await;
    let admin = gateway.admin();
    admin.put("/v1/accounts/shop", &json!({})).await.with(201);
    let kept = admin.delete("/v1/accounts/shop").await;
    assert_eq!((kept.status, &kept.body["code"]), (409, &json!("nothing_left")), "{}", kept.body);
    admin.put("/v1/accounts/bank", &json!({})).await.with(201);
    admin.delete("/v1/accounts/shop").await.with(204);
    admin.delete("/v1/accounts/bank?allow_empty=true").await.with(204);
}

fn account(name: &str) -> String {
    format!("[accounts.{name}]\nkeys = [{{ name = 'main', key = '{}' }}]", key_of(name))
}
