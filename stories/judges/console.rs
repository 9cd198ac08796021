//! Chromium opens every page of the console as every role, and judges of accessibility, of HTML and of the network look at each.

use super::tools::{installed, node, run};
use crate::harness::{ADMIN_KEY, Gateway, Http, Plan, carrier, eventually, key_of};
use jiff::Timestamp;
use postrider_simulator::carrier::Carrier;
use postrider_store::conformance::cluster::Cluster;
use serde::Serialize;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const HANDSET: &str = "491700000001";
const PASSWORD: &str = "correct horse battery";
const DECLARED: &str = "[numbers.60006]\naccount = 'shop'\nkeywords.JOIN = 'shop'\n\
    [rules.hours]\naccount = 'shop'\nwhen.keywords = ['HOURS']\nthen.reply = 'We are open 9 to 18.'\n\
    [users.olga]\npassword = 'correct horse battery'\nrole = 'owner'\n\
    [users.otto]\npassword = 'correct horse battery'\nrole = 'operator'\n\
    [users.sam]\npassword = 'correct horse battery'\nrole = 'support'\n\
    [users.bea]\npassword = 'correct horse battery'\nrole = 'billing'\n\
    [users.ann]\npassword = 'correct horse battery'\nrole = 'author'\naccount = 'shop'\n\
    [users.carl]\npassword = 'correct horse battery'\nrole = 'customer'\naccount = 'shop'\n";
const RETAIL: &str = "prefix,name,price,currency\n49,Germany,0.045,EUR\n*,,0.09,EUR\n";

/// A gateway on which everything that pages show has happened.
struct House {
    gateway: Gateway,
    message: String,
    conversation: String,
    campaign: String,
    batch: String,
    broadcast: String,
    appointment: String,
    verification: String,
    received: String,
}

const CONTACT: &str = "+491700000011";

/// What people do with a gateway: contacts, a campaign that was sent, a batch that is being prepared, a broadcast that is armed, an
/// alert. Returns the paths of the campaign, of the batch and of the broadcast.
async fn peopled(shop: &Http) -> [String; 3] {
    shop.put("/v1/groups/news", &json!({ "description": "Who wants news" })).await;
    let contact = json!({ "name": "Ann", "language": "en", "groups": ["news"], "tags": ["vip"], "fields": { "city": "London", "age": 34 } });
    shop.put(&format!("/v1/contacts/{CONTACT}"), &contact).await;
    let campaign = json!({ "name": "Spring", "text": "Spring is here", "audience": { "groups": ["news"] } });
    let campaign = shop.post("/v1/campaigns", &campaign).await.with(201);
    let at = format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap());
    shop.post(&format!("{at}/launch"), &json!({})).await.ok();
    eventually("a campaign that is done", async || {
        (shop.get(&at).await.ok()["state"] == "done").then_some(())
    })
    .await;
    let batch = json!({ "name": "Opening", "text": "We open at nine.", "pace": { "per_minute": 60 } });
    let batch = shop.post("/v1/batches", &batch).await.with(201);
    let broadcast = json!({ "name": "Evacuation", "text": "Leave the building now.", "audience": { "groups": ["news"] } });
    let broadcast = shop.post("/v1/broadcasts", &broadcast).await.with(201);
    shop.post(&format!("/v1/broadcasts/{}/arm", broadcast["id"].as_str().unwrap()), &json!({})).await.ok();
    let ops = json!({
        "people": [{ "name": "ann", "number": "+447700900001" }, { "name": "bob", "number": "+447700900002" }],
        "zone": "Europe/London", "from": "60006",
        "rotation": { "people": ["ann", "bob"], "start": "2026-01-05T09:00" },
    });
    shop.put("/v1/alerts/groups/ops", &ops).await;
    shop.put("/v1/alerts/sources/probe", &json!({ "format": "json", "group": "ops", "heartbeat": "5m" }))
        .await;
    let report = json!({ "title": "Disk of db1 is full", "message": "98 % of 2 TB", "severity": "critical" });
    shop.post("/v1/alerts/sources/probe/reports", &report).await.ok();
    let path = |kind: &str, run: &Value| format!("/console/{kind}/{}", run["id"].as_str().unwrap());
    [path("campaigns", &campaign), path("batches", &batch), path("broadcasts", &broadcast)]
}

/// What applications do: an appointment whose recipient is reminded, a number that is verified, and one for tests. Returns the paths
/// of the appointment and of the verification.
async fn applied(shop: &Http) -> [String; 2] {
    let soon = Timestamp::now() + Duration::from_hours(48);
    let at = soon.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let appointment = json!({
        "to": "+491700000012", "at": at, "zone": "Europe/Berlin", "remind": ["24h", "2h"], "from": "60006",
        "reference": "visit-7", "text": "Your visit is on {{ weekday }} at {{ time }}. Reply YES, MOVE or NO.",
    });
    let appointment = shop.post("/v1/appointments", &appointment).await.with(201);
    let verification = json!({ "to": "+491700000013", "purpose": "login" });
    let verification = shop.post("/v1/verifications", &verification).await.with(201);
    shop.put("/v1/verifications/test-numbers/%2B491700000005", &json!({ "code": "123456" })).await;
    let path = |kind: &str, made: &Value| format!("/console/{kind}/{}", made["id"].as_str().unwrap());
    [path("appointments", &appointment), path("verifications", &verification)]
}

async fn lived_in(carrier: &Carrier, plan: Plan) -> House {
    let gateway = plan.with(DECLARED).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let place = carrier.address();
    admin.put("/v1/limits/daily", &json!({ "accounts": ["shop"], "day": 100_000 })).await.with(201);
    let morning = json!({ "to": ["+491700000014"], "text": "Good morning", "cron": "0 9 * * 1-5", "zone": "Europe/Berlin" });
    shop.post("/v1/schedules", &morning).await.with(201);
    let spare = json!({ "host": place.ip(), "port": place.port(), "system_id": "spare", "enabled": false });
    admin.put("/v1/upstreams/spare", &spare).await.with(201);
    admin.put_csv("/v1/tariffs/retail", RETAIL).await.ok();
    let billing = json!({ "tariff": "retail", "currency": "EUR" });
    admin
        .put("/v1/accounts/desk", &json!({ "keys": [{ "name": "first" }], "billing": billing }))
        .await
        .with(201);
    let id = shop.send("+491700000002", "It’s here – come & get it <b>").await;
    shop.message_in(&id, "delivered").await;
    let refused = shop.send("+15005550001", "Hello").await;
    shop.message_in(&refused, "rejected").await;
    carrier.say("postrider", HANDSET, "60006", "HOURS");
    carrier.say("postrider", HANDSET, "70007", "to nobody");
    carrier.until(|counts| counts.inbound_taken > 1).await;
    let ends = json!({ "number": "60006", "handset": format!("+{HANDSET}") });
    let opened = shop.post("/v1/conversations", &ends).await.ok();
    let conversation = opened["id"].as_str().unwrap().to_owned();
    let note = json!({ "text": "Wants a table", "author": "ann" });
    shop.post(&format!("/v1/conversations/{conversation}/notes"), &note).await.ok();
    shop.post("/v1/opt-outs", &json!({ "number": "+491700000009", "reason": "asked by phone" }))
        .await
        .with(201);
    let template = json!({ "language": "en", "texts": { "en": "Hi {{ name | default(\"you\") }}" } });
    shop.put("/v1/templates/parcels", &template).await;
    shop.put("/v1/snippets/view/Failed", &json!({ "text": "state=failed" })).await.ok();
    shop.put("/v1/snippets/reply/hours", &json!({ "text": "We are open 9 to 18." })).await.ok();
    let [campaign, batch, broadcast] = peopled(&shop).await;
    let [appointment, verification] = applied(&shop).await;
    let received = shop.get("/v1/inbound").await.ok()["messages"][0]["id"].as_str().unwrap().to_owned();
    eventually("messages in a report", async || {
        let report = admin.get("/v1/reports").await.ok();
        report["lines"].as_array().is_some_and(|lines| !lines.is_empty()).then_some(())
    })
    .await;
    House {
        gateway,
        message: format!("/console/messages/{id}"),
        conversation: format!("/console/inbox/{conversation}"),
        campaign,
        batch,
        broadcast,
        appointment,
        verification,
        received: format!("/console/received/{received}"),
    }
}

const ON_A_DESK: &[&str] = &["light", "dark"];
const ELSEWHERE: &[&str] = &["phone", "rtl"];
const ONE_LOOK: &[&str] = &["light"];

/// What somebody who signs in looks at besides the navigation; pictures are kept in `target/console`.
fn walk(who: &str, person: &Value, looks: &[&str], pages: &[impl Serialize]) -> Value {
    let pictures = installed("npm").join("../../console").join(who);
    let mut walk = json!({ "who": who, "pages": pages, "looks": looks, "pictures": pictures });
    walk.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
    walk
}

fn user(who: &str, name: &str, looks: &[&str], pages: &[impl Serialize]) -> Value {
    walk(who, &json!({ "name": name, "password": PASSWORD }), looks, pages)
}

/// Pages of what an account does for people: contacts, runs, codes, alerts.
fn for_people(house: &House) -> Vec<String> {
    let of_shop = |page: &str| format!("{page}?account=shop");
    let pages = [
        "/console/campaigns",
        &house.campaign,
        "/console/batches",
        &house.batch,
        "/console/broadcasts",
        &house.broadcast,
        "/console/appointments",
        &house.appointment,
        "/console/verifications",
        &house.verification,
        "/console/test-numbers",
        "/console/compose",
        "/console/contacts",
        &format!("/console/contacts/{CONTACT}"),
        "/console/groups",
        "/console/contact-import",
        "/console/contact-imports",
        "/console/schedules",
        "/console/alerts",
        "/console/alerts/1",
        "/console/on-call",
        "/console/on-call/ops",
        "/console/alert-sources",
    ];
    pages.map(of_shop).into()
}

/// What only owners see, or users alone.
fn owners(house: &House) -> Vec<String> {
    let others = [
        "/console/contact-import#rows",
        &format!("{}?account=shop&estimate=1", house.batch),
        "/console/contact-import?account=shop#imported",
        "/console/message-actions?count=1&action=resend&account=shop&state=rejected",
        "/console/dead-numbers",
        "/console/settings/limits",
        "/console/settings/limits/daily",
        "/console/settings/accounts/desk",
        "/console/settings/routes/world",
        "/console/add/routes#tried",
        "/console/add/rules",
        "/console/live#menu",
        "/console/compose?account=shop#groups",
        &house.received,
        &house.message,
        &house.conversation,
        "/console/live#palette",
        "/console/messages#keys",
        "/console/messages?state=rejected",
        "/console/compose?to=%2B491700000002&text=It%E2%80%99s",
        "/console/inbox/received",
        "/console/templates/parcels?account=shop",
        "/console/upstreams/acme",
        "/console/upstreams/spare",
        "/console/upstreams/spare/edit",
        "/console/upstreams/spare/test#test",
        "/console/new-upstream",
        "/console/new-upstream?preset=twilio",
        "/console/routes?account=shop&to=%2B491700000002&text=Hello",
        "/console/automation?from=%2B491700000001&to=60006&text=HOURS",
        "/console/reports?by=country&span=7d",
        "/console/tariffs#check",
        "/console/tariffs/retail",
        "/console/reconciliation#compared",
        "/console/failed-posts",
        "/console/message-actions/jobs",
        "/console/accounts/shop",
        "/console/accounts/desk",
        "/console/accounts/desk/statement",
        "/console/accounts/desk/rerating#rerated",
        "/console/users/sam",
        "/console/proof?next=/console/tariffs",
        "/console/me",
        "/console/me#codes",
        "/console/first#send",
    ];
    others.into_iter().map(str::to_owned).chain(for_people(house)).collect()
}

async fn nothing_is_said_against(house: &House, walks: &[Value]) {
    let wanted = json!({ "chromium": "/usr/bin/chromium", "base": house.gateway.url(), "walks": walks });
    let said = run(node("console.js"), &wanted).await;
    assert_eq!(said, "", "what judges have against pages");
}

#[tokio::test]
async fn every_page_of_an_owner_is_valid_accessible_and_quiet() {
    let carrier = carrier().await;
    let house = lived_in(&carrier, Plan::simple(carrier.address())).await;
    let pages = owners(&house);
    nothing_is_said_against(&house, &[user("owner", "olga", ON_A_DESK, &pages)]).await;
}

#[tokio::test]
async fn every_page_of_an_owner_is_well_on_a_phone_and_from_right_to_left() {
    let carrier = carrier().await;
    let house = lived_in(&carrier, Plan::simple(carrier.address())).await;
    let pages = owners(&house);
    nothing_is_said_against(&house, &[user("owner", "olga", ELSEWHERE, &pages)]).await;
}

#[tokio::test]
async fn every_page_of_an_owner_is_well_on_postgresql() {
    let (carrier, cluster) = (carrier().await, Cluster::start());
    cluster.create("console");
    let plan = Plan::simple(carrier.address()).shared(&cluster.url("console"));
    let house = lived_in(&carrier, plan).await;
    let pages = owners(&house);
    nothing_is_said_against(&house, &[user("owner-postgresql", "olga", ONE_LOOK, &pages)]).await;
}

/// Where nobody listens.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

#[tokio::test]
async fn every_role_and_key_has_pages_that_are_well() {
    let carrier = carrier().await;
    let house = lived_in(&carrier, Plan::simple(carrier.address()).upstream("lost", NOBODY)).await;
    nothing_is_said_against(&house, &everyones(&house, "", &["light", "dark", "phone"])).await;
}

#[tokio::test]
async fn every_role_and_key_has_pages_that_are_well_on_postgresql() {
    let (carrier, cluster) = (carrier().await, Cluster::start());
    cluster.create("console");
    let plan = Plan::simple(carrier.address()).upstream("lost", NOBODY);
    let house = lived_in(&carrier, plan.shared(&cluster.url("console"))).await;
    nothing_is_said_against(&house, &everyones(&house, "-postgresql", ONE_LOOK)).await;
}

/// What each role and key looks at, besides the pages of its menu. Pictures are kept by its name and this ending.
fn everyones(house: &House, ending: &str, customers: &[&str]) -> Vec<Value> {
    let House { message, conversation, campaign, batch, received, appointment, verification, .. } = house;
    let contact = format!("/console/contacts/{CONTACT}");
    let peopled = [
        campaign,
        batch,
        &contact,
        "/console/groups",
        "/console/contact-import",
        "/console/alerts/1",
        "/console/on-call/ops",
        appointment,
        verification,
        "/console/test-numbers",
        &house.broadcast,
    ];
    let own =
        [&[message, conversation, received, "/console/accounts/shop/statement", "/console/me"][..], &peopled]
            .concat();
    let named = |role: &str| format!("{role}{ending}");
    let key =
        |role: &str, key: &str, pages: &[&str]| walk(&named(role), &json!({ "key": key }), ONE_LOOK, pages);
    let user =
        |role: &str, name: &str, looks: &[&str], pages: &[&str]| user(&named(role), name, looks, pages);
    vec![
        user(
            "operator",
            "otto",
            ONE_LOOK,
            &[message, "/console/upstreams/acme", "/console/accounts/shop", "/console/me"],
        ),
        user(
            "support",
            "sam",
            ONE_LOOK,
            &[message, conversation, received, "/console/accounts/shop", "/console/me"],
        ),
        user(
            "billing",
            "bea",
            ONE_LOOK,
            &["/console/accounts/desk/statement", "/console/tariffs/retail", "/console/me"],
        ),
        user(
            "author",
            "ann",
            ONE_LOOK,
            &[&[&**message, "/console/me", "/console/batches"][..], &peopled].concat(),
        ),
        user("customer", "carl", customers, &own),
        key(
            "administrator",
            ADMIN_KEY,
            &["/console/upstreams/lost", "/console/accounts/shop", "/console/first"],
        ),
        key("account", &key_of("shop"), &[message, conversation, campaign, "/console/messages?q=nothing"]),
    ]
}
