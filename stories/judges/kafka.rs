//! Kafka: the brokers that librdkafka has for tests, and Debian's kcat, as they are.

use crate::harness::{Gateway, Plan, carrier, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Two brokers in one process, which lives until it is killed. They keep everything in memory.
const CLUSTER: &str = "
from confluent_kafka import Producer
import time
producer = Producer({'test.mock.num.brokers': 2})
broker = next(iter(producer.list_topics(timeout=10).brokers.values()))
print(f'{broker.host}:{broker.port}', flush=True)
while True: time.sleep(60)
";

struct Cluster {
    child: Child,
    address: String,
}

impl Cluster {
    async fn start() -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-c", CLUSTER]).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().expect("`./test` installs python3-confluent-kafka");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next_line().await.unwrap().expect("`./test` installs python3-confluent-kafka");
        Self { child, address }
    }

    /// Nothing is answered while it stands still.
    async fn signal(&self, signal: &str) {
        let process = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().await.unwrap().success());
    }

    fn kcat(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kcat");
        command.args(["-b", &self.address, "-q"]).args(arguments).stderr(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Hands in messages, one a line, to any partition.
    async fn send(&self, topic: &str, more: &[&str], bodies: &[Value]) {
        let mut command = self.kcat(&["-P", "-t", topic]);
        let mut child = command.args(more).stdin(Stdio::piped()).spawn().unwrap();
        let lines: String = bodies.iter().map(|body| format!("{body}\n")).collect();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
        assert!(child.wait().await.unwrap().success());
    }

    /// All that a topic has: partition, key, headers and content. Checksums are looked at.
    async fn all(&self, topic: &str) -> Vec<(String, String, String, Value)> {
        let consume = ["-C", "-t", topic, "-o", "beginning", "-e", "-X", "check.crcs=true"];
        let got = self.kcat(&consume).args(["-f", "%p\\t%k\\t%h\\t%s\\n"]).output().await.unwrap();
        let read = |line: &str| {
            let fields: Vec<&str> = line.splitn(4, '\t').collect();
            let text = |place: usize| fields[place].to_owned();
            (text(0), text(1), text(2), serde_json::from_str(fields[3]).unwrap())
        };
        String::from_utf8(got.stdout).unwrap().lines().map(read).collect()
    }
}

/// Waits until events of all these messages are there, each of which may come again.
async fn told(cluster: &Cluster, wanted: &BTreeSet<String>) {
    let all = async || {
        let all = cluster.all("sms-events").await;
        let found = all.iter().map(|(.., event)| event["data"]["id"].as_str().unwrap().to_owned());
        (found.collect::<BTreeSet<_>>() == *wanted).then_some(all)
    };
    let all = eventually("the events", all).await;
    let partitions: BTreeSet<_> = all.iter().map(|(partition, ..)| partition).collect();
    assert_eq!(partitions.len(), 1, "events of an account stay in order");
    for (_, key, headers, event) in &all {
        assert_eq!((&**key, &event["type"]), ("shop", &json!("message.delivered")));
        assert!(headers.contains("type=message.delivered") && headers.contains("id=kafka-"), "{headers}");
    }
}

/// Waits for results of so many ids, each the same whenever it comes.
async fn results(cluster: &Cluster, wanted: usize) -> std::collections::BTreeMap<String, Value> {
    let all = async || {
        let all = cluster.all("sms-results").await;
        let by_id =
            |(.., result): (_, _, _, Value)| (result["id"].as_str().unwrap_or("none").to_owned(), result);
        let all: std::collections::BTreeMap<_, _> = all.into_iter().map(by_id).collect();
        (all.len() >= wanted).then_some(all)
    };
    eventually("the results", all).await
}

async fn taken(gateway: &Gateway) -> f64 {
    gateway.metric("postrider_broker_messages_total{broker=\"kafka\",result=\"accepted\"}").await
}

#[tokio::test]
async fn kafka_loses_nothing_and_sends_once() {
    let (carrier, cluster) = (carrier().await, Cluster::start().await);
    let section = format!(
        "[brokers.kafka]\nurl = 'kafka://{}'\naccount = 'shop'\nevents = 'sms-events'\ntypes = ['message.delivered']\n\
         messages = 'sms-send/postrider'\nresults = 'sms-results'",
        cluster.address
    );
    let mut gateway = Plan::simple(carrier.address()).with(&section).start().await;
    let shop = gateway.http("shop");
    let mut sent = BTreeSet::from([shop.send("+447700900001", "One").await]);
    told(&cluster, &sent).await;

    // The brokers are away, and so is the gateway for a moment.
    cluster.signal("-STOP").await;
    for n in 0..15 {
        let id = shop.send("+447700900002", &format!("Away {n}")).await;
        shop.message_in(&id, "delivered").await;
        sent.insert(id);
        if n == 7 {
            gateway.kill().await;
            gateway.start_again().await;
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    cluster.signal("-CONT").await;
    told(&cluster, &sent).await;

    // Messages in, from several partitions, each twice. The header and the place count as ids.
    gateway.kill().await;
    let body = |n: u32| json!({ "id": n, "to": "+447700900003", "text": format!("From Kafka {n}") });
    let bodies: Vec<Value> = (0..20).flat_map(|n| [body(n), body(n)]).collect();
    cluster.send("sms-send", &[], &bodies).await;
    let plain = json!({ "to": "+447700900003", "text": "Without an id" });
    for _ in 0..2 {
        cluster.send("sms-send", &["-H", "id=order-7"], std::slice::from_ref(&plain)).await;
    }
    cluster.send("sms-send", &[], &[plain, json!({ "id": "bad", "to": "nobody", "text": "x" })]).await;
    gateway.start_again().await;
    let results = results(&cluster, 23).await;
    assert_eq!(results["bad"]["answer"]["code"], "invalid_recipient");
    assert_eq!(results["order-7"]["status"], 202);
    assert_eq!(results.keys().filter(|id| id.starts_with("sms-send.")).count(), 1);
    let shop = gateway.http("shop");
    let kept = shop.get("/v1/messages?to=%2B447700900003&limit=500").await.ok();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 22, "each id is one message");

    // What was acknowledged is not taken again.
    eventually("the messages to be taken", async || (taken(&gateway).await >= 43.0).then_some(())).await;
    gateway.stop().await;
    gateway.start_again().await;
    cluster.send("sms-send", &["-z", "none"], &[body(20)]).await;
    eventually("one more", async || (taken(&gateway).await >= 1.0).then_some(())).await;
    assert!(taken(&gateway).await < 2.0);
    gateway.stop().await;
}
