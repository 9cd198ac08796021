//! A database is dumped under load and comes back from that, by the commands of the manual.

use super::company::{serving, slow, spread, strict_carrier};
use super::manual::Manual;
use super::shared::Database;
use crate::crowd::Customers;
use crate::harness::{Webhook, eventually, within};
use postrider_store::conformance::cluster::Cluster;
use std::collections::HashSet;

const NAME: &str = "dumped";
/// Messages between two things that happen.
const SOME: usize = 150;
/// Parts a second that the node sends: fewer than come, so that there is always something queued.
const RATE: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_brings_back_all_that_was_acknowledged_before() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let database = Database::of(&cluster, NAME);
    let manual = Manual::of(&cluster, NAME);
    let (webhook, carrier) = (Webhook::listen().await, strict_carrier(1, slow(1)).await);
    let limits = format!("upstreams.acme.rate = {RATE}");
    let mut node = serving(1, &carrier, &webhook, &database).with(&limits).start().await;
    spread(&node, &carrier, &[1]).await;
    let mut customers = Customers::start(&[&node], webhook);
    customers.go_on();
    within("messages to be accepted", customers.promises().more_accepted(SOME)).await;
    let before = customers.promises().accepted();
    tokio::task::block_in_place(|| manual.follow("Dump"));
    within("more messages to be accepted", customers.promises().more_accepted(SOME)).await;
    customers.stop();
    node.kill().await;
    let is_left = async || {
        let there =
            database.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'postrider%'");
        (there.trim() == "0").then_some(())
    };
    eventually("the database to be left", is_left).await;

    tokio::task::block_in_place(|| manual.follow("Restore a dump"));
    let kept: HashSet<String> = database.messages().into_keys().collect();
    assert!(before.is_subset(&kept), "{} messages are lost", before.difference(&kept).count());
    let accepted = customers.promises().accepted();
    assert!(!accepted.is_subset(&kept), "nothing came after the dump, or the database was never replaced");
    let queued: HashSet<String> =
        database.sql("SELECT id FROM queue").lines().map(ToOwned::to_owned).collect();
    assert!(!queued.is_empty(), "the story needs something queued");
    node.start_again().await;
    for left in ["queue", "notice"] {
        let is_done =
            async || (database.sql(&format!("SELECT count(*) FROM {left}")).trim() == "0").then_some(());
        eventually(&format!("the end of {left}"), is_done).await;
    }
    let id = node.http("web").send("+491790000001", "after it all").await;
    node.http("web").message_in(&id, "delivered").await;
    node.stop().await;
    let marked = database.messages().into_values().filter(|message| message.possible_duplicate);
    assert_eq!(marked.map(|message| message.id).collect::<HashSet<_>>(), queued);
}
