//! A menu that gets no answer in time has its consequences once, whichever node sees the time pass.

use super::company::{spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Gateway, Plan, Told, Webhook, eventually, within};
use postrider_simulator::carrier::{Carrier, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// Handsets that ask for the menu and say nothing more.
const SILENT: usize = 60;

/// The shortest time that a menu waits.
const MENU: &str = "[numbers.60006]\naccount = 'shop'\n[rules.menu]\naccount = 'shop'\nwhen = { keywords = ['menu'] }\n\
     [rules.menu.then]\nreply = '1 daily, 2 never'\nchoices = [{ answer = '1' }, { answer = '2' }]\nwait = '10s'\n\
     timed_out = { reply = 'Still there?', webhook = true }";

fn handset(number: usize) -> String {
    format!("4917000005{number:02}")
}

async fn two_nodes(database: &'static str, carrier: &Carrier, webhook: &Webhook) -> [Gateway; 2] {
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2")
        .with(MENU)
        .webhook("shop", webhook)
        .shared(&Database::new(database).url());
    let nodes = [plan.clone().start().await, plan.start().await];
    spread(&nodes[0], carrier, &[1, 1]).await;
    nodes
}

/// Has all handsets ask for the menu, and waits until they have it.
async fn ask(carrier: &Carrier) {
    for number in 0..SILENT {
        assert!(carrier.say_to_anyone(&handset(number), "60006", "menu").is_some());
    }
    within("the menus", carrier.accepted_at_least(SILENT as u64)).await;
}

/// What the account's webhook is told of menus without an answer: the events by their identifiers, each with its message.
async fn timeouts(webhook: &mut Webhook, events: &mut BTreeMap<String, String>, many: usize) {
    let is_timeout = |told: &Told| told.body["data"]["event"] == "timed_out";
    while events.len() < many {
        let told = webhook.until(is_timeout).await;
        let message = told.body["data"]["inbound_id"].as_str().unwrap().to_owned();
        events.insert(told.header("webhook-id").to_owned(), message);
    }
}

/// The recipients of the reply that is due without an answer, a line for each message.
async fn asked_again(node: &Gateway) -> Vec<String> {
    let page = node.http("shop").get("/v1/messages?limit=500").await.ok();
    let messages = page["messages"].as_array().unwrap().clone();
    let again = messages.iter().filter(|message| message["text"] == "Still there?");
    again.map(|message| message["to"].as_str().unwrap().to_owned()).collect()
}

async fn each_was_asked_once(node: &Gateway) {
    let all = async || {
        let recipients = asked_again(node).await;
        (recipients.len() >= SILENT).then_some(recipients)
    };
    let recipients = eventually("the replies", all).await;
    let once: BTreeSet<&String> = recipients.iter().collect();
    assert_eq!((recipients.len(), once.len()), (SILENT, SILENT), "{recipients:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_see_a_menu_time_out_one_acts() {
    let carrier = strict_carrier(2, Settings::default()).await;
    let mut webhook = Webhook::listen().await;
    let nodes = two_nodes("menus", &carrier, &webhook).await;
    ask(&carrier).await;
    let mut events = BTreeMap::new();
    timeouts(&mut webhook, &mut events, SILENT).await;
    let of: BTreeSet<&String> = events.values().collect();
    assert_eq!(of.len(), SILENT, "a menu timed out twice");
    each_was_asked_once(&nodes[0]).await;
    // Each node counts what it did: the menus and their timeouts, and none of them twice.
    let mut acted = 0.0;
    for node in &nodes {
        acted += node.metric("postrider_rules_total{rule=\"menu\"}").await;
    }
    assert_eq!(acted, 2.0 * SILENT as f64);
    let parts = within("the replies", carrier.accepted_at_least(2 * SILENT as u64)).await;
    assert_eq!(parts.len(), 2 * SILENT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeouts_of_a_node_that_dies_amid_them_are_the_other_ones() {
    let carrier = strict_carrier(2, Settings::default()).await;
    let mut webhook = Webhook::listen().await;
    let mut nodes = two_nodes("menus_killed", &carrier, &webhook).await;
    ask(&carrier).await;
    let mut events = BTreeMap::new();
    timeouts(&mut webhook, &mut events, 1).await;
    nodes[0].kill().await;
    timeouts(&mut webhook, &mut events, SILENT).await;
    let of: BTreeSet<&String> = events.values().collect();
    assert_eq!((events.len(), of.len()), (SILENT, SILENT), "a menu timed out twice");
    each_was_asked_once(&nodes[1]).await;
}
