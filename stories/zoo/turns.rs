//! Manners that show only after something else has happened.

use crate::harness::{Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::Settings;
use postrider_simulator::manner::Chosen;
use postrider_wire::smpp::pdu::submit_multi::{Destination, DestinationList};
use postrider_wire::smpp::pdu::{BindMode, DataSm, EnquireLink, SubmitMulti};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Status, TlvBuilder};

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

#[tokio::test]
async fn a_client_is_told_no_more_at_once_than_its_window() {
    let carrier = carrier_with(Settings::default()).await;
    let plan = Plan::simple(carrier.address()).with("accounts.shop.smpp.window = 2");
    let gateway = plan.start().await;
    let mut shop = gateway.smpp("shop", BindMode::Receiver).await;
    shop.fall_silent();
    let sender = gateway.smpp("shop", BindMode::Transmitter).await;
    for n in 0..5 {
        let id = sender.submit(&text_to(&format!("+49170000000{n}"), b"Hello")).await;
        gateway.http("shop").message_in(&id, "delivered").await;
    }
    for _ in 0..2 {
        shop.receipt().await;
    }
    // What was written before the answer to this has come by then.
    shop.request(&EnquireLink).await;
    let third = tokio::time::timeout(std::time::Duration::ZERO, shop.delivered_if_any()).await;
    assert!(third.is_err(), "{third:?}");
}

#[tokio::test]
async fn texts_may_come_as_data_sm_and_to_many_at_once() {
    let carrier = carrier_with(Settings::default()).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.smpp("shop", BindMode::Transmitter).await;
    let numbers = ["491700000001", "491700000002"].map(|number| Address::international(number.as_bytes()));
    let mut payload = TlvBuilder::new();
    assert!(payload.push(tag::MESSAGE_PAYLOAD, b"by data"));
    let data = DataSm { destination: numbers[0], tlvs: payload.tlvs(), ..DataSm::default() };
    assert_eq!(shop.request(&data).await.status(), Status::ROK);
    let mut destinations = DestinationList::default();
    for number in numbers {
        destinations.push(&Destination::Address(number)).unwrap();
    }
    let destinations = destinations.destinations();
    let multi = SubmitMulti { destinations, short_message: b"to both", ..SubmitMulti::default() };
    assert_eq!(shop.request(&multi).await.status(), Status::ROK);
    let parts = within("the texts", carrier.accepted_at_least(3)).await;
    let mut texts: Vec<_> = parts.iter().map(|part| (part.destination.clone(), part.text())).collect();
    texts.sort();
    let expected = [("491700000001", "by data"), ("491700000001", "to both"), ("491700000002", "to both")];
    assert_eq!(texts, expected.map(|(to, text)| (to.to_owned(), text.to_owned())));
}
