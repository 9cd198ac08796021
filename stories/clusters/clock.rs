//! A node whose machine has the wrong time goes by the database's.

use super::company::{spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Gateway, Plan, within};
use postrider_simulator::carrier::Settings;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What Debian's package `faketime` puts before the system's clock.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
/// How far the time that an identifier tells may be from the right one.
const ABOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_an_hour_off_goes_by_the_databases() {
    let (carrier, database) = (strict_carrier(2, Settings::default()).await, Database::new("clock"));
    let plan = Plan::simple(carrier.address()).with("upstreams.acme.binds = 2").shared(&database.url());
    let off =
        plan.clone().env("LD_PRELOAD", library().to_str().unwrap()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let right = plan.start().await;
    let early = off.clone().env("FAKETIME", "-1h").start().await;
    let late = off.env("FAKETIME", "+1h").start().await;
    for node in [&early, &late] {
        node.says("this machine's clock is off").await;
    }
    spread(&right, &carrier, &[0, 1, 1]).await;

    // What is to leave later leaves in its time, whoever took it and whoever sends it.
    for (place, node) in [&right, &early, &late].into_iter().enumerate() {
        let id = send(node, place, json!({ "send_at": in_two_seconds() })).await;
        let message = node.http("shop").message_in(&id, "delivered").await;
        let part = carrier.accepted().pop().unwrap();
        let since = part.at.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let due = unix(message["due_at"].as_str().unwrap());
        assert!((due..due + 10).contains(&since), "due at {due}, and sent at {since}");
    }
    // What is valid for long enough does not expire, and what is not does.
    carrier.stop().await;
    let mut fates = Vec::new();
    for (place, node) in [&right, &early, &late].into_iter().enumerate() {
        fates.push((node, send(node, place, json!({ "valid_for": "1s" })).await, "expired"));
        fates.push((node, send(node, place, json!({ "valid_for": "30m" })).await, "delivered"));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    carrier.restart().await.unwrap();
    for (node, id, state) in fates {
        node.http("shop").message_in(&id, state).await;
    }
    within("what was valid to come", carrier.accepted_at_least(6)).await;
    assert_eq!(carrier.counts().accepted, 6);

    // Identifiers tell the right time, so that there is a partition for each, and is it dropped in its time.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for id in database.messages().into_keys() {
        let made = Duration::from_millis((id.parse::<u64>().unwrap() >> 22) + 1_704_067_200_000);
        assert!(now.abs_diff(made) < ABOUT, "{id} was made at {made:?}, and it is {now:?}");
    }
}

/// Sends a message with these settings to a number of the node's own, and returns its id.
async fn send(node: &Gateway, place: usize, mut message: Value) -> String {
    message["to"] = json!(format!("+49170000000{place}"));
    message["text"] = json!("in its time");
    node.http("shop").send_with(message).await
}

fn in_two_seconds() -> String {
    let at = SystemTime::now() + Duration::from_secs(2);
    jiff::Timestamp::try_from(at).unwrap().to_string()
}

fn unix(moment: &str) -> u64 {
    moment.parse::<jiff::Timestamp>().unwrap().as_second().try_into().unwrap()
}

fn library() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path().join(LIBRARY));
    places.into_iter().find(|path| path.exists()).expect("faketime is installed: apt-get install faketime")
}
