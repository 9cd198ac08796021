//! Settings in the console: forms that are made of the API's description; routes that are tried before they hold.

use super::signed_in;
use crate::harness::{ADMIN_KEY, Plan, carrier, key_of};
use serde_json::json;

#[tokio::test]
async fn a_route_is_added_tried_on_messages_changed_and_deleted() {
    let (one, other) = (carrier().await, carrier().await);
    let gateway = Plan::simple(one.address()).upstream("other", other.address()).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+447700900123", "Hello").await;
    shop.message_in(&id, "delivered").await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/routes").await.says("/console/add/routes").says("/console/settings/limits");
    admin
        .open("/console/add/routes")
        .await
        .says("name=\"set.upstreams\"")
        .says("name=\"set.rewrite.text_after\"");

    let wrong = [("name", "uk"), ("set.upstreams", "nobody"), ("set.order", "5"), ("before", "{}")];
    admin.submit("/console/add/routes", &wrong).await.with(422).says("nobody").says("value=\"5\"");
    let right = [
        ("name", "uk"),
        ("set.upstreams", "other\r\n"),
        ("set.order", "5"),
        ("set.prefix", "44"),
        ("before", "{}"),
    ];
    let tried = admin
        .submit("/console/add/routes", &[&right[..], &[("action", "try"), ("since", "1h")]].concat())
        .await;
    tried.with(200).says("What would have become of messages").says("<td>acme</td><td>other</td>");
    gateway.admin().get("/v1/routes/uk").await.with(404);
    let done = admin.submit("/console/add/routes", &right).await;
    admin.open(done.leads_to()).await.says("/console/settings/routes/uk");
    let kept = gateway.admin().get("/v1/routes/uk").await.ok();
    assert_eq!(
        (&kept["upstreams"], &kept["order"], &kept["prefix"]),
        (&json!(["other"]), &json!(5), &json!("44"))
    );
    admin.submit("/console/add/routes", &right).await.with(409).says("already");

    // Only what was changed is asked for: somebody else's change of another setting stays.
    let page = admin.open("/console/settings/routes/uk").await;
    page.says("value=\"44\"").says("Try without this route");
    let others = json!({ "upstreams": ["other"], "order": 7, "prefix": "44" });
    gateway.admin().put("/v1/routes/uk", &others).await.ok();
    let before = json!({ "upstreams": ["other"], "order": 5, "prefix": "44" }).to_string();
    let change = [
        ("before", &*before),
        ("set.upstreams", "other"),
        ("set.order", "5"),
        ("set.prefix", "447"),
        ("set.classes.otp", "on"),
    ];
    let done = admin.submit("/console/settings/routes/uk", &change).await;
    admin.open(done.leads_to()).await.says("It was changed");
    let kept = gateway.admin().get("/v1/routes/uk").await.ok();
    assert_eq!(
        (&kept["prefix"], &kept["order"], &kept["classes"]),
        (&json!("447"), &json!(7), &json!(["otp"]))
    );

    admin.submit("/console/settings/routes/uk/delete", &[("confirm", "world")]).await.with(400);
    let done = admin.submit("/console/settings/routes/uk/delete", &[("confirm", "uk")]).await;
    admin.open(done.leads_to()).await.says("It was deleted");
    gateway.admin().get("/v1/routes/uk").await.with(404);
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    customer.open("/console/add/routes").await.with(403);
}

#[tokio::test]
async fn what_the_file_declares_is_shown_and_changed_there() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    let page = admin.open("/console/settings/accounts/shop").await.says("declared in the configuration file");
    assert!(!page.text.contains(">Change</button>"));
    assert!(!page.text.contains(&key_of("shop")), "keys have a form of their own");
}

#[tokio::test]
async fn an_accounts_limits_and_webhook_and_every_other_kind_have_forms() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let api = gateway.admin();
    api.put("/v1/accounts/desk", &json!({ "rate": 5 })).await.with(201);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/accounts/desk").await.says("/console/settings/accounts/desk");
    let before = json!({ "rate": 5 }).to_string();
    let change = [
        ("before", &*before),
        ("set.rate", "20"),
        ("set.allow_to", "44\r\n49"),
        ("set.webhook.url", "https://shop.example/sms"),
        ("set.enabled", "true"),
    ];
    let done = admin.submit("/console/settings/accounts/desk", &change).await;
    assert!(done.leads_to().starts_with("/console/accounts/desk"));
    let kept = api.get("/v1/accounts/desk").await.ok();
    assert_eq!((&kept["rate"], &kept["allow_to"]), (&json!(20.0), &json!(["44", "49"])));
    assert_eq!(kept["webhook"]["url"], json!("https://shop.example/sms"));

    for (list, fields, said) in [
        ("limits", &[("set.accounts", "desk"), ("set.day", "100")][..], "day <bdi>100</bdi>"),
        ("policies", &[("set.accounts", "desk"), ("set.block_to", "7998")], "7998"),
        ("pauses", &[("set.upstreams", "acme"), ("set.reason", "works at night")], "works at night"),
        (
            "lookups",
            &[("set.protocol", "enum"), ("set.server", "127.0.0.1:53"), ("set.countries", "GB")],
            "enum",
        ),
        ("numbers", &[("set.account", "desk")], "desk"),
        (
            "rules",
            &[("set.account", "desk"), ("set.when.keywords", "HOURS"), ("set.then.reply", "9 to 18")],
            "HOURS",
        ),
    ] {
        let name = if list == "numbers" { "60009" } else { "extra" };
        admin.open(&format!("/console/add/{list}")).await.with(200);
        let form = [&[("name", name), ("before", "{}")][..], fields].concat();
        let done = admin.submit(&format!("/console/add/{list}"), &form).await;
        admin.open(done.leads_to()).await.says(said);
        admin.open(&format!("/console/settings/{list}/{name}")).await.says("Delete it");
    }
}

#[tokio::test]
async fn many_messages_are_counted_and_canceled_with_a_reason() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("desk").start().await;
    let hold = json!({ "accounts": ["shop"], "reason": "a test" });
    gateway.admin().put("/v1/pauses/all", &hold).await.with(201);
    let shop = gateway.http("shop");
    let mut waiting = Vec::new();
    for recipient in ["+491700000001", "+491700000002", "+447700900123"] {
        waiting.push(shop.send(recipient, "Hello").await);
    }
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/messages?account=shop").await.says("/console/message-actions?account=shop");
    let german = "/console/message-actions?count=1&action=cancel&account=shop&prefixes=49";
    admin.open(german).await.says("Messages that match: 2.").says("Cancel 2 messages");
    let form = [("action", "cancel"), ("account", "shop"), ("prefixes", "49"), ("counted", "2")];
    admin.submit("/console/message-actions", &form).await.with(400).says("reason");
    let form = [&form[..], &[("reason", "sent by mistake")]].concat();
    let begun = admin.submit("/console/message-actions", &form).await;
    let job = begun.leads_to().to_owned();
    admin.follow(&format!("{job}/stream"), "Cancel: Done").await;
    admin.open(&job).await.says("sent by mistake").says("prefixes");
    admin.open("/console/message-actions/jobs").await.says(&job).says("sent by mistake");
    admin.submit(&format!("{job}/stop"), &[]).await.with(409);
    for (id, state) in waiting.iter().zip(["canceled", "canceled", "queued"]) {
        assert_eq!(shop.message(id).await["state"], state);
    }
    let many = [("action", "cancel"), ("counted", "1500"), ("reason", "x"), ("confirm", "15")];
    admin.submit("/console/message-actions", &many).await.with(400).says("1500");
    let mut customer = signed_in(&gateway, &key_of("desk")).await;
    customer.open("/console/message-actions").await.with(403);
}

#[tokio::test]
async fn messages_are_sent_again_and_again_and_dead_numbers_are_seen() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = signed_in(&gateway, &key_of("shop")).await;
    shop.open("/console/compose").await.says("/console/schedules");
    let wrong = [("to", "+491700000001"), ("text", "Good morning"), ("cron", "never")];
    shop.submit("/console/schedules", &wrong).await.with(422).says("never");
    let right = [
        ("to", "+491700000001"),
        ("text", "Good morning"),
        ("cron", "0 9 * * 1-5"),
        ("zone", "Europe/Berlin"),
    ];
    let made = shop.submit("/console/schedules", &right).await;
    let page = shop.open(made.leads_to()).await.says("0 9 * * 1-5").says("Europe/Berlin");
    let id = page.text.split("/console/schedules/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let act = |action: &str| format!("/console/schedules/{id}/act/{action}");
    let paused = shop.submit(&act("pause"), &[]).await;
    shop.open(paused.leads_to()).await.says("Resume");
    let canceled = shop.submit(&act("cancel"), &[]).await;
    shop.open(canceled.leads_to()).await.says("Canceled");
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/dead-numbers").await.says("There is none.");
    admin
        .open("/console/dead-numbers?number=%2B491700000001")
        .await
        .says("Nothing is known against this number.");
}
