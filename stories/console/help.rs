//! What makes the console quick: the first message, the palette, saved views and canned replies.

use super::signed_in;
use crate::harness::{ADMIN_KEY, Browser, Plan, carrier, key_of};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const OWNER: &str =
    "[users.olga]\npassword = 'correct horse battery'\nrole = 'owner'\n[numbers.60006]\naccount = 'shop'";

#[tokio::test]
async fn the_first_message_goes_to_a_phone_that_answers() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(OWNER).start().await;
    let mut olga = Browser::new(&gateway.url());
    olga.submit("/console/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await.leads_to();
    olga.open("/console/first").await.says("class=\"phone\"").says("from 60006 of the account shop");
    let text = [("text", "Is this <b>real</b>?"), ("once", "form-1")];
    assert_eq!(olga.submit("/console/first", &text).await.leads_to(), "/console/first");
    olga.submit("/console/first", &text).await;
    olga.follow("/console/first/stream", "It answered at").await;
    let page =
        olga.open("/console/first").await.says("Is this &#60;b&#62;real&#60;/b&#62;?").says("Delivered");
    assert_eq!(page.text.matches("It answered at").count(), 1, "a form that is sent twice is one text");
    assert_eq!(carrier.accepted().len(), 1);
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/first").await.says("An administrator&#39;s key can&#39;t send");
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    customer.open("/console/first").await.with(403);
    // By a real carrier nothing goes to it.
    let real = json!({ "host": "smpp.example", "system_id": "me" });
    gateway.admin().put("/v1/upstreams/real", &real).await.with(201);
    olga.open("/console/first").await.says("A real carrier is connected");
    olga.submit("/console/first", &text).await.with(409);
}

#[tokio::test]
async fn an_empty_gateway_declares_what_the_first_message_needs() {
    let gateway = Plan::new().start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/live").await.says("Nothing is set up yet").says("/console/first");
    admin.open("/console/first").await.says("postrider simulate").says("Declare them");
    admin.submit("/console/first/declare", &[]).await.with(200).says("keys.first").says("pr_");
    let declared = gateway.admin().get("/v1/numbers/60006").await.ok();
    assert_eq!(declared["account"], json!("first"));
    assert_eq!(gateway.admin().get("/v1/routes/everywhere").await.ok()["upstreams"], json!(["simulated"]));
    admin.open("/console/first").await.says("class=\"phone\"");
    assert_eq!(admin.submit("/console/first/declare", &[]).await.leads_to(), "/console/first");
}

#[tokio::test]
async fn the_palette_finds_pages_actions_and_names() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/live").await.says("id=\"palette\"");
    admin.open("/console/find?q=repo").await.says("href=\"/console/reports\"");
    admin.open("/console/find?q=add%20up").await.says("/console/new-upstream");
    let found = admin.open("/console/find?q=acme").await.says("/console/upstreams/acme");
    found.says("/console/messages?q=acme");
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    let found = customer.open("/console/find?q=acme").await;
    assert!(!found.text.contains("/console/upstreams"), "{}", found.text);
}

#[tokio::test]
async fn views_and_replies_are_kept_for_the_team() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).account("desk").with("[numbers.60006]\naccount = 'shop'");
    let gateway = plan.start().await;
    let mut shop = signed_in(&gateway, &key_of("shop")).await;
    shop.open("/console/messages?state=failed").await.says("Save this view");
    let back = "/console/messages?state=failed";
    let view = [("kind", "view"), ("name", "Failed"), ("text", "state=failed"), ("back", back)];
    assert_eq!(shop.submit("/console/snippets", &view).await.leads_to(), back);
    shop.open("/console/messages").await.says("/console/messages?state=failed");
    let page = shop.open(back).await.says("Delete the view Failed");
    assert!(!page.text.contains("Save this view"));
    let mut desk = signed_in(&gateway, &key_of("desk")).await;
    assert!(!desk.open("/console/messages").await.text.contains("Failed</bdi>"), "it is another account's");

    let ends = json!({ "number": "60006", "handset": "+491700000001" });
    let opened = gateway.http("shop").post("/v1/conversations", &ends).await.ok();
    let thread = format!("/console/inbox/{}", opened["id"].as_str().unwrap());
    let reply = [("kind", "reply"), ("name", "hours"), ("text", "9 to 18 <daily>"), ("back", &*thread)];
    assert_eq!(shop.submit("/console/snippets", &reply).await.leads_to(), thread);
    shop.open(&format!("{thread}?reply=hours")).await.says("autofocus>9 to 18 &#60;daily&#62;</textarea>");
    let gone = [("kind", "reply"), ("name", "hours"), ("back", &*thread)];
    shop.submit("/console/snippets/delete", &gone).await.leads_to();
    assert!(!shop.open(&thread).await.text.contains("hours</bdi>"));
    shop.submit("/console/snippets/delete", &gone).await.with(404);
    let none = json!({ "text": "" });
    gateway.http("shop").put("/v1/snippets/reply/none", &none).await.with(422);
    gateway.http("shop").put("/v1/snippets/note/x", &json!({ "text": "x" })).await.with(400);
}
