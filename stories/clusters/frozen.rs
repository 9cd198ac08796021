//! A node stands still for longer than its leases last, and goes on as if nothing had been: it sends nothing of what others
//! have sent meanwhile.

use super::company::{mark, serving, settled, slow, spread};
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Webhook, carrier_with, eventually, within};
use postrider_simulator::carrier::{Delay, Settings};
use std::time::Duration;

/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 20;
const BINDS: u64 = 2;
/// What each customer sends, much faster than the rate allows.
const MANY: usize = 250;
const RATE: f64 = 80.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stood_still_sends_nothing_that_others_have_sent() {
    let answer_delay = Delay::between(Duration::from_millis(20), Duration::from_millis(30));
    let carrier = carrier_with(Settings { answer_delay, ..slow(1) }).await;
    let (webhook, database) = (Webhook::listen().await, Database::new("frozen"));
    let limits = format!(
        "upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}\nupstreams.acme.rate = {RATE:?}"
    );
    let mut nodes = Vec::new();
    for number in 1..=2 {
        nodes.push(serving(number, &carrier, &webhook, &database).with(&limits).start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    spread(&nodes[0], &carrier, &[1, 1]).await;
    customers.send(MANY);
    within("messages to be accepted", customers.promises().more_accepted(MANY)).await;
    let on_shelf = async || {
        let count = database.sql("SELECT count(*) FROM queue WHERE owner = 2");
        (count.trim().parse::<u64>().unwrap() > WINDOW * BINDS).then_some(())
    };
    eventually("the node to have more ready than may be in flight", on_shelf).await;

    nodes[1].freeze();
    let mut deaths = Deaths::default();
    deaths.note(&mark(2), WINDOW * BINDS);
    let all_sent = async || (database.sql("SELECT count(*) FROM queue").trim() == "0").then_some(());
    eventually("the other node to send everything", all_sent).await;
    nodes[1].thaw();
    spread(&nodes[0], &carrier, &[1, 1]).await;

    settled(&mut customers, &database).await;
    for node in &mut nodes {
        node.stop().await;
    }
    deaths.judge(&carrier.accepted(), &database.messages(), &customers.promises().accepted());
}
