//! A carrier that is away for a while gets everything when it is back, what is urgent first.

use crate::harness::{Gateway, Plan, carrier, text_to, within};
use postrider_simulator::carrier::Part;
use postrider_wire::smpp::pdu::BindMode;
use std::collections::HashSet;

/// Messages of each account.
const EACH: usize = 30;
/// The accounts, one a class, the most urgent last.
const ACCOUNTS: [&str; 3] = ["adverts", "orders", "codes"];

#[tokio::test]
async fn everything_waits_for_the_carrier_and_goes_in_order_of_class() {
    everything_waits(async |_| {}).await;
}

#[tokio::test]
async fn everything_waits_through_a_restart_of_the_gateway() {
    everything_waits(async |gateway| {
        gateway.stop().await;
        gateway.start_again().await;
    })
    .await;
}

#[tokio::test]
async fn everything_waits_through_a_power_failure() {
    everything_waits(async |gateway| {
        gateway.kill().await;
        gateway.start_again().await;
    })
    .await;
}

async fn everything_waits(meanwhile: impl AsyncFn(&mut Gateway)) {
    let carrier = carrier().await;
    let mut gateway = three_classes(carrier.address()).start().await;
    within("the gateway to bind", carrier.until(|counts| counts.binds == 1)).await;
    carrier.stop().await;
    gateway.says("the link is down").await;

    let mut sent = HashSet::new();
    for account in ACCOUNTS {
        let client = gateway.smpp(account, BindMode::Transmitter).await;
        for n in 0..EACH {
            let text = format!("{account} {n:02}");
            sent.insert(client.submit(&text_to("+491700000001", text.as_bytes())).await);
        }
    }
    meanwhile(&mut gateway).await;
    assert_eq!(carrier.counts().submitted, 0);
    carrier.restart().await.unwrap();

    let parts = within("every part", carrier.accepted_at_least(sent.len() as u64)).await;
    let texts: Vec<String> = parts.iter().map(Part::text).collect();
    let urgent_first = ACCOUNTS.iter().rev();
    let expected: Vec<String> =
        urgent_first.flat_map(|account| (0..EACH).map(move |n| format!("{account} {n:02}"))).collect();
    assert_eq!(texts, expected);
    for account in ACCOUNTS {
        let mut client = gateway.smpp(account, BindMode::Receiver).await;
        for _ in 0..EACH {
            let receipt = client.receipt().await;
            assert_eq!(receipt.stat, "DELIVRD");
            assert!(sent.remove(&receipt.id), "told twice: {receipt:?}");
        }
    }
    assert!(sent.is_empty());
}

fn three_classes(carrier: std::net::SocketAddr) -> Plan {
    let plan = ACCOUNTS.into_iter().fold(Plan::simple(carrier), Plan::account);
    plan.with(
        "accounts.adverts.class = 'marketing'\naccounts.orders.class = 'transactional'\n\
         accounts.codes.class = 'otp'\n\
         upstreams.acme.reserved = { transactional = 0, marketing = 0 }",
    )
}
