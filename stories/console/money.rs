//! Prices, balances, reports and quality in the console.

use super::signed_in;
use crate::harness::{ADMIN_KEY, Http, Plan, carrier, eventually, key_of};
use serde_json::json;

const RETAIL: &str = "prefix,name,price,currency\n49,Germany,0.045,EUR\n*,,0.09,EUR\n";

#[tokio::test]
async fn a_tariff_is_checked_imported_and_deleted() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/tariffs").await.says("No tariff yet");
    let form =
        |csv: &'static str, action: &'static str| [("name", "retail"), ("csv", csv), ("action", action)];
    let part = admin.submit("/console/tariff-check", &form(RETAIL, "")).await;
    part.says("2 rates in EUR").says("<dt>New</dt><dd>2</dd>");
    admin.submit("/console/tariffs", &form(RETAIL, "check")).await.with(200).says("49,Germany");
    let wrong = "prefix,price,currency\n44,x,EUR\n49,y,EUR\n";
    admin.submit("/console/tariffs", &form(wrong, "import")).await.with(422).says("44,x,EUR").says("Mistake");
    gateway.admin().get("/v1/tariffs/retail").await.with(404);
    let done = admin.submit("/console/tariffs", &form(RETAIL, "import")).await;
    admin.open(done.leads_to()).await.says("The tariff is in force").says("0.045").says("Germany");
    let found = admin.open("/console/tariffs/retail?q=%2B491700000001").await.says("Germany");
    assert!(found.text.contains("0.09"));
    let none = admin.open("/console/tariffs/retail?q=france").await;
    none.says("No rate matches");
    let file = admin.open("/console/tariffs/retail/csv").await.with(200);
    assert_eq!(
        (&*file.text, &file.headers["content-disposition"] == "attachment; filename=\"retail.csv\""),
        (RETAIL, true)
    );
    admin.submit("/console/tariffs/retail/delete", &[("confirm", "other")]).await.with(400);
    let done = admin.submit("/console/tariffs/retail/delete", &[("confirm", "retail")]).await;
    admin.open(done.leads_to()).await.says("It was deleted").says("No tariff yet");
    let mut customer = signed_in(&gateway, &key_of("shop")).await;
    let live = customer.open("/console/live").await;
    assert!(!live.text.contains("/console/tariffs"), "prices of all are nobody's business");
    customer.open("/console/tariffs").await.with(403);
}

#[tokio::test]
async fn an_account_is_billed_topped_up_and_reported() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    gateway.admin().put_csv("/v1/tariffs/retail", RETAIL).await.ok();
    let made = gateway.admin().put("/v1/accounts/desk", &json!({ "keys": [{ "name": "first" }] })).await;
    let key = made.with(201)["secrets"]["keys.first"].as_str().unwrap().to_owned();
    let desk = Http::new(&gateway.url(), Some(&key));
    let mut admin = signed_in(&gateway, ADMIN_KEY).await;
    admin.open("/console/accounts/desk").await.says("The account is not billed").says("retail (EUR)");
    let billing = [("tariff", "retail"), ("credit", "prepaid"), ("low_balance", "1.00")];
    let done = admin.submit("/console/accounts/desk/billing", &billing).await;
    admin.open(done.leads_to()).await.says("It was changed").says("In advance").says("1.00 EUR");
    let account = gateway.admin().get("/v1/accounts/desk").await.ok();
    assert_eq!(
        (&account["billing"]["currency"], &account["billing"]["limit"]),
        (&json!("EUR"), &json!(null))
    );

    let top_up = "/console/accounts/desk/top-up";
    let form =
        |again: &'static str| [("amount", "5.00"), ("again", again), ("once", "form-1"), ("note", "cash")];
    admin.submit(top_up, &form("50.0")).await.with(400).says("two amounts differ");
    let done = admin.submit(top_up, &form("5.00")).await.leads_to().to_owned();
    admin.submit(top_up, &form("5.00")).await;
    admin.open(&done).await.says("The balance was topped up").says("cash").says("<dd>5.00<small>EUR</small>");
    let id = desk.send("+491700000001", "Hello").await;
    desk.message_in(&id, "delivered").await;
    let mut customer = signed_in(&gateway, &key).await;
    customer.open("/console/accounts/desk/statement").await.says("4.955").says("Charged").says("cash");
    customer.open("/console/accounts/shop/statement").await.with(404);
    let mut other = signed_in(&gateway, &key_of("shop")).await;
    other.open("/console/accounts/desk/statement").await.with(404);

    // A message counts about a second after its end.
    eventually("the message in a report", async || {
        let lines = gateway.admin().get("/v1/reports").await.ok()["lines"].as_array().map_or(0, Vec::len);
        (lines > 0).then_some(())
    })
    .await;
    let report = admin.open("/console/reports?by=account").await.says("/console/reports?account=desk");
    report.says("100\u{a0}%").says("Price, EUR").says("0.045").says("<rect class=\"two\"");
    let file =
        admin.open("/console/reports/export?by=upstream").await.says("hour,upstream,messages").says("acme");
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    admin.open("/console/reports?country=UK").await.with(400).says("country");
    let own = customer.open("/console/reports").await.says("DE");
    assert!(!own.text.contains("acme") && !own.text.contains("Margin"));
    admin.open("/console/quality").await.says("acme").says("1 of 1").says("What routes rank by");
    customer.open("/console/quality").await.with(403);
}
