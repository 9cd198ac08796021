//! The database is lost under load, and comes back from a copy and its archived log, by the commands of the manual.

use super::company::{mark, never_more_binds, serving, slow, spread, strict_carrier};
use super::manual::Manual;
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Entry, Gateway, Webhook, eventually, within};
use postrider_simulator::carrier::Carrier;
use postrider_store::conformance::cluster::Cluster;
use std::collections::HashSet;
use std::time::SystemTime;

const NAME: &str = "recovery";
/// Messages between two things that happen.
const SOME: usize = 150;
/// Parts a second that nodes send: fewer than come, so that there is always something queued.
const RATE: u32 = 150;

/// What is left when the database is lost, and what was promised until then.
struct Lost<'c> {
    cluster: &'c Cluster,
    manual: Manual<'c>,
    carrier: Carrier,
    customers: Customers,
    /// One that was stopped, and one that may have been forgotten.
    nodes: [Gateway; 2],
    deaths: Deaths,
    /// A moment, as PostgreSQL says it, and what had been accepted by then.
    moment: String,
    by_then: HashSet<String>,
    /// What had been accepted before the last piece of the log was archived.
    archived: HashSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_comes_back_with_all_that_was_archived() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let lost = lose(&cluster, Cluster::lose).await;
    lost.manual.follow("Recover");
    lost.manual.follow("Recover to the end");
    let (archived, cluster) = (lost.archived.clone(), lost.cluster);
    let kept = go_on(lost).await;
    assert!(archived.is_subset(&kept), "{} messages are lost", archived.difference(&kept).count());
    // The restored one is backed up as the other was.
    let manual = Manual::of(cluster, NAME);
    let again = cluster.beside("again");
    manual.follow_with("Make a base backup", &[("BASE", &again)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_with_a_database_whose_log_can_be_read() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let lost = lose(&cluster, Cluster::stop).await;
    lost.manual.follow("Recover");
    lost.manual.follow("Rescue the unarchived WAL");
    lost.manual.follow("Recover to the end");
    let accepted = lost.customers.promises().accepted();
    let kept = go_on(lost).await;
    assert!(accepted.is_subset(&kept), "{} messages are lost", accepted.difference(&kept).count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_goes_back_to_a_moment() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let lost = lose(&cluster, Cluster::lose).await;
    lost.manual.follow("Recover");
    lost.manual.follow_with("Recover to a point in time", &[("MOMENT", &lost.moment)]);
    let (by_then, archived) = (lost.by_then.clone(), lost.archived.clone());
    let kept = go_on(lost).await;
    assert!(by_then.is_subset(&kept), "{} messages are lost", by_then.difference(&kept).count());
    let later = archived.difference(&by_then).count();
    let gone = archived.difference(&kept).count();
    // What was under way at the moment may be on either side of it.
    assert!(gone > later / 2, "of {later} messages accepted after the moment only {gone} are gone");
}

/// A node under load, a copy made meanwhile, a moment, an end of the log that is archived, and then the loss.
async fn lose(cluster: &Cluster, lose: impl FnOnce(&Cluster)) -> Lost<'_> {
    let database = Database::of(cluster, NAME);
    let manual = Manual::of(cluster, NAME);
    tokio::task::block_in_place(|| manual.follow("Archive the WAL"));
    let (webhook, carrier) = (Webhook::listen().await, strict_carrier(2, slow(1)).await);
    let limits = format!("upstreams.acme.rate = {RATE}\nupstreams.acme.binds = 2");
    let plan = |number| serving(number, &carrier, &webhook, &database).with(&limits);
    let nodes = [plan(1).start().await, plan(2).start().await];
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let mut customers = Customers::start(&nodes.each_ref(), webhook);
    let some = async |customers: &Customers| {
        within("messages to be accepted", customers.promises().more_accepted(SOME)).await;
    };
    customers.go_on();
    some(&customers).await;
    tokio::task::block_in_place(|| manual.follow("Make a base backup"));
    some(&customers).await;
    let by_then = customers.promises().accepted();
    let moment = database.sql("SELECT clock_timestamp()").trim().to_owned();
    some(&customers).await;
    let archived = customers.promises().accepted();
    let last = database.sql("SELECT pg_walfile_name(pg_switch_wal())");
    let is_archived = async || {
        let upto = database.sql("SELECT last_archived_wal FROM pg_stat_archiver WHERE failed_count = 0");
        (upto.trim() >= last.trim()).then_some(())
    };
    eventually("the log to be archived", is_archived).await;
    some(&customers).await;
    tokio::task::block_in_place(|| lose(cluster));
    customers.stop();
    within("the links to be let go of", carrier.until(|counts| counts.binds == 0)).await;
    let mut deaths = Deaths::default();
    // Whatever was queued at the moment may have been sent since.
    [1, 2].iter().for_each(|number| deaths.note(&mark(*number), u64::MAX));
    Lost { cluster, manual, carrier, customers, nodes, deaths, moment, by_then, archived }
}

/// Starts the database and the node, waits until all is done that was to be done, and returns what is still known.
async fn go_on(mut lost: Lost<'_>) -> HashSet<String> {
    let [node, forgotten] = &mut lost.nodes;
    node.kill().await;
    tokio::task::block_in_place(|| lost.manual.follow("Start the database"));
    let back = SystemTime::now();
    let database = Database::there(lost.cluster, NAME);
    let queued: HashSet<String> =
        database.sql("SELECT id FROM queue").lines().map(ToOwned::to_owned).collect();
    assert!(!queued.is_empty(), "the story needs something queued");
    node.start_again().await;
    forgotten.ended().await;
    forgotten.says("another process has opened the store as this node").await;
    let of_queued = format!("waiting WHERE message IN ({})", listed(&queued));
    for left in ["queue", &of_queued, "notice"] {
        let is_done =
            async || (database.sql(&format!("SELECT count(*) FROM {left}")).trim() == "0").then_some(());
        eventually(&format!("the end of {left}"), is_done).await;
    }
    let id = node.http("web").send("+491790000001", "after it all").await;
    node.http("web").message_in(&id, "delivered").await;
    let of_forgotten = lost.carrier.parts().into_iter().filter(|part| part.service_type == mark(2));
    assert!(of_forgotten.max_by_key(|part| part.at).is_none_or(|part| part.at < back), "it still sends");
    node.stop().await;

    let messages = database.messages();
    let marked: HashSet<String> = messages
        .values()
        .filter(|message| message.possible_duplicate)
        .map(|message| message.id.clone())
        .collect();
    assert_eq!(marked, queued, "what was queued is marked, and nothing else");
    let (delivered, rest): (Vec<&Entry>, Vec<&Entry>) =
        messages.values().partition(|message| message.state == "delivered");
    let parts = lost.carrier.accepted();
    let arrived: HashSet<String> = parts.iter().map(|part| format!("+{}", part.destination)).collect();
    for message in rest {
        // It was reported after the moment, and nobody reports it again.
        assert_eq!(message.state, "sent", "{message:?}");
        assert!(arrived.contains(&message.recipient), "the carrier never had {message:?}");
    }
    let delivered = delivered.iter().map(|message| message.id.clone()).collect();
    let again = lost.deaths.judge(&parts, &messages, &delivered);
    assert!(again.iter().sum::<u64>() > 0, "the story needs something that was sent after the moment");
    never_more_binds(&lost.carrier);
    messages.into_keys().collect()
}

fn listed(ids: &HashSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
