//! Templates in the console: written by one, approved by another.

use crate::harness::{Browser, Gateway, Plan, carrier};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const USERS: &str = "[users.ann]\npassword = 'correct horse battery'\nrole = 'author'\naccount = 'shop'\n\
    [users.olga]\npassword = 'correct horse battery'\nrole = 'owner'";

async fn signed_in(gateway: &Gateway, name: &str) -> Browser {
    let mut browser = Browser::new(&gateway.url());
    browser.submit("/console/sign-in", &[("name", name), ("password", PASSWORD)]).await.leads_to();
    browser
}

#[tokio::test]
async fn a_template_is_written_by_one_and_approved_by_another() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(USERS).start().await;
    let mut ann = signed_in(&gateway, "ann").await;
    ann.open("/console/templates").await.says("No template yet");
    let first =
        [("name", "parcels"), ("new_language", "en"), ("new_text", "Hi {{ name | default(\"you\") }}")];
    let done = ann.submit("/console/templates", &first).await;
    ann.open(done.leads_to()).await.says("Hi 1").says("Draft").says("Somebody else must read");
    let wrong = [("name", "parcels"), ("language", "en"), ("text_en", "Hi {{ name")];
    ann.submit("/console/templates", &wrong).await.with(422).says("Hi 1");
    let next = [
        ("name", "parcels"),
        ("language", "en"),
        ("text_en", "Hi {{ name }}"),
        ("new_language", "de"),
        ("new_text", "Hallo {{ name }}"),
        ("examples", "name = Ann"),
    ];
    let done = ann.submit("/console/templates", &next).await;
    ann.open(done.leads_to()).await.says("Hallo Ann").says("Hi Ann");
    ann.submit("/console/templates/parcels/approve", &[("version", "2")]).await.with(403).says("wrote");

    let mut olga = signed_in(&gateway, "olga").await;
    olga.open("/console/templates?account=shop").await.says("/console/templates/parcels?account=shop");
    let approve = [("version", "2"), ("account", "shop")];
    let done = olga.submit("/console/templates/parcels/approve", &approve).await;
    olga.open(done.leads_to()).await.says("It was approved").says("approved by");
    let sent = json!({ "to": "+491700000001", "template": { "name": "parcels", "language": "de", "variables": { "name": "Bob" } } });
    gateway.http("shop").post("/v1/messages", &sent).await.with(202);
    assert_eq!(carrier.accepted_at_least(1).await[0].text(), "Hallo Bob");
    let gone = [("confirm", "parcels"), ("account", "shop")];
    let done = olga.submit("/console/templates/parcels/delete", &gone).await;
    olga.open(done.leads_to()).await.says("It was deleted").says("No template yet");
}
