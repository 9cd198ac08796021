//! Appointments, verifications, messages to groups and messages from handsets, as people handle them in the console.

use crate::harness::{Browser, Gateway, Plan, carrier, eventually};
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
const USERS: &str = "[numbers.60006]\naccount = 'shop'\n\
    [users.ann]\npassword = 'correct horse battery'\nrole = 'author'\naccount = 'shop'\n\
    [users.sam]\npassword = 'correct horse battery'\nrole = 'support'\n\
    [users.olga]\npassword = 'correct horse battery'\nrole = 'owner'";
const HANDSET: &str = "491700000001";

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
async fn an_appointment_is_made_moved_and_canceled() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("desk").with(USERS).start().await;
    let mut ann = signed_in(&gateway, "ann").await;
    ann.open("/console/appointments").await.says("No appointment. Recipients are reminded");
    let soon = Timestamp::now() + Duration::from_hours(48);
    let at = soon.strftime("%Y-%m-%dT%H:%M").to_string();
    let form = |remind: &'static str| {
        let text = "See you at {{ time }}. Reply YES, MOVE or NO.";
        [("to", "+491700000001"), ("remind", remind), ("text", text), ("zone", "UTC"), ("from", "60006")]
    };
    let with = |remind: &'static str, at: &str| {
        let mut fields: Vec<(&str, String)> =
            form(remind).map(|(name, value)| (name, value.to_owned())).to_vec();
        fields.push(("at", at.to_owned()));
        fields
    };
    let send = async |browser: &mut Browser, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit("/console/appointments", &fields).await
    };
    send(&mut ann, with("soon", &at)).await.with(422).says("value=\"soon\"");
    let made = send(&mut ann, with("24h, 2h", &at)).await.leads_to().to_owned();
    ann.open(&made).await.says("It was made").says("No answer yet").says(&at.replace('T', " "));
    ann.open("/console/appointments?state=scheduled").await.says("+491700000001");
    ann.open("/console/appointments?state=confirmed").await.says("No appointment is in this state");
    let later = (soon + Duration::from_hours(24)).strftime("%Y-%m-%dT%H:%M").to_string();
    ann.submit(&format!("{}/move", path(&made)), &[("at", "")]).await.with(400);
    let moved = ann.submit(&format!("{}/move", path(&made)), &[("at", &later)]).await.leads_to().to_owned();
    ann.open(&moved).await.says("It has another time").says(&later.replace('T', " "));
    let mut sam = signed_in(&gateway, "sam").await;
    let page = sam.open(&format!("{}?account=shop", path(&made))).await.with(200);
    assert!(
        !page.text.contains("Cancel it") && !page.text.contains("491700000001"),
        "support sees it masked"
    );
    sam.submit(&format!("{}/cancel", path(&made)), &[("account", "shop")]).await.with(403);
    let mut olga = signed_in(&gateway, "olga").await;
    olga.open(&format!("{}?account=desk", path(&made))).await.with(404);
    olga.submit(&format!("{}/cancel", path(&made)), &[("account", "shop")]).await.leads_to();
    ann.open(path(&made)).await.says("Canceled").says("Is not sent");
}

#[tokio::test]
async fn a_number_is_verified_at_a_counter() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut ann = signed_in(&gateway, "ann").await;
    ann.submit("/console/test-numbers", &[("number", "+491700000005"), ("code", "12")]).await.with(422);
    ann.submit("/console/test-numbers", &[("number", "+491700000005"), ("code", "123456")]).await.leads_to();
    ann.open("/console/test-numbers").await.says("+491700000005").says("123456");
    let start = [("to", "+491700000005"), ("purpose", "login")];
    let started = ann.submit("/console/verifications", &start).await.leads_to().to_owned();
    ann.open(&started).await.says("Waits for the code").says("a test number");
    let check = format!("{}/check", path(&started));
    let wrong = ann.submit(&check, &[("code", "654321")]).await.leads_to().to_owned();
    ann.open(&wrong).await.says("The code is wrong").says("Waits for the code");
    let right = ann.submit(&check, &[("code", "123456")]).await.leads_to().to_owned();
    ann.open(&right).await.says("The code is right").says("Verified");
    ann.open("/console/verifications?state=approved").await.says("+491700000005").says("login");
    let other = ann.submit("/console/verifications", &[("to", "+491700000006")]).await.leads_to().to_owned();
    assert!(other.contains("code-sent"), "{other}");
    carrier.accepted_at_least(1).await;
    ann.submit(&format!("{}/cancel", path(&other)), &[]).await.leads_to();
    ann.open(path(&other)).await.says("Canceled");
    ann.submit("/console/test-numbers/delete", &[("number", "+491700000005")]).await.leads_to();
    ann.open("/console/test-numbers").await.says("No test number");
    let mut olga = signed_in(&gateway, "olga").await;
    let file = olga.open("/console/verification-export?account=shop").await;
    assert!(file.status == 303 || file.text.contains("+491700000006"), "{}", file.text);
}

#[tokio::test]
async fn a_text_to_groups_is_prepared_with_its_price_and_launched() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).account("desk").with(USERS);
    let gateway = plan.start().await;
    let admin = gateway.admin();
    admin.put_csv("/v1/tariffs/retail", "prefix,price,currency\n*,0.05,EUR\n").await.ok();
    let billing = json!({ "tariff": "retail", "currency": "EUR", "credit": "postpaid" });
    let clinic = json!({ "keys": [{ "name": "first" }], "billing": billing });
    admin.put("/v1/accounts/clinic", &clinic).await.with(201);
    let mut olga = signed_in(&gateway, "olga").await;
    let of = ("account", "clinic");
    olga.submit("/console/groups", &[of, ("name", "news")]).await.leads_to();
    for number in ["+491700000011", "+491700000012"] {
        olga.submit("/console/contacts", &[of, ("number", number), ("groups", "news")]).await.leads_to();
    }
    // The account that was chosen last is the one that the next page begins with.
    olga.open("/console/contacts?account=clinic").await.says("+491700000011");
    olga.open("/console/compose").await.says("Groups of contacts").says("<option>news</option>");
    let draft =
        [of, ("to", "+491700000013"), ("groups", "news"), ("text", "Spring is here"), ("once", "form-1")];
    let preview = olga.submit("/console/compose/preview", &draft).await;
    preview.says("<dd>3</dd>").says("0.15 EUR").says("The first of them").says("0.05 EUR");
    let led = olga.submit("/console/compose", &draft).await.leads_to().to_owned();
    let page = olga.open(&led).await.says("It is prepared as a campaign").says("What it would come to");
    page.says("0.15<small>EUR</small>").says("Launch it");
    assert!(carrier.accepted().is_empty(), "nothing is sent before somebody launches it");
}

#[tokio::test]
async fn the_conversation_that_waits_longest_is_taken_and_its_text_unmasked() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut sam = signed_in(&gateway, "sam").await;
    let nothing = sam.submit("/console/inbox/next", &[("account", "shop")]).await.leads_to().to_owned();
    sam.open(&nothing).await.says("Nothing waits for an answer");
    carrier.say("postrider", HANDSET, "60006", "When do you open?");
    carrier.until(|counts| counts.inbound_taken > 0).await;
    let shop = gateway.http("shop");
    let received = eventually("the message", async || {
        shop.get("/v1/inbound").await.ok()["messages"][0]["id"].as_str().map(str::to_owned)
    })
    .await;
    let thread = sam.submit("/console/inbox/next", &[("account", "shop")]).await.leads_to().to_owned();
    let one = format!("/console/received/{received}");
    let page = sam.open(&thread).await.with(200).says("sam").says(&one);
    assert!(!page.text.contains("When do you open") && !page.text.contains(HANDSET), "{}", page.text);
    let page = sam.open(&one).await.with(200).says("Show it whole");
    assert!(!page.text.contains("When do you open") && !page.text.contains(HANDSET), "{}", page.text);
    sam.submit(&format!("{one}/unmask"), &[("reason", "")]).await.with(400);
    let whole = sam.submit(&format!("{one}/unmask"), &[("reason", "ticket 7")]).await.with(200);
    whole.says("When do you open?").says(HANDSET);
    let mut olga = signed_in(&gateway, "olga").await;
    olga.open("/console/messages").await.with(200);
    let log = olga.open("/console/audit").await.says("message.unmask").says("reason: ticket 7").says("sam");
    assert!(!log.text.contains("GET /v1/"), "who has only looked is left out");
    eventually("the line of who looked", async || {
        olga.open("/console/audit?reads=1").await.text.contains("GET /v1/messages").then_some(())
    })
    .await;
    olga.open(&one).await.says("Show it whole");
}

#[tokio::test]
async fn owners_see_texts_when_they_say_why() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let id = gateway.http("shop").send("+491700000001", "A secret text").await;
    let mut olga = signed_in(&gateway, "olga").await;
    let one = format!("/console/messages/{id}");
    let page = olga.open(&one).await.says("Show it whole");
    assert!(!page.text.contains("A secret text") && !page.text.contains("Send again"));
    let whole = olga.submit(&format!("{one}/unmask"), &[("reason", "ticket 7")]).await.with(200);
    whole.says("A secret text").says("Send again");
    olga.open("/console/audit").await.says("ticket 7");
}
