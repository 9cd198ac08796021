//! What people do with a gateway, in the console: contacts, campaigns that two prepare and approve, batches, and alerts.

use crate::harness::{Browser, Gateway, Plan, carrier, eventually};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const USERS: &str = "[numbers.60006]\naccount = 'shop'\n\
    [users.ann]\npassword = 'correct horse battery'\nrole = 'author'\naccount = 'shop'\n\
    [users.sam]\npassword = 'correct horse battery'\nrole = 'support'\n\
    [users.olga]\npassword = 'correct horse battery'\nrole = 'owner'";

async fn signed_in(gateway: &Gateway, name: &str) -> Browser {
    let mut browser = Browser::new(&gateway.url());
    browser.submit("/console/sign-in", &[("name", name), ("password", PASSWORD)]).await.leads_to();
    browser
}

/// The path behind which a form has led.
fn path(led: &str) -> &str {
    led.split('?').next().unwrap()
}

#[tokio::test]
async fn a_campaign_is_prepared_by_one_approved_by_another_and_followed_by_both() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut ann = signed_in(&gateway, "ann").await;
    ann.open("/console/contacts").await.says("No contact yet");
    ann.submit("/console/groups", &[("name", "news"), ("description", "Who wants news")]).await.leads_to();
    let contact =
        [("number", "+491700000011"), ("name", "Bob"), ("groups", "news"), ("fields", "city = Bonn")];
    let kept = ann.submit("/console/contacts", &contact).await;
    ann.open(kept.leads_to()).await.says("Bob").says("city = Bonn");
    let table = "number,groups\n+491700000012,news\n07700,news\n";
    ann.submit("/console/contact-import/check", &[("csv", table)])
        .await
        .says("Nothing was changed")
        .says("invalid");
    ann.submit("/console/contact-import", &[("csv", "")]).await.with(400).says("choose a file");
    let import = ann.submit("/console/contact-import", &[("csv", table)]).await.leads_to().to_owned();
    let at = |end: &str| format!("{}{end}", path(&import));
    ann.follow(&at("/stream"), "Import 1 contacts").await;
    ann.open("/console/contact-imports").await.says("Checked: nothing was changed yet");
    ann.submit(&at("/act/apply"), &[]).await.leads_to();
    ann.follow(&at("/stream"), ">Imported<").await;
    ann.open("/console/contacts/%2B491700000012").await.says("news");
    ann.submit(&at("/act/undo"), &[]).await.leads_to();
    ann.follow(&at("/stream"), ">Undone<").await;
    ann.open("/console/contacts/%2B491700000012").await.with(404);
    let again = ann.submit("/console/contact-import", &[("csv", table)]).await.leads_to().to_owned();
    ann.follow(&format!("{}/stream", path(&again)), "Import 1 contacts").await;
    ann.submit(&format!("{}/act/apply", path(&again)), &[]).await.leads_to();
    ann.follow(&format!("{}/stream", path(&again)), ">Imported<").await;
    ann.submit(&format!("{}/delete", path(&again)), &[]).await.leads_to();
    ann.open("/console/contacts?segment=city%20%3D%20%27Bonn%27").await.says("+491700000011");

    ann.submit("/console/campaigns", &[("name", "Spring"), ("per_minute", "fast"), ("text", "x")])
        .await
        .with(422)
        .says("whole number");
    let spring = [("name", "Spring"), ("text", "Spring is here"), ("groups", "news")];
    let made = ann.submit("/console/campaigns", &spring).await.leads_to().to_owned();
    ann.open(&made).await.says("Being prepared").says("Launch it");
    let act = |action: &str| format!("{}/act/{action}", path(&made));
    ann.submit(&format!("{}/test", path(&made)), &[("to", "+491700000019")]).await.leads_to();
    assert_eq!(carrier.accepted_at_least(1).await[0].destination, "491700000019");
    ann.submit(&act("launch"), &[]).await.leads_to();
    ann.open(&made).await.says("Awaits approval").says("Somebody else must read");
    ann.submit(&act("approve"), &[]).await.with(403);

    let mut olga = signed_in(&gateway, "olga").await;
    let theirs = format!("{}?account=shop", path(&made));
    olga.open(&theirs).await.says("Approve it, and send");
    olga.submit(&act("approve"), &[("account", "shop")]).await.leads_to();
    olga.follow(&format!("{}/stream?account=shop", path(&made)), ">Done<").await;
    eventually("both recipients", async || {
        let page = olga.open(&format!("{theirs}&result=delivered")).await.text;
        (page.contains("+491700000011") && page.contains("+491700000012")).then_some(())
    })
    .await;
    let mut sam = signed_in(&gateway, "sam").await;
    let page = sam.open(&theirs).await.with(200).says("Spring");
    assert!(!page.text.contains("Launch it"), "support sends nothing");
}

#[tokio::test]
async fn a_batch_is_filled_paused_and_canceled_by_a_typed_word() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut ann = signed_in(&gateway, "ann").await;
    let slow = [("name", "Opening"), ("text", "We open at nine."), ("per_minute", "1")];
    let made = ann.submit("/console/batches", &slow).await.leads_to().to_owned();
    let at = |end: &str| format!("{}{end}", path(&made));
    let numbers = "+491700000001\n+491700000002\n+491700000003";
    ann.submit(&at("/recipients"), &[("csv", numbers)]).await.leads_to();
    let more = [("csv", "to\n+491700000001\n+491700000004\nx")];
    ann.submit(&at("/recipients"), &more)
        .await
        .with(200)
        .says("1 recipients were added")
        .says("Lines that were passed over");
    ann.submit(&at("/act/launch"), &[]).await.leads_to();
    eventually("the batch to run", async || ann.open(&made).await.text.contains("Pause it").then_some(()))
        .await;
    ann.submit(&at("/act/pause"), &[]).await.leads_to();
    ann.open(&made).await.says("Somebody paused it").says("Resume");
    ann.submit(&at("/act/cancel"), &[("confirm", "yes")]).await.with(400).says("to confirm");
    ann.submit(&at("/act/cancel"), &[("confirm", "cancel")]).await.leads_to();
    eventually("the batch to be canceled", async || {
        ann.open(&made).await.text.contains(">Canceled<").then_some(())
    })
    .await;
    ann.submit(&at("/delete"), &[("confirm", "delete")]).await.leads_to();
    ann.open("/console/batches").await.says("No batch yet");
}

#[tokio::test]
async fn whoever_is_on_call_takes_an_alert_in_the_console() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut olga = signed_in(&gateway, "olga").await;
    let group = [
        ("account", "shop"),
        ("name", "ops"),
        ("people", "ann +447700900001\nbob +447700900002"),
        ("zone", "Europe/London"),
        ("turns", "ann, bob"),
        ("start", "2026-01-05T09:00"),
        ("steps", "on_call: 5m\neverybody: 15m"),
        ("from", "60006"),
    ];
    let kept = olga.submit("/console/on-call", &group).await;
    olga.open(kept.leads_to()).await.says("ann +447700900001").says("on_call: 300s").says("everybody");
    let wrong = [("account", "shop"), ("name", "ops"), ("people", "ann")];
    olga.submit("/console/on-call", &wrong).await.with(422).says("has no number");
    let source = [("account", "shop"), ("name", "probe"), ("format", "json"), ("group", "ops")];
    let added = olga.submit("/console/alert-sources", &source).await;
    olga.open(added.leads_to()).await.says("/v1/alerts/sources/probe/reports");
    let report = json!({ "title": "Disk of db1 is full", "severity": "critical" });
    gateway.http("shop").post("/v1/alerts/sources/probe/reports", &report).await.ok();
    olga.open("/console/alerts?account=shop").await.says("Disk of db1 is full").says("Nobody has it");
    let note = [("account", "shop"), ("note", "on my way")];
    let taken = olga.submit("/console/alerts/1/acknowledge", &note).await;
    olga.open(taken.leads_to()).await.says("Somebody has it").says("on my way").says("olga");
    olga.submit("/console/alerts/1/resolve", &[("account", "shop")]).await.leads_to();
    olga.open("/console/alerts?account=shop&state=resolved").await.says("Disk of db1 is full");
}
