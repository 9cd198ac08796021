//! The topic that messages come from, and up to where they are acknowledged.

use super::peers::Peers;
use super::{ID, failed};
use crate::brokers::session::{Broken, Delivery, Token};
use postrider_wire::broker::kafka::response::{Fetched, OfPartition, Partition};
use postrider_wire::broker::kafka::{Record, error, read_batches, request, response};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How long messages are waited for.
const WAIT: Duration = Duration::from_secs(5);
/// How long one of several brokers waits, so that those of the others come soon.
const WAIT_AMONG_SEVERAL: Duration = Duration::from_millis(200);

/// A topic from which a group takes messages.
pub(super) struct Source {
    pub(super) topic: String,
    group: String,
    /// The broker that keeps the group's offsets.
    coordinator: i32,
    partitions: BTreeMap<i32, Place>,
    fetched: VecDeque<Delivery>,
}

/// How far a partition is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place {
    leader: i32,
    /// The offset to be fetched next.
    next: i64,
    /// Offsets of messages that were fetched and are not acknowledged.
    open: BTreeSet<i64>,
}

impl Place {
    /// The offset that is kept: that of the first message which isn't acknowledged.
    fn kept(&self) -> i64 {
        self.open.first().copied().unwrap_or(self.next)
    }
}

impl Source {
    /// Goes on where the group is. Where it has not been, it begins at the earliest message.
    pub(super) async fn begin(
        peers: &mut Peers,
        topic: &str,
        group: &str,
        partitions: &[Partition],
    ) -> Result<Self, Broken> {
        let found = peers.ask_any(|head| request::find_coordinator(head, group)).await?;
        let (error, node) = response::find_coordinator(found)?;
        if error != 0 {
            return Err(failed(group, error));
        }
        let coordinator = node.id;
        peers.learn(vec![node]);
        let all: Vec<i32> = partitions.iter().map(|partition| partition.index).collect();
        let kept = peers.ask(coordinator, |head| request::offset_fetch(head, group, topic, &all)).await?;
        let leaders = partitions.iter();
        let begin =
            |partition: &Partition| (partition.index, Place { leader: partition.leader, ..Place::default() });
        let mut source = Self {
            topic: topic.to_owned(),
            group: group.to_owned(),
            coordinator,
            partitions: leaders.map(begin).collect(),
            fetched: VecDeque::new(),
        };
        let mut new = Vec::new();
        for of in response::offset_fetch(kept)? {
            match (of.error, source.partitions.get_mut(&of.index)) {
                (0, Some(place)) if of.value >= 0 => place.next = of.value,
                (0, _) => new.push(of.index),
                (error, _) => return Err(failed(group, error)),
            }
        }
        source.begin_at_earliest(peers, &new).await?;
        Ok(source)
    }

    async fn begin_at_earliest(&mut self, peers: &mut Peers, partitions: &[i32]) -> Result<(), Broken> {
        for index in partitions {
            let Some(place) = self.partitions.get_mut(index) else { continue };
            let topic = &self.topic;
            let asked = peers.ask(place.leader, |head| request::earliest(head, topic, &[*index])).await?;
            let found = response::earliest(asked)?;
            let of = found.first().ok_or_else(|| failed(topic, 3))?;
            if of.error != 0 {
                return Err(failed(topic, of.error));
            }
            place.next = of.value;
        }
        Ok(())
    }

    /// The next messages, at most so many; none if none come for some seconds.
    pub(super) async fn receive(&mut self, peers: &mut Peers, most: usize) -> Result<Vec<Delivery>, Broken> {
        let until = crate::clock::now() + WAIT;
        while self.fetched.is_empty() && crate::clock::now() < until {
            self.fetch(peers).await?;
        }
        let many = self.fetched.len().min(most);
        Ok(self.fetched.drain(..many).collect())
    }

    async fn fetch(&mut self, peers: &mut Peers) -> Result<(), Broken> {
        let mut leaders: BTreeMap<i32, Vec<(i32, i64)>> = BTreeMap::new();
        for (index, place) in &self.partitions {
            leaders.entry(place.leader).or_default().push((*index, place.next));
        }
        let wait = if leaders.len() > 1 { WAIT_AMONG_SEVERAL } else { WAIT };
        let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let (topic, mut open) = (&self.topic, Vec::new());
        for (leader, offsets) in leaders {
            let number = peers.send(leader, |head| request::fetch(head, topic, &offsets, wait)).await?;
            open.push((leader, number));
        }
        let mut gone = Vec::new();
        for (leader, number) in open {
            for of in response::fetch(peers.answer(leader, number).await?)? {
                match of.error {
                    0 => self.keep(&of)?,
                    error::OFFSET_OUT_OF_RANGE => gone.push(of.index),
                    error => return Err(failed(&self.topic, error)),
                }
            }
        }
        if !gone.is_empty() {
            tracing::error!(
                topic = self.topic,
                partitions = ?gone,
                "messages were dropped by Kafka before they were taken: its retention is shorter than the gateway was away"
            );
            self.begin_at_earliest(peers, &gone).await?;
        }
        Ok(())
    }

    fn keep(&mut self, of: &OfPartition<Fetched>) -> Result<(), Broken> {
        let Some(place) = self.partitions.get_mut(&of.index) else { return Ok(()) };
        let (records, next) = read_batches(of.value.batches.clone(), &of.value.given_up)?;
        // A batch may begin before the offset that was asked for.
        for record in records.into_iter().filter(|record| record.offset >= place.next) {
            place.open.insert(record.offset);
            self.fetched.push_back(delivery(&self.topic, of.index, record));
        }
        place.next = place.next.max(next.unwrap_or(place.next));
        Ok(())
    }

    /// Keeps the offset behind what is acknowledged, as far as it is without a gap.
    pub(super) async fn acknowledge(&mut self, peers: &mut Peers, tokens: &[Token]) -> Result<(), Broken> {
        let mut moved = BTreeSet::new();
        for token in tokens {
            if let Token::Place(index, offset) = token
                && let Some(place) = self.partitions.get_mut(index)
            {
                let before = place.kept();
                place.open.remove(offset);
                if place.kept() > before {
                    moved.insert(*index);
                }
            }
        }
        let of = |index: i32| Some((index, self.partitions.get(&index)?.kept()));
        let offsets: Vec<(i32, i64)> = moved.into_iter().filter_map(of).collect();
        if offsets.is_empty() {
            return Ok(());
        }
        let (group, topic) = (&self.group, &self.topic);
        let write = |head: request::Head<'_>| request::offset_commit(head, group, topic, &offsets);
        let kept = response::offset_commit(peers.ask(self.coordinator, write).await?)?;
        match kept.iter().find(|of| of.error != 0) {
            Some(refused) => Err(failed(group, refused.error)),
            None => Ok(()),
        }
    }
}

/// A record as it is delivered. Its id is the header `id`, or where and when it was written.
fn delivery(topic: &str, index: i32, record: Record) -> Delivery {
    let place = || format!("{topic}.{index}.{}.{}", record.offset, record.time);
    let id = record.header(ID).map_or_else(place, str::to_owned);
    Delivery { id: Some(id), token: Token::Place(index, record.offset), body: record.value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::{Bytes, BytesMut};
    use postrider_wire::broker::kafka::write_batch;

    #[test]
    fn an_offset_is_kept_when_all_before_it_are_acknowledged() {
        let mut place = Place { leader: 1, next: 9, open: [5, 7].into() };
        assert_eq!(place.kept(), 5);
        place.open.remove(&7);
        assert_eq!(place.kept(), 5);
        place.open.remove(&5);
        assert_eq!(place.kept(), 9);
    }

    #[test]
    fn what_was_taken_before_is_not_taken_again_and_ids_are_stable() {
        let record = |value: &'static [u8], headers| Record {
            time: 70,
            value: Bytes::from_static(value),
            headers,
            ..Record::default()
        };
        let mut to = BytesMut::new();
        let with_id = vec![("id".to_owned(), Bytes::from_static(b"order-7"))];
        write_batch(&mut to, &[record(b"0", vec![]), record(b"1", with_id), record(b"2", vec![])]);
        let mut source = Source {
            topic: "sms".into(),
            group: "g".into(),
            coordinator: 1,
            partitions: [(3, Place { leader: 1, next: 1, open: BTreeSet::new() })].into(),
            fetched: VecDeque::new(),
        };
        let value = Fetched { given_up: Vec::new(), batches: to.freeze() };
        source.keep(&OfPartition { index: 3, error: 0, value }).unwrap();
        let told: Vec<_> =
            source.fetched.iter().map(|one| (one.id.as_deref().unwrap(), &one.token)).collect();
        assert_eq!(told, [("order-7", &Token::Place(3, 1)), ("sms.3.2.70", &Token::Place(3, 2))]);
        assert_eq!(source.partitions[&3], Place { leader: 1, next: 3, open: [1, 2].into() });
    }
}
