//! SIGHUP has the configuration read again: what is right takes effect whole, what is wrong changes nothing.

use crate::harness::{Plan, carrier, eventually, key_of, text_to, within};
use postrider_wire::smpp::pdu::BindMode;

#[tokio::test]
async fn a_new_account_is_let_in() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let mut witness = gateway.smpp("shop", BindMode::Transceiver).await;
    let late = gateway.http("late");
    assert_eq!(late.get("/v1/messages").await.status, 401);

    gateway.change(&account("late"));
    gateway.says("configuration reloaded: account 'late'").await;
    let id = late.send("+491700000001", "hello").await;
    late.message_in(&id, "delivered").await;

    // Nothing else was touched: sessions stay, on both sides.
    let id = witness.submit(&text_to("+491700000001", b"x")).await;
    assert_eq!(witness.receipt().await.id, id);
    assert!(carrier.parts().iter().all(|part| part.bind == 1), "the upstream was bound anew for nothing");
}

#[tokio::test]
async fn only_what_changed_binds_anew() {
    let (first, second) = (carrier().await, carrier().await);
    let plan = Plan::simple(first.address()).upstream("other", second.address());
    let mut gateway = plan.route("france", "33", &["other"]).start().await;
    let shop = gateway.http("shop");
    for number in ["+491700000001", "+33600000001"] {
        let id = shop.send(number, "before").await;
        shop.message_in(&id, "delivered").await;
    }

    gateway.change("upstreams.other.system_id = 'another'");
    let anew = async || {
        shop.send("+33600000001", "after").await;
        second.parts().iter().any(|part| &*part.system_id == "another").then_some(())
    };
    eventually("the upstream to bind anew", anew).await;
    shop.send("+491700000001", "after").await;
    let parts = within("the second", first.accepted_at_least(2)).await;
    assert!(parts.iter().all(|part| part.bind == 1));
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_is_explained() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let broken = format!("accounts.shop.rat = 3\n{}", account("late"));
    gateway.change(&broken);
    gateway.says("configuration not reloaded").await;
    gateway.says("did you mean").await;

    assert_eq!(gateway.http("late").get("/v1/messages").await.status, 401);
    let id = gateway.http("shop").send("+491700000001", "as before").await;
    gateway.http("shop").message_in(&id, "delivered").await;
}

fn account(name: &str) -> String {
    format!("[accounts.{name}]\nkeys = [{{ name = 'main', key = '{}' }}]", key_of(name))
}
