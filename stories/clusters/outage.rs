//! The database goes away, for all nodes or for one of them. What was accepted is kept, clients are told to come back,
//! carriers are let go of in time, and all resumes by itself.

use super::company::{self, itself, mark, never_more_binds, serving, settled, slow, spread, strict_carrier};
use super::line::Line;
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Gateway, Webhook, eventually, text_to, within};
use postrider_simulator::carrier::Carrier;
use postrider_store::conformance::cluster::Cluster;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use serde_json::json;
use std::time::{Duration, Instant};

/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 20;
const BINDS: u64 = 2;
/// How long a client may be kept waiting for the word that it should come back.
const WORD: Duration = Duration::from_secs(7);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_goes_away_and_comes_back_under_load() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (webhook, database) = (Webhook::listen().await, Database::of(&cluster, "outage"));
    let carrier = strict_carrier(BINDS as usize, slow(1)).await;
    let mut nodes = Vec::new();
    for number in [1, 2] {
        let plan = serving(number, &carrier, &webhook, &database).with(&limits());
        nodes.push(plan.start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    customers.go_on();
    spread(&nodes[0], &carrier, &[1, 1]).await;
    within("messages to be accepted", customers.promises().more_accepted(500)).await;

    let client = nodes[0].smpp("shop", BindMode::Transmitter).await;
    tokio::task::block_in_place(|| cluster.stop());
    let asked = Instant::now();
    let refused = client.request(&text_to("+491790000001", b"nobody can keep it")).await;
    assert_eq!(refused.status(), Status::RSYSERR);
    assert!(asked.elapsed() < WORD, "the client was kept waiting for {:?}", asked.elapsed());
    let asked = Instant::now();
    let message = json!({ "to": "+491790000002", "text": "nobody can keep it" });
    let refused = nodes[1].http("web").post("/v1/messages", &message).await;
    assert!(asked.elapsed() < WORD, "the client was kept waiting for {:?}", asked.elapsed());
    assert!(refused.headers.contains_key("retry-after"));
    refused.with(503);
    for node in &nodes {
        let says_why = async || {
            let answer = node.stranger().get("/readyz").await;
            let why = answer.body["reasons"][0].as_str().unwrap_or_default().to_owned();
            (answer.status == 503 && why.contains("database")).then_some(())
        };
        eventually("the node to say why it is not ready", says_why).await;
    }
    within("the links to be let go of", carrier.until(|counts| counts.binds == 0)).await;
    let mut deaths = Deaths::default();
    deaths.note(&mark(1), WINDOW * BINDS);
    deaths.note(&mark(2), WINDOW * BINDS);

    tokio::task::block_in_place(|| cluster.start_again());
    spread(&nodes[0], &carrier, &[1, 1]).await;
    for node in &nodes {
        let is_ready = async || (node.stranger().get("/readyz").await.status == 200).then_some(());
        eventually("the node to be ready again", is_ready).await;
    }
    for node in &nodes {
        node.says("the store is well again").await;
        // Not once for each message that was turned away.
        let told = node.log().matches("the store fails").count();
        assert!((1..=3).contains(&told), "the log says {told} times that the store fails");
    }
    within("messages to be accepted again", customers.promises().more_accepted(500)).await;
    finish(nodes, &mut customers, &carrier, &database, &deaths).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_from_the_database_lets_go_of_the_carrier_before_others_take_its_place() {
    let (webhook, database) = (Webhook::listen().await, Database::new("cut_off"));
    let carrier = strict_carrier(BINDS as usize, slow(1)).await;
    let line = Line::before(database.address()).await;
    let near = serving(1, &carrier, &webhook, &database).with(&limits()).start().await;
    let far =
        serving(2, &carrier, &webhook, &database).with(&limits()).shared(&database.url_by(line.address()));
    let nodes = vec![near, far.start().await];
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    customers.go_on();
    spread(&nodes[0], &carrier, &[1, 1]).await;
    within("messages to be accepted", customers.promises().more_accepted(500)).await;

    line.stall();
    within("the node to let go of its bind", carrier.until(|counts| counts.binds < BINDS)).await;
    let mut deaths = Deaths::default();
    deaths.note(&mark(2), WINDOW * BINDS);
    let silent = async || {
        let views = company::nodes(&nodes[0]).await;
        views.iter().any(|view| view["number"] == 2 && view["silent"] == true).then_some(())
    };
    eventually("the other node to see that it is silent", silent).await;
    spread(&nodes[0], &carrier, &[2]).await;
    assert_eq!(itself(&nodes[1]).await["silent"], true);
    let unready = async || (nodes[1].stranger().get("/readyz").await.status == 503).then_some(());
    eventually("the node to say that it is cut off", unready).await;
    within("messages to be accepted meanwhile", customers.promises().more_accepted(200)).await;

    line.flow();
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let back = async || {
        let view = itself(&nodes[1]).await;
        (view["silent"] == false && view["up"] == json!(["acme"])).then_some(())
    };
    eventually("the node to say that its link is up", back).await;
    let id = nodes[1].http("web").send("+491790000003", "back again").await;
    nodes[1].http("web").message_in(&id, "delivered").await;
    finish(nodes, &mut customers, &carrier, &database, &deaths).await;
}

/// A beat may fail where nothing else does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_beat_is_not_ready_though_the_store_takes_what_it_accepts() {
    let (webhook, database) = (Webhook::listen().await, Database::new("beatless"));
    let carrier = strict_carrier(1, slow(1)).await;
    let node = serving(1, &carrier, &webhook, &database).start().await;
    database.sql("ALTER FUNCTION beat RENAME TO beatless");
    let answer = async || node.stranger().get("/readyz").await.status;
    let is = async |wanted| (answer().await == wanted).then_some(());
    eventually("the node to say that it can't beat", async || is(503).await).await;
    node.http("web").send("+491790000004", "for later").await;
    assert_eq!(answer().await, 503, "it is not well because it accepts");
    database.sql("ALTER FUNCTION beatless RENAME TO beat");
    eventually("the node to be ready again", async || is(200).await).await;
}

fn limits() -> String {
    format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}")
}

async fn finish(
    nodes: Vec<Gateway>,
    customers: &mut Customers,
    carrier: &Carrier,
    database: &Database<'_>,
    deaths: &Deaths,
) {
    settled(customers, database).await;
    for mut node in nodes {
        node.stop().await;
    }
    deaths.judge(&carrier.accepted(), &database.messages(), &customers.promises().accepted());
    never_more_binds(carrier);
}
