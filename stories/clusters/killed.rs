//! Of three nodes under load one after the other is killed with SIGKILL: nothing that any of them has accepted is lost,
//! and what comes twice is no more than what the killed one had in flight, and marked.

use super::company::{mark, never_more_binds, serving, settled, slow, spread, strict_carrier};
use super::shared::Database;
use crate::crowd::{Customers, Deaths, Dice};
use crate::harness::{Gateway, Webhook, within};
use postrider_simulator::carrier::Carrier;
use std::time::Duration;

/// How often a node is killed.
const KILLS: usize = 20;
const NODES: usize = 3;
/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 20;
const BINDS: u64 = 3;
/// Messages that each customer sends between two kills at most, so that the story comes to an end: some while nodes
/// arrange themselves, some when one is to be killed.
const MORE: usize = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_delivered_though_one_node_after_the_other_is_killed() {
    let mut dice = Dice::thrown();
    let carrier = strict_carrier(BINDS as usize, slow(dice.seed())).await;
    let (webhook, database) = (Webhook::listen().await, Database::new("killed"));
    let mut nodes = Vec::new();
    for number in 1..=NODES {
        let plan = serving(number, &carrier, &webhook, &database)
            .with(&format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}"));
        nodes.push(plan.start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    let mut deaths = Deaths::default();

    for round in 0..KILLS {
        customers.send(MORE);
        if round % 3 != 2 {
            // Now and then one is killed before the others have made room for the one before.
            spread(&nodes[0], &carrier, &[1, 1, 1]).await;
        }
        customers.send(MORE);
        under_load(&carrier, &mut dice).await;
        let victim = dice.below(NODES as u64) as usize;
        die(&mut nodes[victim], victim + 1, &carrier, &database, &mut deaths).await;
        tokio::time::sleep(Duration::from_millis(dice.below(1_000))).await;
        nodes[victim].start_again().await;
    }

    settled(&mut customers, &database).await;
    spread(&nodes[0], &carrier, &[1, 1, 1]).await;
    for node in &mut nodes {
        node.stop().await;
    }
    let accepted = customers.promises().accepted();
    let again = deaths.judge(&carrier.accepted(), &database.messages(), &accepted);
    assert!(again.iter().sum::<u64>() > 0, "the story needs deaths with something in flight");
    never_more_binds(&carrier);
}

async fn die(
    node: &mut Gateway,
    number: usize,
    carrier: &Carrier,
    database: &Database<'_>,
    deaths: &mut Deaths,
) {
    node.kill().await;
    let held =
        database.sql(&format!("SELECT count(*) FROM lease WHERE node = {number} AND name LIKE 'bind/%'"));
    let held: u64 = held.trim().parse().unwrap();
    // What was on the wire has come then: nobody can have its binds yet.
    within("its links to end", carrier.until(|counts| counts.connections <= BINDS - held)).await;
    deaths.note(&mark(number), WINDOW * held);
}

/// Waits for a random moment at which the carrier is being sent to.
async fn under_load(carrier: &Carrier, dice: &mut Dice) {
    let enough = carrier.counts().submitted + 1 + dice.below(300);
    within("parts to come", carrier.until(|counts| counts.submitted >= enough)).await;
    tokio::time::sleep(Duration::from_micros(dice.below(50_000))).await;
}
