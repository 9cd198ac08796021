//! Texts that clients cut themselves, at several nodes: whichever parts come where, the handset gets one text.

use super::company::{MOVED, never_more_binds, spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Client, Plan, eventually, text_to};
use postrider_simulator::carrier::{Carrier, Part, Settings};
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use std::collections::BTreeSet;
use std::time::Duration;

const TO: &str = "+491700000001";
/// A time limit of parts that no story waits for.
const FOREVER: &str = "accounts.shop.smpp.parts_wait = '1h'";

async fn submit(client: &Client, number: u8, total: u8, text: &[u8]) -> String {
    let octets = [&[5, 0, 3, 7, total, number], text].concat();
    client.submit(&SubmitSm { esm_class: 0x40, ..text_to(TO, &octets) }).await
}

async fn shows(carrier: &Carrier, text: &str) {
    let shown = async || (!carrier.accepted().is_empty()).then_some(());
    eventually("the handset to show the text", shown).await;
    let texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
    assert_eq!(texts, [text]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_came_to_two_nodes_are_one_text() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address()).with(FOREVER).shared(&Database::new("cut_texts").url());
    let (one, other) = (plan.clone().start().await, plan.start().await);
    let mut here = one.smpp("shop", BindMode::Transceiver).await;
    let there = other.smpp("shop", BindMode::Transmitter).await;
    let mut ids = BTreeSet::from([submit(&here, 1, 3, b"one ").await]);
    ids.insert(submit(&there, 3, 3, b"three").await);
    ids.insert(submit(&here, 2, 3, b"two ").await);
    shows(&carrier, "one two three").await;
    let mut told = BTreeSet::new();
    for _ in &ids {
        told.insert(here.receipt().await.id);
    }
    assert_eq!(told, ids);
    never_more_binds(&carrier);
}

/// The node that stored the last part dies before it puts the text together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_text_that_a_dead_node_left_is_put_together_by_another() {
    let (carrier, database) = (strict_carrier(1, Settings::default()).await, Database::new("left_texts"));
    let plan = Plan::simple(carrier.address()).with(FOREVER).shared(&database.url());
    let (one, mut other) = (plan.clone().start().await, plan.start().await);
    spread(&one, &carrier, &[0, 1]).await;
    let client = other.smpp("shop", BindMode::Transmitter).await;
    submit(&client, 1, 2, b"twice ").await;
    database.sql(
        "CREATE TEMP TABLE last_part AS SELECT * FROM client_part; \
         UPDATE last_part SET id = id + 1, cut_number = 2; \
         INSERT INTO client_part SELECT * FROM last_part",
    );
    let waits = database.sql("SELECT count(*) FROM client_part WHERE joined IS NULL");
    assert_eq!(waits.trim(), "2", "nobody was told of it");
    other.kill().await;
    let joined = tokio::time::timeout(MOVED + Duration::from_secs(20), shows(&carrier, "twice twice "));
    joined.await.expect("another node puts it together");
}
