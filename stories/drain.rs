//! Told to stop under load, the gateway finishes what is in flight and ends: nothing is lost, and nothing is sent twice.

use crate::harness::{Client, Plan, carrier_with, eventually, text_to, within};
use postrider_simulator::carrier::{Delay, Settings};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// Messages that are accepted when the gateway is told to stop.
const ENOUGH: usize = 300;
/// Messages that the client leaves unanswered at most.
const UNANSWERED: usize = 50;

#[tokio::test]
async fn a_stop_under_load_loses_nothing_and_repeats_nothing() {
    let answer_delay = Delay::between(Duration::from_millis(20), Duration::from_millis(60));
    let carrier = carrier_with(Settings { answer_delay, ..Settings::default() }).await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let client = gateway.smpp("shop", BindMode::Transmitter).await;

    let (mut accepted, mut refused, mut sent) = (HashSet::new(), 0, 0);
    let mut asked = JoinSet::new();
    loop {
        // Goes on asking until the session is over.
        while asked.len() < UNANSWERED {
            sent += 1;
            let Some(one) = client.ask_if_there(&text_to(&format!("+49170{sent:07}"), b"x")) else { break };
            asked.spawn(one.answer_if_any());
        }
        let Some(answer) = asked.join_next().await else { break };
        let Some(answer) = answer.unwrap().filter(|answer| answer.status().is_ok()) else {
            refused += 1;
            continue;
        };
        assert!(accepted.insert(answer.message_id()));
        if accepted.len() == ENOUGH {
            gateway.ask_to_stop();
        }
    }
    gateway.stopped().await;
    println!("{} accepted, {refused} refused, {:?}", accepted.len(), carrier.counts());

    gateway.start_again().await;
    let mut client = gateway.smpp("shop", BindMode::Receiver).await;
    let mut untold = accepted.clone();
    while !untold.is_empty() {
        untold.remove(&client.receipt().await.id);
    }
    within(
        "every receipt to be taken",
        carrier.until(|counts| counts.receipts_taken >= accepted.len() as u64),
    )
    .await;
    assert_eq!(carrier.counts().duplicates, 0);
    gateway.stop().await;
    let messages = gateway.books().messages();
    assert!(messages.values().all(|message| !message.possible_duplicate));
    assert!(accepted.iter().all(|id| messages[id].state == "delivered"));
}

#[tokio::test]
async fn a_gateway_that_stops_refuses_new_messages() {
    let carrier =
        carrier_with(Settings { answer_delay: Duration::from_secs(2).into(), ..Settings::default() });
    let carrier = carrier.await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    client.submit(&text_to("+491700000001", b"in flight")).await;
    within("it to be in flight", carrier.received_at_least(1)).await;

    gateway.ask_to_stop();
    client.ended().await;
    assert!(Client::bound_if_there(gateway.smpp_address(), "shop", "pohs").await.is_none());
    gateway.stopped().await;
    assert_eq!(carrier.counts().submitted, 1);

    gateway.start_again().await;
    let mut client = gateway.smpp("shop", BindMode::Receiver).await;
    assert_eq!(client.receipt().await.stat, "DELIVRD");
    assert_eq!(carrier.counts().submitted, 1);
}

#[tokio::test]
async fn who_asks_while_the_gateway_stops_is_told_that_it_does() {
    let carrier =
        carrier_with(Settings { answer_delay: Duration::from_secs(2).into(), ..Settings::default() });
    let carrier = carrier.await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "in flight").await;
    within("it to be in flight", carrier.received_at_least(1)).await;

    gateway.ask_to_stop();
    // New connections all of them: a load balancer's questions are.
    let stranger = gateway.stranger();
    let unready = async || Some(stranger.get("/readyz").await).filter(|answer| answer.status == 503);
    let unready = eventually("the gateway to be unready", unready).await;
    assert_eq!(unready.body["reasons"][0], "the gateway is shutting down", "{}", unready.body);
    assert_eq!(stranger.get("/healthz").await.status, 200);
    assert!(gateway.metric("postrider_accepted_total").await >= 1.0);
    assert_eq!(shop.message(&id).await["state"], "queued");
    let refused = shop.post("/v1/messages", &json!({ "to": "+491700000002", "text": "late" })).await;
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(refused.with(503)["code"], "shutting_down");

    gateway.stopped().await;
    assert_eq!(carrier.counts().submitted, 1);
}
