//! Messages are priced by tariffs and paid from balances: to the last millionth, once, and never below the limit, though the
//! gateway is killed.

use crate::commands::administer;
use crate::crowd::Dice;
use crate::harness::{Gateway, Http, Plan, carrier, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const BILLED: &str = "\
[accounts.shop]
billing = { tariff = 'retail', currency = 'EUR', low_balance = '0.10', daily_caps = { DE = '0.04' } }
[upstreams.acme]
tariff = 'acme-costs'
[upstreams.other]
tariff = 'other-costs'
[routes.world]
upstreams = ['acme', 'other']
strategy = 'cheapest'";

const RETAIL: &str = "prefix,price,currency\n44,0.05,EUR\n49,0.04,EUR\n1,0.01,EUR\n";

async fn top_up(admin: &Http, account: &str, amount: &str, key: &str) -> (u16, Value) {
    let path = format!("/v1/accounts/{account}/top-ups");
    let body = json!({ "amount": amount, "note": "a test" });
    let answer = admin.ask(Method::POST, &path, &[("Idempotency-Key", key)], Some(&body)).await.unwrap();
    (answer.status, answer.body)
}

async fn balance(gateway: &Gateway) -> Value {
    gateway.http("shop").get("/v1/balances").await.ok()["balances"][0].clone()
}

#[tokio::test]
async fn a_message_is_paid_by_its_tariff_and_goes_the_cheapest_way() {
    let (acme, other) = (carrier().await, carrier().await);
    let plan = Plan::simple(acme.address()).upstream("other", other.address()).with(BILLED);
    let gateway = plan.start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let message = |to: &str| json!({ "to": to, "text": "hello" });

    // Without prices nothing is sent.
    let closed = shop.post("/v1/messages", &message("+447700900123")).await;
    assert_eq!((closed.status, &closed.body["code"]), (422, &json!("no_price")));
    let dry = admin.put_csv("/v1/tariffs/retail?dry_run=true", RETAIL).await.ok();
    assert_eq!((&dry["rates"], &dry["changes"]["new"], dry.get("imported_at")), (&json!(3), &json!(3), None));
    let wrong =
        admin.put_csv("/v1/tariffs/retail", "prefix,price,currency\n44,0.05,EUR\n44,1,EUR\n49,x,EUR\n").await;
    let lines: Vec<_> =
        wrong.body["errors"].as_array().unwrap().iter().map(|error| error["line"].clone()).collect();
    assert_eq!((wrong.status, lines), (422, vec![json!(4)]), "{}", wrong.body);
    admin.put_csv("/v1/tariffs/retail", RETAIL).await.ok();
    admin.put_csv("/v1/tariffs/acme-costs", "prefix,price,currency\n*,0.03,EUR\n").await.ok();
    admin.put_csv("/v1/tariffs/other-costs", "prefix,price,currency\n44,0.02,EUR\n49,0.06,EUR\n").await.ok();

    // Without credit neither; a top-up that comes twice is made once.
    let poor = shop.post("/v1/messages", &message("+447700900123")).await;
    assert_eq!((poor.status, &poor.body["code"]), (402, &json!("insufficient_credit")));
    assert_eq!(top_up(&admin, "shop", "0.30", "k1").await.0, 201);
    let (status, again) = top_up(&admin, "shop", "0.30", "k1").await;
    assert_eq!((status, &again["balance"]["balance"]), (200, &json!("0.30")));
    assert_eq!(top_up(&admin, "shop", "0.40", "k1").await.0, 422);

    eventually("the second link", async || {
        let answer = admin.post("/v1/messages/explain?account=shop", &message("+447700900123")).await;
        (answer.body["routing"]["candidates"][1]["up"] == true).then_some(())
    })
    .await;
    let explained = admin.post("/v1/messages/explain?account=shop", &message("+447700900123")).await.body;
    assert_eq!(explained["price"], json!({ "currency": "EUR", "part": "0.05", "total": "0.05" }));
    assert_eq!(explained["routing"]["cost"], json!({ "currency": "EUR", "cost": "0.02", "margin": "0.03" }));
    let id = shop.send("+447700900123", "hello").await;
    let delivered = shop.message_in(&id, "delivered").await;
    assert_eq!(
        (&delivered["upstream"], &delivered["price"], delivered.get("cost")),
        (&json!("other"), &json!("0.05"), None)
    );
    let seen = admin.message(&id).await;
    assert_eq!((&seen["cost"], &seen["currency"]), (&json!("0.02"), &json!("EUR")));

    // What would cost more than it brings goes by another way, or not at all.
    let id = shop.send("+4915112345678", "hello").await;
    assert_eq!(shop.message_in(&id, "delivered").await["upstream"], "acme");
    let loss = shop.post("/v1/messages", &message("+12025550123")).await;
    assert_eq!((loss.status, &loss.body["code"]), (422, &json!("below_cost")));
    let capped = shop.post("/v1/messages", &message("+4915112345678")).await;
    assert_eq!((capped.status, &capped.body["code"]), (402, &json!("daily_cap_reached")));

    // A price is given back where nothing was delivered.
    let later = json!({ "to": "+447700900123", "text": "hello", "send_at": "2099-01-01T00:00:00Z" });
    assert_eq!(shop.post("/v1/messages", &later).await.status, 422);
    let tomorrow = json!({ "to": "+447700900123", "text": "hello", "send_at": in_a_day() });
    let id = shop.send_with(tomorrow).await;
    assert_eq!(balance(&gateway).await["available"], "0.16");
    assert_eq!(shop.delete(&format!("/v1/messages/{id}")).await.ok()["state"], "canceled");
    assert_eq!(balance(&gateway).await["balance"], "0.21");
    let entries = shop.get("/v1/entries").await.ok();
    let sum: f64 = entries["entries"].as_array().unwrap().iter().map(amount).sum();
    assert!((sum - 0.21).abs() < 1e-9, "{entries}");
    reports_count(&admin, &shop).await;
}

#[tokio::test]
async fn what_a_wrong_tariff_sold_is_corrected_once() {
    let carrier = carrier().await;
    let billing = "[accounts.shop]\nbilling = { tariff = 'retail', currency = 'EUR' }";
    let gateway = Plan::simple(carrier.address()).with(billing).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    admin.put_csv("/v1/tariffs/retail", "prefix,price,currency\n*,0.50,EUR\n").await.ok();
    assert_eq!(top_up(&admin, "shop", "5.00", "k1").await.0, 201);
    for number in ["+447700900123", "+4915112345678"] {
        let id = shop.send(number, "hello").await;
        shop.message_in(&id, "delivered").await;
    }
    let later =
        shop.send_with(json!({ "to": "+447700900123", "text": "later", "send_at": in_a_day() })).await;
    assert_eq!(balance(&gateway).await["balance"], "3.50");

    // The price was ten times what was meant, for one country.
    admin.put_csv("/v1/tariffs/retail", "prefix,price,currency\n*,0.50,EUR\n44,0.05,EUR\n").await.ok();
    let month = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let rerate = async |post: bool| {
        let asked = json!({ "since": month.to_string(), "post": post });
        let answer = admin.post("/v1/accounts/shop/reratings", &asked).await;
        (answer.status, answer.body)
    };
    let (status, found) = rerate(false).await;
    assert_eq!((status, &found["messages"], &found["open"]), (200, &json!(2), &json!(1)), "{found}");
    assert_eq!(
        [&found["charged"], &found["rerated"], &found["owed"]],
        ["1.00", "0.55", "0.45"].map(Value::from).each_ref()
    );
    let repriced = &found["repriced"];
    assert_eq!((&repriced[0]["to"], &repriced[0]["now"]), (&json!("+447700900123"), &json!("0.05")));
    assert_eq!(balance(&gateway).await["balance"], "3.50", "nothing was asked to be posted");

    let (status, posted) = rerate(true).await;
    assert_eq!((status, &posted["entry"]["amount"], &posted["owed"]), (201, &json!("0.45"), &json!("0.00")));
    assert_eq!(balance(&gateway).await["balance"], "3.95");
    let (status, again) = rerate(true).await;
    assert_eq!((status, &again["corrected"], again.get("entry")), (200, &json!("0.45"), None));

    // A part of the same days would be corrected twice.
    let next = month.tomorrow().unwrap();
    let some = json!({ "since": month.to_string(), "until": next.to_string() });
    let refused = admin.post("/v1/accounts/shop/reratings", &some).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("overlapping_correction")));
    let wrong = json!({ "since": month.to_string(), "until": "2099-01-01" });
    let refused = admin.post("/v1/accounts/shop/reratings", &wrong).await;
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("until")), "{}", refused.body);
    let foreign = shop.post("/v1/accounts/shop/reratings", &some).await;
    assert_eq!(foreign.status, 403, "an account corrects nothing");

    // One that ends later is found then.
    assert_eq!(shop.delete(&format!("/v1/messages/{later}")).await.ok()["state"], "canceled");
    let day = month.to_string();
    let (_, told, _) = administer(&gateway, &["balance", "rerate", "shop", "--since", &day]).await;
    assert!(told.contains("3 messages, 3 parts") && told.contains("owed       0.00"), "{told}");
    let (_, csv, _) = administer(&gateway, &["balance", "rerate", "shop", "--since", &day, "--csv"]).await;
    assert!(csv.starts_with("id,to,parts,before,now,charged,rerated\n") && csv.lines().count() == 3, "{csv}");
}

/// Reports count the three ends.
async fn reports_count(admin: &Http, shop: &Http) {
    let report = eventually("the report", async || {
        let report = admin.get("/v1/reports?by=account,country,upstream").await.ok();
        let lines = report["lines"].as_array().unwrap();
        let ended: u64 = lines.iter().filter_map(|line| line["messages"].as_u64()).sum();
        (ended == 3).then_some(report)
    })
    .await;
    let lines = report["lines"].as_array().unwrap();
    let german = lines.iter().find(|line| line["country"] == "DE").unwrap();
    assert_eq!(
        (&german["messages"], &german["price"], &german["margin"]),
        (&json!(1), &json!("0.04"), &json!("0.01"))
    );
    let own = shop.get("/v1/reports?by=country").await.ok();
    assert!(own["lines"][0].get("cost").is_none() && own["lines"][0]["messages"] == 1, "{own}");
    let csv = admin.get("/v1/reports/csv?by=country").await.ok();
    assert!(csv.as_str().unwrap().starts_with("country,messages,parts,delivered"), "{csv}");
}

fn amount(entry: &Value) -> f64 {
    entry["amount"].as_str().unwrap().parse().unwrap()
}

/// The messages of records: a line of JSON each, of which one alone is read as JSON by the harness.
fn ids(body: &Value) -> Vec<String> {
    let of = |record: &Value| record["id"].as_str().map(ToOwned::to_owned);
    match body.as_str() {
        Some(lines) => lines.lines().filter_map(|line| of(&serde_json::from_str(line).unwrap())).collect(),
        None => of(body).into_iter().collect(),
    }
}

fn in_a_day() -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string()
}

const PREPAID: &str = "\
[accounts.shop]
billing = { tariff = 'retail', currency = 'EUR' }";
/// How often the gateway is killed.
const KILLS: usize = 6;
/// Clients that send at once.
const CLIENTS: usize = 6;
/// Messages that the credit pays for.
const PAID: u64 = 3_000;

/// Sends until credit is spent or the story is over, and counts what was accepted.
async fn hammer(base: Http, over: Arc<AtomicBool>) -> u64 {
    let message = json!({ "to": "+447700900123", "text": "hello" });
    let mut accepted = 0;
    while !over.load(Ordering::Relaxed) {
        match base.ask(Method::POST, "/v1/messages", &[], Some(&message)).await {
            Ok(answer) if answer.status == 202 => accepted += 1,
            Ok(answer) if answer.status == 402 => break,
            // It is down, or starts.
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prepaid_account_that_is_hammered_pays_for_each_message_once_though_the_gateway_is_killed() {
    let mut dice = Dice::thrown();
    let acme = carrier().await;
    let mut gateway = Plan::simple(acme.address()).with(PREPAID).start().await;
    gateway.admin().put_csv("/v1/tariffs/retail", "prefix,price,currency\n*,0.000007,EUR\n").await.ok();
    let credit = format!("0.{:06}", PAID * 7 + 5);
    assert_eq!(top_up(&gateway.admin(), "shop", &credit, "all").await.0, 201);
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(hammer(gateway.http("shop"), Arc::clone(&over)))).collect();
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(100 + dice.below(600))).await;
        gateway.kill().await;
        gateway.start_again().await;
    }
    // Until the credit is spent, to the last message that it pays for.
    let mut accepted = 0;
    for client in clients {
        accepted += client.await.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    let left = balance(&gateway).await;
    assert_eq!((&left["balance"], &left["reserved"]), (&json!("0.000005"), &json!("0.00")));
    let mut entries = 0.0;
    let mut cursor = String::new();
    loop {
        let page = gateway.http("shop").get(&format!("/v1/entries?limit=500{cursor}")).await.ok();
        entries += page["entries"].as_array().unwrap().iter().map(amount).sum::<f64>();
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!((entries - 0.000_005).abs() < 1e-9, "{entries}");
    // Every end has one record, whatever died meanwhile.
    let mut records = Vec::new();
    let mut cursor = "0-0".to_owned();
    while (records.len() as u64) < PAID {
        let page = gateway.http("shop").get(&format!("/v1/cdrs?wait=20&cursor={cursor}")).await;
        cursor = page.headers["next-cursor"].to_str().unwrap().to_owned();
        records.extend(ids(&page.body));
    }
    let behind = gateway.http("shop").get(&format!("/v1/cdrs?cursor={cursor}")).await;
    assert_eq!(ids(&behind.body), Vec::<String>::new());
    let different: BTreeSet<&String> = records.iter().collect();
    assert_eq!((records.len() as u64, different.len() as u64), (PAID, PAID));
    gateway.stop().await;
    let stored = gateway.books().messages().len() as u64;
    assert_eq!(stored, PAID, "each message that is stored is paid, once");
    assert!(accepted <= stored, "{accepted} were accepted, and {stored} are stored");
}

const SERVICES: &str = "\
[accounts.shop]
billing = { tariff = 'retail', currency = 'EUR', monthly_fee = '2.50' }
[numbers.60006]
account = 'shop'";

/// Prices by type of sender and by volume, and of messages from handsets.
const BY_SERVICE: &str = "prefix,price,currency,service,sender,from_parts\n*,0.05,EUR,,,\n*,0.07,EUR,,alphanumeric,\n\
    *,0.04,EUR,,,3\n*,0.06,EUR,,alphanumeric,3\n44,0.01,EUR,inbound,,\n";

/// The amounts of the entries of a kind, the oldest first.
async fn of_kind(shop: &Http, kind: &str) -> Vec<String> {
    let page = shop.get("/v1/entries").await.ok();
    let entries = page["entries"].as_array().unwrap().iter().rev();
    let of_kind = entries.filter(|entry| entry["kind"] == kind);
    of_kind.map(|entry| entry["amount"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn senders_volumes_messages_from_handsets_and_months_have_prices() {
    let acme = carrier().await;
    let mut gateway = Plan::simple(acme.address()).with(SERVICES).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    admin.put_csv("/v1/tariffs/retail", BY_SERVICE).await.ok();
    assert_eq!(top_up(&admin, "shop", "10.00", "k1").await.0, 201);
    let charged = async |from: &str| {
        let message = json!({ "to": "+447700900123", "text": "hello", "from": from });
        let id = eventually("the month's parts are known", async || {
            let answer = shop.post("/v1/messages", &message).await;
            (answer.status == 202).then(|| answer.body["id"].as_str().unwrap().to_owned())
        })
        .await;
        shop.message_in(&id, "delivered").await["price"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (charged("Shop").await, charged("60006").await, charged("Shop").await),
        ("0.07".into(), "0.05".into(), "0.07".into())
    );
    assert_eq!(
        (charged("Shop").await, charged("60006").await),
        ("0.06".into(), "0.04".into()),
        "three parts were sent"
    );
    let explained = json!({ "to": "+447700900123", "text": "hello", "from": "Shop" });
    let explained = shop.post("/v1/messages/explain", &explained).await.body;
    assert_eq!(explained["price"]["part"], "0.06");

    acme.say("postrider", "447700900123", "60006", "Hello");
    acme.say("postrider", "491700000001", "60006", "Hallo");
    let received = eventually("what handsets wrote", async || {
        let page = shop.get("/v1/inbound").await.ok();
        let messages = page["messages"].as_array().unwrap().clone();
        (messages.len() == 2).then_some(messages)
    })
    .await;
    let british = received.iter().find(|message| message["from"] == "+447700900123").unwrap();
    let german = received.iter().find(|message| message["from"] == "+491700000001").unwrap();
    assert_eq!(
        (&british["price"], &british["currency"], german.get("price")),
        (&json!("0.01"), &json!("EUR"), None)
    );
    assert_eq!(of_kind(&shop, "inbound").await, ["-0.01"]);

    eventually("the month's fee", async || (of_kind(&shop, "monthly_fee").await == ["-2.50"]).then_some(()))
        .await;
    gateway.kill().await;
    gateway.start_again().await;
    charged("Shop").await;
    assert_eq!(of_kind(&shop, "monthly_fee").await, ["-2.50"], "a month is paid once");
}

const IN_DOLLARS: &str = "\
[accounts.shop]
billing = { tariff = 'retail', currency = 'EUR' }
[upstreams.acme]
tariff = 'acme-costs'";

#[tokio::test]
async fn costs_in_another_currency_count_by_a_declared_rate() {
    let acme = carrier().await;
    let gateway = Plan::simple(acme.address()).with(IN_DOLLARS).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    admin.put_csv("/v1/tariffs/retail", RETAIL).await.ok();
    admin.put_csv("/v1/tariffs/acme-costs", "prefix,price,currency\n*,0.04,USD\n").await.ok();
    assert_eq!(top_up(&admin, "shop", "1.00", "k1").await.0, 201);
    let message = json!({ "to": "+447700900123", "text": "hello" });
    let refused = async || shop.post("/v1/messages", &message).await.body["code"].clone();
    assert_eq!(refused().await, "below_cost", "without a rate the cost isn't known");

    let rates = |rate: &str| json!({ "from": "USD", "to": "EUR", "rates": { "2026-01-01": rate } });
    admin.put("/v1/currencies/usd", &rates("0.9")).await.with(201);
    let again = admin.put("/v1/currencies/dollar", &rates("0.8")).await;
    assert_eq!(again.status, 422, "{}", again.body);
    let explained = admin.post("/v1/messages/explain?account=shop", &message).await.body;
    assert_eq!(
        explained["routing"]["cost"],
        json!({ "currency": "EUR", "cost": "0.036", "margin": "0.014" })
    );
    let id = shop.send("+447700900123", "hello").await;
    shop.message_in(&id, "delivered").await;
    admin.put("/v1/currencies/usd", &rates("1.3")).await.ok();
    assert_eq!(refused().await, "below_cost");
    let seen = admin.message(&id).await;
    assert_eq!((&seen["cost"], &seen["currency"]), (&json!("0.036"), &json!("EUR")), "it keeps its cost");
}
