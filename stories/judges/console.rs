//! Chromium opens every page of the console, and judges of accessibility, of HTML and of the network look at each.

use super::tools::{installed, node, run};
use crate::harness::{ADMIN_KEY, Gateway, Plan, carrier, key_of};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};

const HANDSET: &str = "491700000001";
const DECLARED: &str = "[numbers.60006]\naccount = 'shop'\nkeywords.JOIN = 'shop'\n\
    [rules.hours]\naccount = 'shop'\nwhen.keywords = ['HOURS']\nthen.reply = 'We are open 9 to 18.'";

/// A gateway on which everything that pages show has happened, and the identifiers of a message and a conversation.
async fn lived_in(carrier: &Carrier) -> (Gateway, String, String) {
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let gateway = Plan::simple(carrier.address()).upstream("lost", nobody).with(DECLARED).start().await;
    let shop = gateway.http("shop");
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
    (gateway, id, conversation)
}

/// What somebody with a key looks at; pictures are kept in `target/console`.
fn walk(who: &str, key: &str, pages: &[&str]) -> Value {
    let pictures = installed("npm").join("../../console").join(who);
    json!({ "who": who, "key": key, "pages": pages, "pictures": pictures })
}

#[tokio::test]
async fn every_page_is_valid_accessible_and_quiet() {
    let carrier = carrier().await;
    let (gateway, id, conversation) = lived_in(&carrier).await;
    let message = format!("/console/messages/{id}");
    let thread = format!("/console/inbox/{conversation}");
    let administrators = [
        "/console/live",
        "/console/messages",
        &message,
        "/console/inbox",
        "/console/inbox/received",
        "/console/upstreams",
        "/console/upstreams/acme",
        "/console/upstreams/lost",
        "/console/routes?account=shop&to=%2B491700000002&text=Hello",
        "/console/numbers",
        "/console/automation?from=%2B491700000001&to=60006&text=HOURS",
        "/console/opt-outs",
        "/console/unmatched",
        "/console/quality",
        "/console/reports?by=country",
        "/console/tariffs",
        "/console/tariffs/retail",
        "/console/accounts",
        "/console/accounts/shop",
        "/console/accounts/shop/statement",
        "/console/users",
        "/console/audit",
        "/console/system",
    ];
    let customers = [
        "/console/live",
        "/console/messages?q=nothing",
        &message,
        "/console/compose?to=%2B491700000002&text=It%E2%80%99s",
        "/console/inbox",
        &thread,
        "/console/opt-outs",
    ];
    let walks =
        [walk("administrator", ADMIN_KEY, &administrators), walk("customer", &key_of("shop"), &customers)];
    let wanted = json!({ "chromium": "/usr/bin/chromium", "base": gateway.url(), "walks": walks });
    let said = run(node("console.js"), &wanted).await;
    assert_eq!(said, "", "what judges have against pages");
}
