//! A webhook that fails is told again, unless it says that it is gone; and nobody has the gateway call its own network.

use crate::harness::{ADMIN_KEY, Browser, Gateway, Plan, Webhook, carrier, eventually};
use serde_json::{Value, json};

#[tokio::test]
async fn a_test_event_is_posted_once_and_its_outcome_answered() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = Plan::simple(carrier.address()).account("other").webhook("shop", &webhook).start().await;
    let (admin, test) = (gateway.admin(), "/v1/accounts/shop/webhook/test");
    webhook.answer_with(503);
    let answer = admin.post(test, &Value::Null).await.ok();
    assert_eq!((&answer["delivered"], &answer["status"]), (&Value::from(false), &Value::from(503)));
    let told = webhook.next().await;
    assert_eq!(
        (&told.body["type"], &told.body["data"]["account"]),
        (&Value::from("webhook.test"), &Value::from("shop"))
    );
    assert_eq!(told.header("webhook-id"), answer["id"]);

    let again = admin.post(test, &Value::Null).await;
    assert_eq!((again.status, &again.body["code"]), (429, &Value::from("too_many_tests")));
    assert_eq!(admin.post("/v1/accounts/other/webhook/test", &Value::Null).await.status, 404);
    assert_eq!(gateway.http("shop").post(test, &Value::Null).await.status, 403);
    assert!(webhook.waiting().is_none(), "it was posted again");
}

#[tokio::test]
async fn a_webhook_that_failed_is_told_again_even_after_a_power_failure() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let mut gateway = Plan::simple(carrier.address()).webhook("shop", &webhook).start().await;
    webhook.answer_with(500);
    let id = gateway.http("shop").send("+491700000001", "x").await;
    let first = webhook.next().await;
    assert_eq!((first.answered, &first.body["data"]["id"]), (500, &Value::from(id.as_str())));
    attempt(&gateway, &id, "500").await;

    gateway.kill().await;
    gateway.start_again().await;
    webhook.answer_with(204);
    let second = webhook.next().await;
    assert_eq!(second.answered, 204);
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(second.raw, first.raw, "each attempt says the same");
    attempt(&gateway, &id, "204").await;

    gateway.stop().await;
    assert_eq!(gateway.books().count("notice_log"), 0);
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_left_alone() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let mut gateway = Plan::simple(carrier.address()).webhook("shop", &webhook).start().await;
    webhook.answer_with(410);
    let id = gateway.http("shop").send("+491700000001", "x").await;
    assert_eq!(webhook.next().await.answered, 410);
    attempt(&gateway, &id, "410 (gone)").await;
    gateway.stop().await;
    assert_eq!(gateway.books().count("notice_log"), 0);
    assert!(webhook.waiting().is_none());
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let plan = Plan::simple(carrier.address()).webhook("shop", &webhook);
    let plan = plan.with(
        "accounts.shop.webhook.allow_private = false\naccounts.shop.webhook.url = 'https://127.0.0.1/'",
    );
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    let urls = [None, Some("https://localhost:8443"), Some("https://[::ffff:127.0.0.1]")];
    for url in urls {
        let mut message = serde_json::json!({ "to": "+491700000001", "text": "x" });
        if let Some(url) = url {
            message["callback_url"] = url.into();
        }
        let id = shop.send_with(message).await;
        attempt(&gateway, &id, "private address").await;
    }
    assert!(webhook.waiting().is_none(), "the gateway called its own network");
}

/// Waits until the message's timeline shows an attempt to tell it that came to this.
async fn attempt(gateway: &Gateway, id: &str, result: &str) {
    let shop = gateway.http("shop");
    let shown = async || {
        let message = shop.message(id).await;
        let is_it = |event: &Value| {
            event["event"] == "notice"
                && event["detail"].as_str().is_some_and(|detail| detail.contains(result))
        };
        message["timeline"].as_array().unwrap().iter().any(is_it).then_some(())
    };
    eventually(&format!("an attempt that came to '{result}'"), shown).await;
}

#[tokio::test]
async fn what_was_told_is_told_again_on_demand() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let numbers = "[numbers.60006]\naccount = 'shop'\n";
    let gateway = Plan::simple(carrier.address()).with(numbers).webhook("shop", &webhook).start().await;
    let (admin, replay) = (gateway.admin(), "/v1/accounts/shop/replay");
    let id = gateway.http("shop").send("+491700000001", "x").await;
    let first = webhook.next().await;
    carrier.say("postrider", "491700000002", "60006", "hello");
    let second = webhook.next().await;

    let since = "2020-01-01T00:00:00Z";
    let page = admin.post(replay, &json!({ "since": since })).await.ok();
    assert_eq!((&page["ended"], &page["received"], &page["next"]), (&json!(1), &json!(0), &json!("inbound")));
    let again = webhook.next().await;
    assert_eq!(again.body["data"]["id"], id.as_str());
    assert_eq!(
        again.header("webhook-id"),
        first.header("webhook-id"),
        "it is known by the identifier that it had"
    );
    let page = admin.post(replay, &json!({ "since": since, "cursor": "inbound" })).await.ok();
    assert_eq!((&page["received"], page.get("next")), (&json!(1), None));
    assert_eq!(webhook.next().await.header("webhook-id"), second.header("webhook-id"));

    let before = json!({ "since": since, "until": "2020-01-02T00:00:00Z" });
    assert_eq!(admin.post(replay, &before).await.ok()["ended"], 0, "nothing was accepted then");
    let wrong = json!({ "since": since, "until": since });
    assert_eq!(admin.post(replay, &wrong).await.status, 422);
    assert_eq!(admin.post("/v1/accounts/nobody/replay", &before).await.status, 404);
    assert_eq!(gateway.http("shop").post(replay, &before).await.status, 403, "a key of the account may not");
}

#[tokio::test]
async fn failed_posts_of_all_accounts_are_listed_and_told_again() {
    let carrier = carrier().await;
    let (mut gone, mut broken) = (Webhook::listen().await, Webhook::listen().await);
    let plan =
        Plan::simple(carrier.address()).account("desk").webhook("shop", &gone).webhook("desk", &broken);
    let gateway = plan.start().await;
    gone.answer_with(410);
    broken.answer_with(500);
    for account in ["shop", "desk"] {
        gateway.http(account).send("+491700000001", "x").await;
    }
    let first = gone.next().await;
    broken.next().await;
    let admin = gateway.admin();
    let of = async |query: &str| {
        let list = admin.get(&format!("/v1/failed-posts?{query}")).await.ok();
        list["failed_posts"].as_array().unwrap().clone()
    };
    for query in ["account=shop", "account=desk"] {
        eventually("the failed post", async || (!of(query).await.is_empty()).then_some(())).await;
    }
    let given_up = of("given_up=true&since=1h").await;
    assert_eq!((given_up.len(), &given_up[0]["account"]), (1, &json!("shop")));
    assert!(given_up[0]["result"].as_str().unwrap().starts_with("410"), "{given_up:?}");
    assert!(of("given_up=false").await.iter().all(|post| post["again_at"].is_string()));
    let page = admin.get("/v1/failed-posts?limit=1").await.ok();
    assert!(page["next"].is_string(), "{page}");

    let mut console = Browser::new(&gateway.url());
    console.sign_in(ADMIN_KEY).await;
    console.open("/console/failed-posts?account=shop").await.says("410").says("Tell again");
    gone.answer_with(204);
    let one = given_up[0]["id"].as_str().unwrap();
    console.submit("/console/failed-posts/replay", &[("id", one)]).await.leads_to();
    assert_eq!(gone.next().await.header("webhook-id"), first.header("webhook-id"));
    let all = json!({ "since": "1h", "account": "shop" });
    let told = admin.post("/v1/failed-posts/replay", &all).await.ok();
    assert_eq!((&told["posts"], &told["ended"]), (&json!(1), &json!(1)));
    assert_eq!(gone.next().await.header("webhook-id"), first.header("webhook-id"));
    let others = json!({ "since": "1h", "account": "desk" });
    assert_eq!(admin.post("/v1/failed-posts/replay", &others).await.ok()["posts"], 0, "they are tried again");
    assert_eq!(gateway.http("shop").get("/v1/failed-posts").await.status, 403);
}
