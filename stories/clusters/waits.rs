//! A node that is started while its database is away waits for it, and says so.

use super::shared::Database;
use crate::harness::{Gateway, Plan, carrier, eventually};
use postrider_store::conformance::cluster::Cluster;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_waits_for_a_database_that_is_away() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (carrier, database) = (carrier().await, Database::of(&cluster, "waits"));
    let mut node =
        Plan::simple(carrier.address()).with("log.level = 'info'").shared(&database.url()).start().await;
    node.stop().await;
    tokio::task::block_in_place(|| cluster.stop());

    node.begin_again();
    node.says("the database is away").await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(said(&node, "the database is still away"), 1);
    tokio::task::block_in_place(|| cluster.start_again());
    node.ready().await;
    assert_eq!(said(&node, "the database is there"), 1);
    node.stop().await;

    // It can be stopped while it waits.
    tokio::task::block_in_place(|| cluster.stop());
    node.begin_again();
    let waits = async || (said(&node, "the database is away") == 2).then_some(());
    eventually("the node to say that it waits", waits).await;
    node.stop().await;
    assert_eq!(said(&node, "stopped before it had started"), 1);
}

/// How often the node has said it.
fn said(node: &Gateway, what: &str) -> usize {
    node.log().matches(what).count()
}
