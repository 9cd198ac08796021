//! A client that isn't there when its receipts come is told when it binds again.

use crate::harness::{Client, Gateway, Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::{Carrier, Settings};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::collections::HashSet;
use std::time::Duration;

const MESSAGES: usize = 20;

#[tokio::test]
async fn receipts_wait_for_the_client() {
    let carrier = unhurried().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let sent = send_and_leave(&gateway, &carrier).await;
    told_at_next_bind(&gateway, sent).await;
}

#[tokio::test]
async fn receipts_wait_through_a_restart() {
    let carrier = unhurried().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let sent = send_and_leave(&gateway, &carrier).await;
    gateway.stop().await;
    gateway.start_again().await;
    told_at_next_bind(&gateway, sent).await;
}

#[tokio::test]
async fn receipts_wait_through_a_power_failure() {
    let carrier = unhurried().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let sent = send_and_leave(&gateway, &carrier).await;
    gateway.kill().await;
    gateway.start_again().await;
    told_at_next_bind(&gateway, sent).await;
}

#[tokio::test]
async fn a_receipt_that_was_not_answered_is_told_again() {
    let carrier = unhurried().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut deaf = gateway.smpp("shop", BindMode::Transceiver).await;
    deaf.fall_silent();
    let sent = send(&deaf).await;
    let first = deaf.receipt().await;
    assert!(sent.contains(&first.id));
    drop(deaf);
    told_at_next_bind(&gateway, sent).await;
}

#[tokio::test]
async fn a_client_whose_queue_is_full_is_told_later() {
    let carrier = unhurried().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut busy = gateway.smpp("shop", BindMode::Transceiver).await;
    busy.answer_with(Status::RMSGQFUL);
    let id = busy.submit(&text_to("+491700000001", b"x")).await;
    assert_eq!(busy.receipt().await.id, id);
    busy.answer_with(Status::ROK);
    assert_eq!(busy.receipt().await.id, id);
}

/// A carrier whose receipts come after their client has left.
async fn unhurried() -> Carrier {
    let receipt_delay = Duration::from_millis(500).into();
    carrier_with(Settings { receipt_delay, ..Settings::default() }).await
}

/// Sends messages, leaves, and waits until their receipts have come.
async fn send_and_leave(gateway: &Gateway, carrier: &Carrier) -> HashSet<String> {
    // A transmitter is told nothing, however soon the first receipts come.
    let mut client = gateway.smpp("shop", BindMode::Transmitter).await;
    let sent = send(&client).await;
    client.unbind().await;
    let all = sent.len() as u64;
    within("the receipts to be taken", carrier.until(|counts| counts.receipts_taken == all)).await;
    sent
}

async fn send(client: &Client) -> HashSet<String> {
    let mut sent = HashSet::new();
    for _ in 0..MESSAGES {
        sent.insert(client.submit(&text_to("+491700000001", b"x")).await);
    }
    sent
}

async fn told_at_next_bind(gateway: &Gateway, mut sent: HashSet<String>) {
    let mut client = gateway.smpp("shop", BindMode::Receiver).await;
    while !sent.is_empty() {
        let receipt = client.receipt().await;
        assert_eq!(receipt.stat, "DELIVRD");
        assert!(sent.remove(&receipt.id), "told twice: {receipt:?}");
    }
}
