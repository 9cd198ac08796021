//! Messages go by the first route whose conditions they meet, and an explanation says so beforehand.

use crate::harness::{Plan, carrier, carrier_with, eventually};
use postrider_simulator::carrier::{Fate, Settings, State};
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

#[tokio::test]
async fn routes_are_tried_before_they_are_in_force() {
    let (acme, other) = (carrier().await, carrier().await);
    let plan = Plan::simple(acme.address()).upstream("other", other.address());
    let costs = "[routes.world]\ncosts = { acme = 0.02, other = 0.01 }\nupstreams = ['acme', 'other']";
    let gateway = plan.with(costs).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    for to in ["+447700900123", "+447700900124", "+491701234567"] {
        let id = shop.send(to, "hello").await;
        shop.message_in(&id, "delivered").await;
    }
    let british = json!({ "prefix": "44", "upstreams": ["other"], "costs": { "other": 0.01 } });
    let replay = json!({ "routes": { "british": british }, "since": "1h" });
    let answer = admin.post("/v1/routes/replay", &replay).await.ok();
    assert_eq!(
        (&answer["messages"], &answer["changed"], &answer["more"]),
        (&json!(3), &json!(2), &json!(false))
    );
    assert_eq!(answer["ways"], json!([{ "from": "acme", "to": "other", "messages": 2, "parts": 2 }]));
    assert_eq!(answer["costs"], json!([{ "before": "0.06", "after": "0.04", "difference": "-0.02" }]));
    // What is wrong is said as of a declaration, and nothing is in force.
    let wrong = json!({ "routes": { "british": { "upstreams": ["nobody"] } } });
    let problem = admin.post("/v1/routes/replay", &wrong).await;
    assert_eq!((problem.status, &problem.body["field"]), (422, &json!("routes.british.upstreams[0]")));
    assert_eq!(admin.get("/v1/routes/british").await.status, 404);
    assert_eq!(shop.post("/v1/routes/replay", &replay).await.status, 403);
}

#[tokio::test]
async fn what_one_carrier_doesnt_deliver_goes_by_the_next_within_its_day() {
    let fates = [("447700900123".to_owned(), Fate::ends(&[State::Undeliverable]))].into();
    let first = carrier_with(Settings { fates, ..Settings::default() }).await;
    let second = carrier().await;
    let settings = "\
[upstreams.acme]
limits = { day = 1 }
[routes.world]
upstreams = ['acme', 'other']
after_receipt = { within = '5m' }";
    let plan = Plan::simple(first.address()).upstream("other", second.address()).with(settings);
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+447700900123", "hello").await;
    let delivered = shop.message_in(&id, "delivered").await;
    assert_eq!((&delivered["upstream"], &delivered["tried"]), (&json!("other"), &json!(["acme"])));
    assert!(delivered["timeline"].to_string().contains("undeliverable"), "{}", delivered["timeline"]);
    assert!(gateway.metric("postrider_failed_over_total{upstream=\"acme\"}").await >= 1.0);
    // The day of the first is used up.
    let id = shop.send("+447700900124", "hello").await;
    assert_eq!(shop.message_in(&id, "delivered").await["upstream"], "other");
    assert_eq!((first.counts().accepted, second.counts().accepted), (1, 2));
}

const BY_NETWORK: &str = "\
[routes.o2]
order = 10
networks = ['23410']
upstreams = ['other']";

const NUMBERING_PLAN: &str = "\
prefix,mccmnc,name,type,valid_from
447700900,23410,O2 UK,mobile,
447700901,23430,EE,mobile,2026-01-01
";

#[tokio::test]
async fn an_imported_numbering_plan_tells_networks_apart() {
    let (acme, other) = (carrier().await, carrier().await);
    let plan = Plan::simple(acme.address()).upstream("other", other.address()).with(BY_NETWORK);
    let mut gateway = plan.route("world", "", &["acme"]).start().await;
    let imported = gateway.admin().put_csv("/v1/numbering-plan", NUMBERING_PLAN).await;
    assert_eq!((imported.status, &imported.body["networks"]), (200, &json!(2)), "{}", imported.body);

    // What is wrong is refused whole, with its lines.
    let wrong = "prefix,mccmnc\n44,23410\n0044,23410\n45,1\n";
    let problem = gateway.admin().put_csv("/v1/numbering-plan", wrong).await;
    assert_eq!((problem.status, &problem.body["code"]), (422, &json!("invalid_numbering_plan")));
    let errors = problem.body["errors"].as_array().unwrap();
    let lines: Vec<_> = errors.iter().map(|error| &error["line"]).collect();
    assert_eq!(lines, [3, 4]);

    for _ in 0..2 {
        let admin = gateway.admin();
        assert_eq!(admin.get("/v1/numbering-plan").await.body["ranges"], 2);
        let found = admin.get("/v1/lookup/+447700900123").await.body;
        assert_eq!(found["network"], json!({ "mccmnc": "23410", "name": "O2 UK" }));
        let shop = gateway.http("shop");
        for (number, upstream) in [("+447700900123", "other"), ("+447700901123", "acme")] {
            let id = shop.send(number, "hello").await;
            assert_eq!(shop.message_in(&id, "delivered").await["upstream"], upstream, "{number}");
        }
        gateway.stop().await;
        gateway.start_again().await;
    }
    assert_eq!(gateway.admin().delete("/v1/numbering-plan").await.status, 204);
    assert_eq!(gateway.admin().get("/v1/lookup/+447700900123").await.body.get("network"), None);
}

const REWRITES: &str = "\
[accounts.shop]
senders = ['Shop*']
[routes.british]
order = 10
countries = ['GB']
upstreams = ['acme']
rewrite = { senders = ['+447700900999'], replace = 'names', text_after = ' STOP to 60006' }";

#[tokio::test]
async fn a_route_rewrites_what_it_takes_and_an_account_uses_its_own_senders() {
    let acme = carrier().await;
    let gateway = Plan::simple(acme.address()).with(REWRITES).route("world", "", &["acme"]).start().await;
    let shop = gateway.http("shop");
    let message = |to: &str, from: &str| json!({ "to": to, "from": from, "text": "hello" });
    let refused = shop.post("/v1/messages", &message("+447700900123", "Bank")).await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("sender_not_allowed")));
    for (to, from, text) in
        [("+447700900123", "+447700900999", "hello STOP to 60006"), ("+491701234567", "Shop 24", "hello")]
    {
        let explained = shop.post("/v1/messages/explain", &message(to, "Shop 24")).await.body;
        let accepted = shop.post("/v1/messages", &message(to, "Shop 24")).await;
        let id = accepted.body["id"].as_str().unwrap().to_owned();
        let delivered = shop.message_in(&id, "delivered").await;
        assert_eq!(
            (&delivered["from"], &delivered["text"], &delivered["to"]),
            (&json!(from), &json!(text), &json!(to))
        );
        assert_eq!(explained["from"], from);
    }
}

#[tokio::test]
async fn conversions_are_told_of_the_upstream_that_sent() {
    let acme = carrier().await;
    let gateway = Plan::simple(acme.address()).with("[accounts.shop]\nconversions = ['otp']").start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let mut ids = Vec::new();
    for to in ["+447700900123", "+447700900124", "+447700900125", "+447700900126"] {
        let id = shop.send_with(json!({ "to": to, "text": "Your code is 123456", "class": "otp" })).await;
        shop.message_in(&id, "delivered").await;
        ids.push(id);
    }
    for id in [&ids[0], &ids[0], &ids[2]] {
        let told = shop.post(&format!("/v1/messages/{id}/conversion"), &json!({})).await;
        assert_eq!(told.status, 204, "{}", told.body);
    }
    let measured = eventually("the measures", async || {
        let answer = admin.get("/v1/quality").await.ok();
        let measure = answer["quality"][0].clone();
        (measure["convertible"] == 4 && measure["converted"] == 0.5).then_some(measure)
    });
    assert_eq!(measured.await["upstream"], "acme");
}
