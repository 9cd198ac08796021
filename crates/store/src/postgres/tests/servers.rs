//! Several servers, of which some don't do.

use super::{Database, Postgres, Settings, cluster};
use crate::clock;
use crate::conformance::cluster::Cluster;
use crate::conformance::samples::{NOW, UPSTREAM, accepting, id, lease_of, message, taken};
use postrider_core::contract::{Filter, Record, Store, StoreError, Told};
use postrider_core::node::{News, Nodes, Presence};
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a node is trusted that can't beat.
const TRUST: Duration = Duration::from_secs(3);

/// A machine that hangs takes connections and says nothing, and one that lost its power doesn't even that.
#[tokio::test]
async fn a_server_that_says_nothing_does_not_keep_a_node_from_the_one_behind_it() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let database = Database::new();
    let silent = silent.local_addr().unwrap().to_string();
    let url = database.url().replace("@127", &format!("@{silent},127"));
    let store = Postgres::open(&url, Settings::default()).await.unwrap();
    let began = clock::moment();
    store.beat(&Presence::default()).await.unwrap();
    assert!(began.elapsed() < TRUST, "it was connected after {:?}", began.elapsed());
    store.accept(vec![accepting(message(1), UPSTREAM, true)], None).await.unwrap();
    store.close().await;
    assert_eq!(database.sql("SELECT count(*) FROM message"), "1");
}

/// Or it would be lost when the replica takes the primary's place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_synchronous_replica_has_not_is_not_acknowledged() {
    let primary = Cluster::start();
    let replica = Cluster::replica_of(&primary);
    primary.set("synchronous_standby_names", "*");
    primary.reload();
    while primary.sql("postgres", "SELECT sync_state FROM pg_stat_replication").trim() != "sync" {}
    let store = Postgres::open(&primary.url("postgres"), Settings::default()).await.unwrap();
    store.accept(vec![accepting(message(1), UPSTREAM, true)], None).await.unwrap();
    replica.hang();
    let answer = store.accept(vec![accepting(message(2), UPSTREAM, true)], None).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn each_server_is_told_of_with_what_it_says() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let url = cluster().url("nonexistent").replace("@127", "@127.0.0.1:1,127");
    let Err(error) = Postgres::open(&url, Settings::default()).await else { panic!("it opened") };
    let words = error.to_string();
    assert!(words.contains("127.0.0.1:1: ") && words.contains("does not exist"), "{words}");
    let alone = TcpListener::bind(silent).unwrap();
    let url = format!("postgres://u:p@{}/db", alone.local_addr().unwrap());
    let Err(error) = Postgres::open(&url, Settings::default()).await else { panic!("it opened") };
    assert!(error.to_string().contains(&format!("{silent}: it does not answer")), "{error}");
    assert!(error.help().is_some());
}

/// The manual says how many, by which `max_connections` is reckoned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_has_no_more_connections_than_the_manual_says() {
    const MOST: usize = 11;
    assert!(include_str!("../../../../../docs/src/nodes.md").contains(&format!("up to {MOST} connections")));
    let database = Database::new();
    let store = database.node(1).await;
    let mut asked = JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&store);
        asked.spawn(async move {
            store.accept(vec![accepting(message(n), UPSTREAM, false)], None).await.unwrap();
            store.list(Filter::all(Viewer::Everything, 100)).await.unwrap();
            store
                .record(Arc::new(Record {
                    changes: vec![taken(&message(n), &n.to_string())],
                    ..Record::default()
                }))
                .await
                .unwrap();
            store
                .told(
                    Lane::Webhooks,
                    vec![Told { notice: id(n).into(), again: None, failed: 0, attempt: None }],
                )
                .await
                .unwrap();
            lease_of(&*store, UPSTREAM, 1, NOW).await;
            store.tell(vec![News::Resources]);
            store.beat(&Presence::default()).await.unwrap();
        });
    }
    asked.join_all().await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postrider node 1'";
    let connections: usize = database.sql(sql).parse().unwrap();
    assert_eq!(connections, MOST);
    store.close().await;
}
