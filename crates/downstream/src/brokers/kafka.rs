//! A session by the protocol of Apache Kafka. What is published is in all replicas in step before it counts as taken on. Messages come
//! from all partitions of a topic, and the offset behind those that are acknowledged is kept at Kafka, for a group without members.

mod peers;
mod source;

use super::address::BrokerAddress;
use super::session::{Broken, Delivery, Outgoing, Session, Token};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use peers::Peers;
use postrider_core::contract::Live;
use postrider_link::tls::Tls;
use postrider_wire::broker::kafka::response::Partition;
use postrider_wire::broker::kafka::{Record, error_text, partition, request, response, write_batch};
use source::Source;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Publications under way.
const WINDOW: usize = 200;
/// Deliveries that are handed on together.
const AT_ONCE: usize = 100;
/// How long the broker may wait for replicas, in milliseconds. It is less than an answer is waited for.
const REPLICAS_MS: i32 = 8000;
/// How often partitions and their leaders are asked for.
const REFRESH: Duration = Duration::from_secs(30);
/// The header that has the id of an event or a message.
const ID: &str = "id";
/// The header that has the type of an event.
const TYPE: &str = "type";

/// A session.
pub(super) struct KafkaSession {
    peers: Peers,
    live: Arc<dyn Live>,
    topics: BTreeMap<String, Topic>,
    source: Option<Source>,
}

/// What is known of a topic.
struct Topic {
    partitions: Vec<Partition>,
    since: Instant,
}

/// Connects and logs in.
pub(super) async fn connect(
    address: &BrokerAddress,
    tls: Option<&Tls>,
    client: &str,
    live: Arc<dyn Live>,
) -> Result<KafkaSession, Broken> {
    let mut peers = Peers::new(address, tls, client);
    peers.first().await?;
    Ok(KafkaSession { peers, live, topics: BTreeMap::new(), source: None })
}

/// An error of a broker about a topic or a group.
fn failed(what: &str, code: i16) -> Broken {
    Broken(format!("{what}: {}", error_text(code)))
}

impl KafkaSession {
    /// The partitions of a topic. When they or their leaders have changed the session is over, and all is asked for anew.
    async fn partitions(&mut self, topic: &str) -> Result<Vec<Partition>, Broken> {
        let now = crate::clock::now();
        let known = self.topics.get(topic);
        if let Some(known) = known
            && now.duration_since(known.since) < REFRESH
        {
            return Ok(known.partitions.clone());
        }
        let metadata =
            response::metadata(self.peers.ask_any(|head| request::metadata(head, &[topic])).await?)?;
        self.peers.learn(metadata.nodes);
        let found = metadata.topics.into_iter().find(|(_, name, _)| name == topic);
        let (error, _, partitions) = found.ok_or_else(|| failed(topic, 3))?;
        let error =
            partitions.iter().map(|partition| partition.error).find(|error| *error != 0).unwrap_or(error);
        if error != 0 || partitions.is_empty() {
            return Err(failed(topic, error));
        }
        if self.topics.get(topic).is_some_and(|known| known.partitions != partitions) {
            return Err(Broken(format!("the partitions of {topic} have changed")));
        }
        self.topics.insert(topic.to_owned(), Topic { partitions: partitions.clone(), since: now });
        Ok(partitions)
    }

    /// Publishes some and waits until all replicas in step have them.
    async fn publish_window(&mut self, window: &[Outgoing]) -> Result<(), Broken> {
        let now = self.live.now().0;
        let mut topics: BTreeMap<&str, Vec<&Outgoing>> = BTreeMap::new();
        for one in window {
            topics.entry(one.to.split('/').next().unwrap_or_default()).or_default().push(one);
        }
        for (topic, all) in topics {
            let partitions = self.partitions(topic).await?;
            let mut open = Vec::new();
            for (leader, batches) in batches(&partitions, &all, now) {
                let write = |head: request::Head<'_>| request::produce(head, topic, &batches, REPLICAS_MS);
                open.push((leader, self.peers.send(leader, write).await?));
            }
            for (leader, number) in open {
                let produced = response::produce(self.peers.answer(leader, number).await?)?;
                if let Some(refused) = produced.iter().find(|of| of.error != 0) {
                    return Err(failed(topic, refused.error));
                }
            }
        }
        Ok(())
    }
}

/// Batches by leader and partition. Records of one key stay in one partition, and in order.
fn batches(partitions: &[Partition], all: &[&Outgoing], now: i64) -> BTreeMap<i32, Vec<(i32, BytesMut)>> {
    let mut chosen: BTreeMap<usize, Vec<Record>> = BTreeMap::new();
    for one in all {
        chosen.entry(partition(one.key.as_bytes(), partitions.len())).or_default().push(record(one, now));
    }
    let mut leaders: BTreeMap<i32, Vec<(i32, BytesMut)>> = BTreeMap::new();
    for (place, records) in chosen {
        let Some(partition) = partitions.get(place) else { continue };
        let mut batch = BytesMut::new();
        write_batch(&mut batch, &records);
        leaders.entry(partition.leader).or_default().push((partition.index, batch));
    }
    leaders
}

fn record(one: &Outgoing, time: i64) -> Record {
    let octets = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let mut headers = vec![(ID.to_owned(), octets(&one.id))];
    if let Some((_, kind)) = one.to.split_once('/') {
        headers.push((TYPE.to_owned(), octets(kind)));
    }
    Record { offset: 0, time, key: Some(octets(&one.key)), value: Bytes::copy_from_slice(&one.body), headers }
}

#[async_trait]
impl Session for KafkaSession {
    async fn publish(&mut self, outgoing: &[Outgoing]) -> Result<(), Broken> {
        for window in outgoing.chunks(WINDOW) {
            self.publish_window(window).await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, source: &str) -> Result<(), Broken> {
        let (topic, group) = source.split_once('/').unwrap_or((source, "postrider"));
        let partitions = self.partitions(topic).await?;
        self.source = Some(Source::begin(&mut self.peers, topic, group, &partitions).await?);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<Delivery>, Broken> {
        let Some(mut source) = self.source.take() else { return Ok(Vec::new()) };
        self.partitions(&source.topic).await?;
        let received = source.receive(&mut self.peers, AT_ONCE).await;
        self.source = Some(source);
        received
    }

    async fn acknowledge(&mut self, tokens: Vec<Token>) -> Result<(), Broken> {
        let Some(source) = &mut self.source else { return Ok(()) };
        source.acknowledge(&mut self.peers, &tokens).await
    }

    async fn ping(&mut self) -> Result<(), Broken> {
        self.peers.ping().await
    }
}
