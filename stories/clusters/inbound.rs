//! What handsets write reaches its owner once, whichever nodes its parts come to; and whoever follows the stream of events hears
//! of it at any node.

use super::company::{nodes, spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Event, Events, Plan, eventually};
use postrider_simulator::carrier::Settings;
use std::collections::BTreeSet;

/// Long messages, in four parts each.
const MESSAGES: usize = 30;

fn text(number: usize) -> String {
    format!("message {number}: {}", "0123456789 ".repeat(50))
}

fn told(event: &Event) -> String {
    assert_eq!((event.kind.as_str(), event.data["data"].get("missing_parts")), ("message.received", None));
    event.data["data"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_come_to_two_nodes_are_one_message_and_one_event_at_each() {
    let carrier = strict_carrier(2, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2\nnumbers.60006.account = 'shop'")
        .shared(&Database::new("inbound").url());
    let mut nodes = [plan.clone().start().await, plan.start().await];
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let [one, other] = [0, 1].map(|node: usize| nodes[node].http("shop"));
    let (mut here, _) = Events::up_to_date(&one, "", None).await;
    let (mut there, _) = Events::up_to_date(&other, "", None).await;
    let all: BTreeSet<String> = (0..MESSAGES).map(text).collect();
    for (number, text) in all.iter().enumerate() {
        carrier.say("postrider", &format!("4917000000{number:02}"), "60006", text);
    }
    for stream in [&mut here, &mut there] {
        let mut heard = BTreeSet::new();
        while heard.len() < MESSAGES {
            assert!(heard.insert(told(&stream.next().await)), "an event is told twice");
        }
        assert_eq!(heard, all);
    }
    let page = other.get("/v1/inbound?limit=500").await.ok();
    assert_eq!(page["messages"].as_array().unwrap().len(), MESSAGES);

    // Who followed the one node goes on at the other when it dies.
    nodes[0].kill().await;
    assert_eq!(here.last, there.last, "a place is the same at both");
    let last = here.last.clone();
    drop(here.ended().await);
    carrier.say("postrider", "491700000099", "60006", "after the death");
    let heard = async || {
        let (_, missed) = Events::up_to_date(&other, "", Some(&last)).await;
        missed.first().map(|event| event.data["data"]["text"].clone())
    };
    assert_eq!(eventually("the event at the other node", heard).await, "after the death");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_carrier_brings_again_to_another_node_is_one_message() {
    let carrier = strict_carrier(2, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2\nnumbers.60006.account = 'shop'")
        .shared(&Database::new("inbound_again").url());
    let mut both = [plan.clone().start().await, plan.start().await];
    spread(&both[0], &carrier, &[1, 1]).await;
    let shop = both[1].http("shop");
    let listed = async |count: usize| {
        let all = async || {
            let page = shop.get("/v1/inbound").await.ok();
            let texts = page["messages"].as_array()?.iter().map(|it| it["text"].as_str().unwrap().to_owned());
            let texts: Vec<String> = texts.collect();
            (texts.len() >= count).then_some(texts)
        };
        eventually("the messages", all).await
    };
    // One of them at least comes to the node that dies, whose acknowledgement the carrier may have missed.
    let texts = ["one", "two", "three", "four"];
    for text in texts {
        carrier.say("postrider", "491700000001", "60006", text);
    }
    listed(texts.len()).await;
    both[0].kill().await;
    eventually("the death to be known", async || (nodes(&both[1]).await.len() == 1).then_some(())).await;
    for text in texts {
        carrier.say("postrider", "491700000001", "60006", text);
    }
    carrier.say("postrider", "491700000001", "60006", "five");
    let mut all = listed(texts.len() + 1).await;
    all.sort_unstable();
    assert_eq!(all, ["five", "four", "one", "three", "two"]);
}
