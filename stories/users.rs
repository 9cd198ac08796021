//! People sign in to the console as users: each sees and does what the role may, and no more, by page and by API.

use crate::harness::{Browser, Gateway, Plan, carrier, within};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

/// Users of each role, in the file.
fn users() -> String {
    let user = |name: &str, more: &str| format!("[users.{name}]\npassword = '{PASSWORD}'\n{more}\n");
    [
        user("olga", "role = 'owner'"),
        user("otto", "role = 'operator'"),
        user("sam", "role = 'support'"),
        user("bea", "role = 'billing'"),
        user("ann", "role = 'author'\naccount = 'shop'"),
        user("carl", "role = 'customer'\naccount = 'shop'"),
    ]
    .concat()
}

async fn signed_in(gateway: &Gateway, name: &str) -> Browser {
    let mut browser = Browser::new(&gateway.url());
    let page = browser.submit("/console/sign-in", &[("name", name), ("password", PASSWORD)]).await;
    assert_eq!(page.leads_to(), "/console/live", "{name}");
    browser
}

/// The path of the link that a page or an answer shows.
fn setup(text: &str) -> String {
    let start = text.find("/console/setup/").unwrap_or_else(|| panic!("no link in {text}"));
    text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
}

#[tokio::test]
async fn exports_keys_and_prices_ask_for_a_fresh_proof() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).with(&users()).start().await;
    gateway.admin().put("/v1/accounts/web", &json!({ "keys": [{ "name": "first" }] })).await.with(201);
    let mut olga = signed_in(&gateway, "olga").await;
    let exports = [
        "/console/messages/export",
        "/console/reports/export?span=24h",
        "/console/contact-export?account=shop",
    ];
    for export in exports {
        olga.open(export).await.with(200);
    }
    gateway.stop().await;
    gateway.age_proofs();
    gateway.start_again().await;
    for export in exports {
        assert!(olga.open(export).await.leads_to().starts_with("/console/proof?next="), "{export}");
    }
    let key = [("name", "second")];
    let page = olga.submit("/console/accounts/web/keys", &key).await;
    assert!(page.leads_to().starts_with("/console/proof?next="));
    olga.submit("/console/proof", &[("password", "wrong horse battery"), ("next", "")]).await.with(422);
    let back = [("password", PASSWORD), ("next", "/console/messages")];
    assert_eq!(olga.submit("/console/proof", &back).await.leads_to(), "/console/messages");
    for export in exports {
        olga.open(export).await.with(200);
    }
    olga.submit("/console/accounts/web/keys", &key).await.with(200);
}

#[tokio::test]
async fn how_accounts_pay_is_changed_by_who_may_change_prices() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(&users()).start().await;
    let retail = "prefix,price,currency\n*,0.05,EUR\n";
    gateway.admin().put_csv("/v1/tariffs/retail", retail).await.with(200);
    gateway.admin().put("/v1/accounts/web", &json!({})).await.with(201);
    let billing = json!({ "tariff": "retail", "currency": "EUR" });
    let asks = async |name: &str| {
        let login = json!({ "name": name, "password": PASSWORD });
        let answer = gateway.admin().with_key(None).post("/v1/sessions", &login).await.with(201);
        gateway.admin().with_key(answer["token"].as_str())
    };
    let otto = asks("otto").await;
    otto.patch("/v1/accounts/web/billing", &billing).await.with(403);
    let refused = otto.patch("/v1/accounts/web", &json!({ "billing": billing })).await.with(403);
    assert_eq!(refused["code"], "not_permitted");
    otto.put("/v1/accounts/web", &json!({ "billing": billing })).await.with(403);
    otto.put("/v1/accounts/new", &json!({ "billing": billing })).await.with(403);
    let bea = asks("bea").await;
    bea.patch("/v1/accounts/web", &json!({ "class": "otp" })).await.with(403);
    let billed = bea.patch("/v1/accounts/web/billing", &billing).await.with(200);
    assert_eq!(billed["billing"]["tariff"], "retail");
    otto.patch("/v1/accounts/web", &json!({ "class": "otp" })).await.with(200);
    let same = json!({ "class": "marketing", "billing": billed["billing"] });
    otto.put("/v1/accounts/web", &same).await.with(200);
    otto.put("/v1/accounts/web", &json!({ "class": "otp" })).await.with(403);
    let free = bea.patch("/v1/accounts/web/billing", &json!(null)).await.with(200);
    assert!(free["billing"].is_null());
    let mut bea = signed_in(&gateway, "bea").await;
    let form = [("tariff", "retail"), ("credit", "postpaid"), ("limit", "10")];
    bea.submit("/console/accounts/web/billing", &form).await.leads_to();
    let shown = gateway.admin().get("/v1/accounts/web").await.with(200);
    assert_eq!(shown["billing"]["credit"], "postpaid");
    let mut otto = signed_in(&gateway, "otto").await;
    otto.submit("/console/accounts/web/billing", &form).await.with(403);
}

#[tokio::test]
async fn a_new_user_sets_a_password_and_signs_in() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    admin.put("/v1/users/olga", &json!({ "role": "owner" })).await.with(201);
    let link = admin.post("/v1/users/olga/link", &json!(null)).await.with(200);
    let path = link["path"].as_str().unwrap();
    let mut browser = Browser::new(&gateway.url());
    browser.open(path).await.with(200).says("olga");
    let set = |password: &'static str, again: &'static str| [("password", password), ("again", again)];
    browser.submit(path, &set("short", "short")).await.with(422).says("too few");
    browser.submit(path, &set(PASSWORD, "another horse battery")).await.with(422).says("not the same");
    assert_eq!(browser.submit(path, &set(PASSWORD, PASSWORD)).await.leads_to(), "/console/sign-in?name=olga");
    browser.open(path).await.with(403).says("used already");
    let wrong = [("name", "olga"), ("password", "wrong")];
    browser.submit("/console/sign-in", &wrong).await.with(422).says("is wrong");
    let mut olga = signed_in(&gateway, "olga").await;
    olga.open("/console/users").await.with(200).says("olga").says("May sign in");
    let added = olga.submit("/console/users", &[("name", "sam"), ("role", "support")]).await.with(200);
    let sam = setup(&added.text);
    browser.submit(&sam, &set(PASSWORD, PASSWORD)).await;
    let mut sam = signed_in(&gateway, "sam").await;
    olga.submit("/console/users/sam/disable", &[]).await;
    assert!(sam.open("/console/live").await.leads_to().starts_with("/console/sign-in"));
    olga.submit("/console/users/sam/delete", &[("confirm", "olga")]).await.with(400).says("type");
    assert_eq!(
        olga.submit("/console/users/sam/delete", &[("confirm", "sam")]).await.leads_to(),
        "/console/users?done=changed"
    );
    let lines = olga.open("/console/audit").await.with(200).says("session.begun").says("password.set");
    assert!(!lines.text.contains(PASSWORD));
    assert_eq!(olga.submit("/console/sign-out", &[]).await.leads_to(), "/console/sign-in?left=1");
    assert!(olga.open("/console/users").await.leads_to().starts_with("/console/sign-in"));
}

#[tokio::test]
async fn every_page_is_for_its_roles_alone() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("desk").with(&users()).start().await;
    // Owner, operator, support, billing, author and customer: who sees a page.
    let names = ["olga", "otto", "sam", "bea", "ann", "carl"];
    let pages = [
        ("/console/live", "oosbac"),
        ("/console/messages", "oos-ac"),
        ("/console/accounts", "oosb-c"),
        ("/console/accounts/shop", "oosb-c"),
        ("/console/accounts/desk", "oosb--"),
        ("/console/unmatched", "oos---"),
        ("/console/users", "o-----"),
        ("/console/users/olga", "o-----"),
        ("/console/audit", "o-----"),
        ("/console/system", "oo----"),
        ("/console/me", "oosbac"),
        ("/console/proof", "oosbac"),
    ];
    for (place, name) in names.into_iter().enumerate() {
        let mut browser = signed_in(&gateway, name).await;
        for (page, roles) in pages {
            let sees = !roles[place..].starts_with('-');
            let mut shown = browser.open(page).await;
            if shown.status == 303 {
                let own = shown.leads_to().to_owned();
                assert_eq!((page, &*own), ("/console/accounts", "/console/accounts/shop"), "{name}");
                shown = browser.open(&own).await;
            }
            assert_eq!(shown.status, if sees { 200 } else { 403 }, "{name} {page}: {}", shown.text);
        }
        for (action, roles) in [
            ("/console/users", "o-----"),
            ("/console/users/nobody/link", "o-----"),
            ("/console/accounts/desk/keys", "oo----"),
            ("/console/accounts/desk/smpp-password", "oo----"),
            ("/console/accounts/desk/enabled", "oo----"),
        ] {
            let may = !roles[place..].starts_with('-');
            let shown = browser.submit(action, &[("name", "extra"), ("role", "support")]).await;
            assert_eq!(shown.status == 403, !may, "{name} {action}: {} {}", shown.status, shown.text);
        }
    }
}

#[tokio::test]
async fn support_sees_masked_messages_and_unmasks_one_with_a_reason() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(&users()).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "Your code is 1234").await;
    shop.message_in(&id, "delivered").await;
    let token = async |name: &str| {
        let given = json!({ "name": name, "password": PASSWORD });
        let begun = gateway.stranger().post("/v1/sessions", &given).await.with(201);
        begun["token"].as_str().unwrap().to_owned()
    };
    let sam = gateway.stranger().with_key(Some(&token("sam").await));
    let masked = sam.get(&format!("/v1/messages/{id}")).await.ok();
    assert_eq!((&masked["to"], &masked["id"]), (&json!("+4917****01"), &json!(id)));
    assert_eq!(masked.get("text"), None);
    let unmask = format!("/v1/messages/{id}/unmask");
    sam.post(&unmask, &json!({ "reason": "" })).await.with(400);
    let whole = sam.post(&unmask, &json!({ "reason": "ticket 7" })).await.with(200);
    assert_eq!((&whole["to"], &whole["text"]), (&json!("+491700000001"), &json!("Your code is 1234")));
    gateway.admin().post(&unmask, &json!({ "reason": "x" })).await.with(403);
    let lines = gateway.admin().get("/v1/audit?action=message.unmask").await.ok();
    assert_eq!((&lines["lines"][0]["who"], &lines["lines"][0]["role"]), (&json!("sam"), &json!("user")));
    assert_eq!(lines["lines"][0]["detail"], json!("{\"reason\":\"ticket 7\"}"));
    let carl = gateway.stranger().with_key(Some(&token("carl").await));
    assert_eq!(carl.get(&format!("/v1/messages/{id}")).await.ok()["text"], json!("Your code is 1234"));
    carl.get("/v1/accounts/desk").await.with(403);
    carl.get("/v1/upstreams").await.with(403);
    let otto = gateway.stranger().with_key(Some(&token("otto").await));
    otto.get("/v1/audit").await.with(403);
    // Sessions end at once, wherever they are.
    gateway.admin().delete("/v1/sessions?user=otto").await.with(200);
    otto.get("/v1/upstreams").await.with(401);
}

/// The link for the first owner, once the log has it.
async fn linked(gateway: &Gateway) -> String {
    loop {
        let log = gateway.log();
        if log.contains("/console/setup/") {
            return setup(&log);
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_owner_means_one_link_in_the_log() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let path = within("the link is in the log", linked(&gateway)).await;
    let mut browser = Browser::new(&gateway.url());
    browser.open(&path).await.with(200).says("You become its owner");
    let given = [("name", "olga"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(browser.submit(&path, &given).await.leads_to(), "/console/sign-in?name=olga");
    browser.submit(&path, &given).await.with(403);
    signed_in(&gateway, "olga").await.open("/console/users").await.with(200);
}

#[tokio::test]
async fn an_owner_sees_who_is_locked_out_and_lets_them_in() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with(&users()).start().await;
    let mut olga = signed_in(&gateway, "olga").await;
    olga.open("/console/users").await.says("Nobody is locked out.");
    let mut sam = Browser::new(&gateway.url());
    // One after another, until the wait is long enough to be looked at.
    for _ in 0..5 {
        sam.submit("/console/sign-in", &[("name", "sam"), ("password", "wrong")]).await.with(422);
    }
    let page = olga.open("/console/users").await.says("sam").says("A name from an address");
    let lift = page.text.split("/console/lock-outs/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let listed = gateway.admin().get("/v1/lock-outs").await.ok();
    let it = &listed["lock_outs"][0];
    assert_eq!(
        (&it["id"], &it["user"], &it["scope"], &it["wrong"]),
        (&json!(lift), &json!("sam"), &json!("name"), &json!(5))
    );
    let mut otto = signed_in(&gateway, "otto").await;
    otto.submit(&format!("/console/lock-outs/{lift}/lift"), &[]).await.with(403);
    let lifted = olga.submit(&format!("/console/lock-outs/{lift}/lift"), &[]).await;
    olga.open(lifted.leads_to()).await.says("It was lifted.").says("Nobody is locked out.");
    signed_in(&gateway, "sam").await;
    gateway.admin().delete(&format!("/v1/lock-outs/{lift}")).await.with(404);
    let log = gateway.admin().get("/v1/audit?action=lock_out.lifted").await.ok().to_string();
    assert!(log.contains("olga") && log.contains("name sam 127.0.0.1"), "{log}");
}
