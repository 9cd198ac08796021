//! Manners that show only after something else has happened.

use postrider_simulator::carrier::Settings;
use postrider_simulator::manner::Chosen;
use postrider_wire::smpp::pdu::BindMode;

use crate::harness::{Plan, carrier_with, text_to, within};

fn with(manners: &[&str]) -> Settings {
    let mut settings = Settings::default();
    for words in manners {
        Chosen::read(words).unwrap().carrier(&mut settings).unwrap();
    }
    settings
}

#[tokio::test]
async fn identifiers_that_begin_anew_are_those_of_the_newest_message() {
    let carrier = carrier_with(with(&["ids-wrap=2"])).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    for _ in 0..5 {
        let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
        let receipt = shop.receipt().await;
        assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    }
}

#[tokio::test]
async fn what_is_never_answered_is_in_doubt_and_goes_out_when_it_may() {
    let carrier = carrier_with(with(&["never-answers"])).await;
    let plan = Plan::simple(carrier.address()).with("upstreams.acme.response_timeout = '1s'");
    let gateway = plan.start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
    within("the text to come", carrier.received_at_least(1)).await;
    carrier.set(Settings::default());
    let receipt = shop.receipt().await;
    assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
}

#[tokio::test]
async fn a_link_that_is_asked_in_vain_is_made_anew() {
    let carrier = carrier_with(with(&["enquire-unanswered"])).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.enquire_link = '1s'\nupstreams.acme.response_timeout = '1s'");
    let gateway = plan.start().await;
    gateway.says("an enquire_link was not answered in time").await;
    carrier.set(Settings::default());
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
    assert_eq!(shop.receipt().await.id, id);
}

#[tokio::test]
async fn a_carrier_changes_its_ways_while_it_runs() {
    let carrier = carrier_with(Settings::default()).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    for manners in [&[][..], &["receipt-in-data-sm", "ids=uuid"], &["sequence=high", "nul-after-text"], &[]] {
        carrier.set(with(manners));
        let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
        let receipt = shop.receipt().await;
        assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"), "{manners:?}");
    }
}

#[tokio::test]
async fn a_carrier_that_is_asked_in_vain_is_asked_again_and_a_receipt_still_counts() {
    let carrier = carrier_with(with(&["receipt-never", "query-refused=0x67"])).await;
    let plan = Plan::simple(carrier.address()).with("upstreams.acme.receipts.ask_after = '1s'");
    let gateway = plan.start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let first = shop.submit(&text_to("+491700000001", b"Hello")).await;
    within("it to be asked twice", carrier.until(|counts| counts.queries >= 2)).await;
    // Another message's receipt comes by itself, and the first one's state when it is asked for.
    carrier.set(Settings::default());
    let second = shop.submit(&text_to("+491700000001", b"Hello again")).await;
    let mut ended = Vec::new();
    for _ in 0..2 {
        let receipt = shop.receipt().await;
        assert_eq!(receipt.stat, "DELIVRD");
        ended.push(receipt.id);
    }
    ended.sort();
    assert_eq!(ended, [first, second]);
}

#[tokio::test]
async fn who_says_one_thing_and_then_another_is_told_of_and_the_first_stands() {
    let carrier = carrier_with(with(&["receipt-changes-mind"])).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
    assert_eq!(shop.receipt().await.stat, "DELIVRD");
    let words = "a receipt contradicts the one that ended its message";
    gateway.says(words).await;
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains(words)).unwrap_or_default();
    assert!([&*id, "delivered", "undelivered"].iter().all(|part| line.contains(part)), "{line}");
    assert!(gateway.metric("postrider_dlr_contradicted_total{upstream=\"acme\"}").await >= 1.0);
    assert_eq!(gateway.http("shop").message(&id).await["state"], "delivered");
}

#[tokio::test]
async fn names_and_passwords_may_be_longer_than_the_specification_has_room_for() {
    let carrier = carrier_with(with(&["login-required"])).await;
    let plan =
        Plan::simple(carrier.address()).login("acme", "a-name-of-twenty-one", "a-password-of-many-letters");
    let gateway = plan.start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = shop.submit(&text_to("+491700000001", b"Hello")).await;
    assert_eq!(shop.receipt().await.id, id);
}
