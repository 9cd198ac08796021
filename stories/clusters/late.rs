//! A node stands still for as long as others take to give up on it, again and again, while the carrier is slow to answer. It
//! records late what others have sent again meanwhile: every message of which there are two copies says so at its end.

use super::company::{mark, serving, settled, slow, spread};
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Webhook, carrier_with, within};
use postrider_simulator::carrier::{Delay, Settings};
use std::time::Duration;

/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 100;
const BINDS: u64 = 2;
/// What each customer sends before each stop.
const MANY: usize = 100;
/// How long the node stands still, each time.
const STOPS: [u64; 4] = [7, 4, 8, 7];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_records_late_says_that_there_are_two_copies() {
    let manners = Settings {
        answer_delay: Delay::between(Duration::from_secs(2), Duration::from_secs(4)),
        receipt_delay: Delay::between(Duration::ZERO, Duration::from_secs(2)),
        ..slow(1)
    };
    let carrier = carrier_with(manners).await;
    let (webhook, database) = (Webhook::listen().await, Database::new("late"));
    let limits = format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}");
    let mut nodes = Vec::new();
    for number in 1..=2 {
        nodes.push(serving(number, &carrier, &webhook, &database).with(&limits).start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let mut deaths = Deaths::default();
    for seconds in STOPS {
        customers.send(MANY);
        within("messages to be accepted", customers.promises().more_accepted(MANY)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        nodes[1].freeze();
        deaths.note(&mark(2), WINDOW * BINDS);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        nodes[1].thaw();
        spread(&nodes[0], &carrier, &[1, 1]).await;
    }
    settled(&mut customers, &database).await;
    for node in &mut nodes {
        node.stop().await;
    }
    let again = deaths.judge(&carrier.accepted(), &database.messages(), &customers.promises().accepted());
    assert!(again.iter().sum::<u64>() > 0, "the story needs copies");
    assert_eq!(database.sql("SELECT count(*) FROM waiting").trim(), "0", "nothing is waited for in vain");
}
