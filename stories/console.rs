//! People look at the gateway with a browser: they sign in with a key, and see and do what the key may.

mod applications;
mod carriers;
mod help;
mod matrix;
mod money;
mod people;
mod settings;
mod templates;

use crate::harness::{ADMIN_KEY, Browser, Gateway, Plan, carrier, key_of};
use jiff::Timestamp;
use serde_json::json;
use std::time::{Duration, SystemTime};

async fn signed_in(gateway: &Gateway, key: &str) -> Browser {
    let mut browser = Browser::new(&gateway.url());
    browser.sign_in(key).await;
    browser
}

#[tokio::test]
async fn a_key_opens_the_console_and_nothing_else_does() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut browser = Browser::new(&gateway.url());
    assert_eq!(browser.open("/").await.leads_to(), "/console");
    assert_eq!(
        browser.open("/console/messages?state=failed").await.leads_to(),
        "/console/sign-in?next=%2Fconsole%2Fmessages%3Fstate%3Dfailed"
    );
    browser.submit("/console/sign-in", &[("key", "pr_wrong")]).await.with(422).says("not known here");
    browser.submit_from("cross-site", "/console/sign-in", &[("key", ADMIN_KEY)]).await.with(403);
    let page = browser.submit("/console/sign-in", &[("key", ADMIN_KEY), ("next", "//evil.example")]).await;
    assert_eq!(page.leads_to(), "/console/live");
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(ADMIN_KEY));
    let page = browser.open("/console/live").await.with(200).says("Ready, and nothing to send").says("acme");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(!page.text.contains("<style") && !page.text.contains("style=") && !page.text.contains("onclick"));
    browser.open("/console/nothing").await.with(404).says("There is nothing here");
    assert_eq!(browser.submit("/console/sign-out", &[]).await.leads_to(), "/console/sign-in?left=1");
    assert!(browser.open("/console/live").await.leads_to().starts_with("/console/sign-in"));
    // Programs that come to the wrong address are told so as ever.
    gateway.stranger().get("/").await.with(404);
}

#[tokio::test]
async fn live_follows_what_happens() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let browser = signed_in(&gateway, ADMIN_KEY).await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "Hello").await;
    shop.message_in(&id, "delivered").await;
    let traffic = gateway.admin().get("/v1/traffic").await.ok();
    assert_eq!(traffic["all"]["in_15_minutes"]["delivered"], json!(1.0));
    assert_eq!(traffic["accounts"][0]["in_15_minutes"]["accepted"], json!(1.0));
    assert_eq!(traffic["upstreams"][0]["in_15_minutes"]["sent"], json!(1.0));
    assert_eq!(
        shop.get("/v1/traffic").await.ok()["upstreams"],
        json!([]),
        "others' traffic is nobody's business"
    );
    carrier.stop().await;
    browser.follow("/console/live/stream", "Something is broken").await;
}

#[tokio::test]
async fn a_message_is_found_by_anything_that_is_known_of_it() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("desk").start().await;
    let shop = gateway.http("shop");
    let order = json!({ "to": "+491700000001", "text": "Hello <b>", "reference": "order-7" });
    let sent = shop.post("/v1/messages", &order).await.with(202);
    let id = sent["id"].as_str().unwrap();
    shop.message_in(id, "delivered").await;
    let address = format!("/console/messages/{id}");

    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    assert_eq!(admin.open(&format!("/console/messages?q={id}")).await.leads_to(), address);
    for text in ["%2B491700000001", "491700000001", "order-7"] {
        admin.open(&format!("/console/messages?q={text}")).await.with(200).says(&address);
    }
    admin.open("/console/messages?q=order-8").await.with(200).says("No message matches");
    admin.open("/console/messages?since=yesterday").await.with(400).says("since");
    admin.open(&address).await.says("Taken by the carrier").says("Delivered").says("order-7");
    let file = admin.open("/console/messages/export?q=order-7&by=reference").await.says(id).says("order-7");
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");

    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    customer.open(&address).await.says("Hello &#60;b&#62;");
    let mut other = signed_in(&gateway, &key_of("desk")).await;
    other.open(&address).await.with(404);
    assert!(!other.open("/console/messages").await.text.contains(&address));
}

#[tokio::test]
async fn a_message_that_waits_is_taken_back() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let send_at = Timestamp::try_from(SystemTime::now() + Duration::from_hours(1)).unwrap().to_string();
    let id = shop.send_with(json!({ "to": "+491700000001", "text": "Hello", "send_at": send_at })).await;
    let address = format!("/console/messages/{id}");
    let mut browser = signed_in(&gateway, &key_of("shop")).await;
    browser.open(&address).await.says("Cancel this message");
    browser.submit_from("cross-site", &format!("{address}/cancel"), &[]).await.with(403);
    let done = browser.submit(&format!("{address}/cancel"), &[]).await;
    browser.open(done.leads_to()).await.says("The message was taken back").says("Canceled");
    browser.submit(&format!("{address}/cancel"), &[]).await.with(409);
}

#[tokio::test]
async fn everybody_reads_it_in_their_language() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut browser = signed_in(&gateway, ADMIN_KEY).await;
    let arabic = [("language", "ar"), ("theme", "dark"), ("back", "/console/messages")];
    assert_eq!(browser.submit("/console/preferences", &arabic).await.leads_to(), "/console/messages");
    browser.open("/console/messages").await.says("dir=\"rtl\"").says("data-theme=\"dark\"").says("الرسائل");
    browser.submit("/console/preferences", &[("language", "de"), ("zone", "Europe/Vienna")]).await;
    browser.open("/console/live").await.says("lang=\"de\"").says("Stand: ");
}

#[tokio::test]
async fn a_text_is_seen_before_it_is_sent() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut browser = signed_in(&gateway, &key_of("shop")).await;
    let draft = [("to", "+491700000001"), ("text", "It’s here"), ("once", "form-1")];
    let preview = browser.submit("/console/compose/preview", &draft).await;
    preview.says("<mark title=\"could be &#39;\">").says("It would be accepted").says("ucs2");
    let sent = browser.submit("/console/compose", &draft).await.leads_to().to_owned();
    assert_eq!(carrier.accepted_at_least(1).await[0].text(), "It’s here");
    // The same form again is the same message.
    assert_eq!(browser.submit("/console/compose", &draft).await.leads_to(), sent);
    browser.open(&sent).await.says("The message was accepted");
    let several = [("to", "+491700000002\r\nnonsense"), ("text", "Hello"), ("once", "form-2")];
    browser
        .submit("/console/compose", &several)
        .await
        .with(200)
        .says("1 accepted, 1 refused")
        .says("nonsense");
    browser.submit("/console/compose", &[("to", ""), ("text", "Hello")]).await.says("name a recipient");
    assert_eq!(carrier.accepted_at_least(2).await.len(), 2);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    assert!(!admin.open("/console/live").await.text.contains("/console/compose"), "its key can't send");
}

#[tokio::test]
async fn a_team_answers_in_the_inbox() {
    let carrier = carrier().await;
    let numbers = "[numbers.60006]\naccount = 'shop'";
    let gateway = Plan::simple(carrier.address()).with(numbers).start().await;
    carrier.say("postrider", "491700000001", "60006", "Are you open?");
    carrier.say("postrider", "491700000001", "70007", "to nobody");
    carrier.until(|counts| counts.inbound_taken > 1).await;
    let mut browser = signed_in(&gateway, &key_of("shop")).await;
    let list = browser.open("/console/inbox").await.says("+491700000001").says("To be answered");
    let link = list.text.split("href=\"/console/inbox/").find_map(|rest| {
        let id = rest.split('"').next()?;
        id.bytes().all(|octet| octet.is_ascii_digit()).then(|| format!("/console/inbox/{id}"))
    });
    let thread = link.expect("a conversation");
    browser.open(&thread).await.says("Are you open?");
    let done = browser.submit(&format!("{thread}/reply"), &[("text", "Until six")]).await;
    browser.open(done.leads_to()).await.says("The answer was accepted").says("Until six");
    browser.follow(&format!("{thread}/stream"), "Until six").await;
    assert_eq!(carrier.accepted_at_least(1).await[0].text(), "Until six");
    // Somebody who hasn't seen that answer doesn't send a second one, and keeps what was written.
    let late = [("text", "Until seven"), ("seen", "")];
    let kept = browser.submit(&format!("{thread}/reply"), &late).await.with(409);
    kept.says("Somebody else answered meanwhile").says("Until seven</textarea>");
    browser.submit(&format!("{thread}/change"), &[("claim", "true")]).await.leads_to();
    browser.submit(&format!("{thread}/note"), &[("text", "Wants a table")]).await.leads_to();
    browser.submit(&format!("{thread}/change"), &[("take", "true")]).await.leads_to();
    browser.open(&thread).await.says("Wants a table").says("shop");
    browser.submit(&format!("{thread}/change"), &[("state", "closed")]).await.leads_to();
    browser.open("/console/inbox?state=closed").await.says(&thread);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/inbox").await.says("+491700000001");
    admin.open("/console/inbox/received?nobodys=1").await.says("70007");
}

#[tokio::test]
async fn operators_look_at_carriers_and_routes_and_switch_an_upstream_off() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let place = carrier.address();
    let spare =
        json!({ "host": place.ip(), "port": place.port(), "system_id": "spare", "password": "secret7" });
    gateway.admin().put("/v1/upstreams/spare", &spare).await.with(201);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    let explained = admin.open("/console/routes?account=shop&to=%2B491700000001").await;
    explained.says("It would be accepted").says("takes the message").says("DE");
    admin.open("/console/routes?account=shop&to=12").await.says("It would be refused");
    let page = admin.open("/console/upstreams/spare").await.says("system_id");
    assert!(!page.text.contains("secret7"));
    let switch = "/console/upstreams/spare/switch";
    admin.submit(switch, &[("enabled", "false"), ("confirm", "acme")]).await.with(400).says("spare");
    let done = admin.submit(switch, &[("enabled", "false"), ("confirm", "spare")]).await;
    admin.open(done.leads_to()).await.says("The upstream is disabled").says("Enable spare");
    let declared = gateway.admin().get("/v1/upstreams/spare").await.ok();
    assert_eq!(declared["enabled"], json!(false));
    admin.open("/console/upstreams/acme").await.says("declared in the configuration file");
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    customer.open("/console/upstreams").await.with(403);
}

#[tokio::test]
async fn an_opt_out_is_added_and_lifted_with_a_reason() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut browser = signed_in(&gateway, &key_of("shop")).await;
    let number = ("number", "+491700000001");
    let done = browser.submit("/console/opt-outs", &[number, ("reason", "asked by phone")]).await;
    browser.open(done.leads_to()).await.says("It holds from now on").says("asked by phone");
    browser.submit("/console/opt-outs/lift", &[number]).await.with(400).says("reason");
    let done = browser.submit("/console/opt-outs/lift", &[number, ("reason", "asked again")]).await;
    browser.open(done.leads_to()).await.says("It was lifted").says("There is none of this number");
    browser.open("/console/opt-outs?history=true").await.says("asked by phone").says("asked again");
}
