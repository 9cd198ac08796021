//! The primary dies under load, or hangs, and its replica takes its place: nothing that was acknowledged is lost, and
//! clients need know nothing of it.

use super::company::{mark, never_more_binds, serving, settled, slow, spread, strict_carrier};
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Webhook, eventually, within};
use postrider_store::conformance::cluster::Cluster;

/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 20;
const BINDS: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_the_place_of_a_primary_that_was_killed_under_load() {
    a_replica_takes_over("failover", Cluster::stop).await;
}

/// It takes connections and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_the_place_of_a_primary_that_hangs_under_load() {
    a_replica_takes_over("hanging", Cluster::hang).await;
}

async fn a_replica_takes_over(name: &'static str, lose: impl FnOnce(&Cluster)) {
    let (primary, replica) = tokio::task::spawn_blocking(pair).await.unwrap();
    let first = Database::of(&primary, name);
    let second = Database::there(&replica, name);
    let url = primary.url_with(&replica, name);
    let (webhook, carrier) = (Webhook::listen().await, strict_carrier(BINDS as usize, slow(1)).await);
    let mut nodes = Vec::new();
    for number in [1, 2] {
        let plan = serving(number, &carrier, &webhook, &first)
            .with(&format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}"))
            .shared(&url);
        nodes.push(plan.start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    customers.go_on();
    spread(&nodes[0], &carrier, &[1, 1]).await;
    within("messages to be accepted", customers.promises().more_accepted(500)).await;

    // Where reports are made from.
    let is_reported = async || (!second.messages().is_empty()).then_some(());
    eventually("messages to be in the replica's view", is_reported).await;
    tokio::task::block_in_place(|| lose(&primary));
    // What was in flight then, or was sent until nodes could do no more without the database, might come again.
    let mut deaths = Deaths::default();
    [1, 2].iter().for_each(|number| deaths.note(&mark(*number), WINDOW * BINDS));
    tokio::task::block_in_place(|| replica.promote());
    [1, 2].iter().for_each(|number| deaths.note(&mark(*number), WINDOW * BINDS));
    within("messages to be accepted again", customers.promises().more_accepted(500)).await;
    spread(&nodes[0], &carrier, &[1, 1]).await;
    for node in &nodes {
        let is_ready = async || (node.stranger().get("/readyz").await.status == 200).then_some(());
        eventually("the node to be ready", is_ready).await;
    }
    settled(&mut customers, &second).await;
    for node in &mut nodes {
        node.stop().await;
    }
    deaths.judge(&carrier.accepted(), &second.messages(), &customers.promises().accepted());
    never_more_binds(&carrier);
}

/// A primary that acknowledges nothing that its replica doesn't have, and the replica.
fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start();
    let replica = Cluster::replica_of(&primary);
    primary.set("synchronous_standby_names", "*");
    primary.reload();
    let is_followed =
        || primary.sql("postgres", "SELECT sync_state FROM pg_stat_replication").trim() == "sync";
    while !is_followed() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    (primary, replica)
}
