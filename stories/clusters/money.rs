//! Two nodes are asked at once to send for one prepaid account: it pays for each message once, and never more than it has.

use super::company::{serving, slow, strict_carrier};
use super::shared::Database;
use crate::crowd::Dice;
use crate::harness::{Http, Webhook};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const PREPAID: &str = "accounts.shop.billing = { tariff = 'retail', currency = 'EUR' }";
/// Messages that the credit pays for.
const PAID: u64 = 600;
/// Clients of each node.
const CLIENTS: usize = 4;

/// Sends until credit is spent, and counts what was accepted.
async fn hammer(node: Http) -> u64 {
    let message = json!({ "to": "+447700900123", "text": "hello" });
    let mut accepted = 0;
    loop {
        match node.ask(Method::POST, "/v1/messages", &[], Some(&message)).await {
            Ok(answer) if answer.status == 202 => accepted += 1,
            Ok(answer) if answer.status == 402 => return accepted,
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_spend_one_accounts_credit_once() {
    let dice = Dice::thrown();
    let carrier = strict_carrier(2, slow(dice.seed())).await;
    let (webhook, database) = (Webhook::listen().await, Database::new("money"));
    let mut nodes = Vec::new();
    for number in 1..=2 {
        nodes.push(serving(number, &carrier, &webhook, &database).with(PREPAID).start().await);
    }
    let admin = nodes[0].admin();
    admin.put_csv("/v1/tariffs/retail", "prefix,price,currency\n*,0.01,EUR\n").await.ok();
    let path = "/v1/accounts/shop/top-ups";
    let body = json!({ "amount": format!("{}.{:02}5", PAID / 100, PAID % 100) });
    let other_admin = nodes[1].admin();
    let (one, other) = tokio::join!(
        admin.ask(Method::POST, path, &[("Idempotency-Key", "all")], Some(&body)),
        other_admin.ask(Method::POST, path, &[("Idempotency-Key", "all")], Some(&body))
    );
    let mut statuses = [one.unwrap().status, other.unwrap().status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "asked of both nodes at once, it is made once");
    // The other node knows the tariff soon.
    let knows = async || (nodes[1].admin().get("/v1/tariffs/retail").await.status == 200).then_some(());
    crate::harness::eventually("the tariff", knows).await;
    let clients: Vec<_> =
        nodes.iter().flat_map(|node| (0..CLIENTS).map(|_| tokio::spawn(hammer(node.http("shop"))))).collect();
    let mut accepted = 0;
    for client in clients {
        accepted += client.await.unwrap();
    }
    let left = nodes[1].admin().get("/v1/balances?account=shop").await.ok();
    assert_eq!((accepted, &left["balances"][0]["balance"]), (PAID, &json!("0.005")), "{left}");
    for node in &mut nodes {
        node.stop().await;
    }
    assert_eq!(database.messages().len() as u64, PAID);
}
