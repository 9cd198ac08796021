//! The database stands still for longer than clients wait, and then goes on with what it was asked: what clients were refused
//! is not sent, and what is sent all the same is counted.

use super::company::{serving, slow, spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Asked, Client, Webhook, eventually, text_to};
use postrider_store::conformance::cluster::Cluster;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two messages of the client.
const PACE: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_while_the_database_stood_still_is_not_sent() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (webhook, database) = (Webhook::listen().await, Database::of(&cluster, "hung"));
    let carrier = strict_carrier(1, slow(1)).await;
    let plan = serving(1, &carrier, &webhook, &database).with("accounts.shop.smpp.window = 10000");
    let node = plan.start().await;
    spread(&node, &carrier, &[1]).await;
    let client = node.smpp("shop", BindMode::Transmitter).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(ask_until(client, Arc::clone(&is_over)));
    let some = async || (carrier.accepted().len() > 100).then_some(());
    eventually("messages to arrive", some).await;

    tokio::task::block_in_place(|| cluster.hang());
    let unready = async || (node.stranger().get("/readyz").await.status == 503).then_some(());
    eventually("the node to say that the database is away", unready).await;
    // Longer than clients wait for their answers.
    is_over.store(true, Ordering::Relaxed);
    let (_client, asked) = asking.await.unwrap();
    let mut refused = HashSet::new();
    for (to, asked) in asked {
        match asked.answer().await.status() {
            Status::ROK => {}
            status => {
                assert_eq!(status, Status::RSYSERR);
                refused.insert(to);
            }
        }
    }
    tokio::task::block_in_place(|| cluster.go_on());

    assert!(!refused.is_empty(), "nothing was refused");
    spread(&node, &carrier, &[1]).await;
    let settled = async || {
        let rows = ["queue", "waiting"].map(|table| database.sql(&format!("SELECT count(*) FROM {table}")));
        rows.iter().all(|rows| rows.trim() == "0").then_some(())
    };
    eventually("everything to be sent", settled).await;
    let sent = carrier.accepted().iter().filter(|part| refused.contains(&part.destination)).count();
    let counted = node.metric("postrider_refused_and_stored_total").await;
    let withdrawn = node.metric("postrider_refused_and_withdrawn_total").await;
    println!("{} refused, {withdrawn} withdrawn, {sent} sent, {counted} counted", refused.len());
    assert_eq!(sent as f64, counted);
    assert!(sent * 20 <= refused.len(), "{sent} of {} were sent", refused.len());
}

/// Sends messages, each to another number, until it is over.
async fn ask_until(client: Client, is_over: Arc<AtomicBool>) -> (Client, Vec<(String, Asked)>) {
    let (mut asked, mut pace) = (Vec::new(), tokio::time::interval(PACE));
    while !is_over.load(Ordering::Relaxed) {
        pace.tick().await;
        let to = format!("49170{:07}", asked.len());
        let submit = client.ask(&text_to(&format!("+{to}"), b"once"));
        asked.push((to, submit));
    }
    (client, asked)
}
