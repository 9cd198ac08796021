//! Messages of several parts whose receipts come to several nodes at once end all the same.

use super::{Database, Postgres};
use crate::conformance::samples::{
    NOW, UPSTREAM, accept_owned, awaited, change, ended, id, ids, message, record,
};
use postrider_core::contract::Store;
use postrider_core::delivery::{Change, PartReport, PartSet, Queue, State};
use postrider_core::message::Message;
use postrider_core::node::Nodes;
use std::sync::Arc;

fn long(n: u64) -> Message {
    Message { parts: 2, ..message(n) }
}

fn name(n: u64, part: u8) -> Box<str> {
    format!("{n}.{part}").into()
}

/// The report of a part, as recorded by who takes the other for still to come.
fn open(n: u64, part: u8) -> Change {
    Change {
        part: Some(PartReport { part, state: State::Delivered, error: None }),
        arrived: vec![(UPSTREAM, name(n, part))],
        ..change(&long(n))
    }
}

async fn send(store: &Postgres, messages: std::ops::Range<u64>) {
    accept_owned(store, messages.clone().map(long)).await;
    let sent = |n| {
        let parts = [0, 1].map(|part| awaited(&name(n, part), part, 2)).into();
        Change { queue: Queue::Leave, awaited: parts, ..change(&long(n)) }
    };
    record(store, messages.map(sent)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_whose_parts_are_reported_to_two_nodes_at_once_are_gathered() {
    let database = Database::new();
    let (one, two) = (database.node(1).await, database.node(2).await);
    send(&one, 0..200).await;
    let report = |store: Arc<Postgres>, part| async move {
        for n in 0..200 {
            record(&*store, [open(n, part)]).await;
        }
    };
    let reporting = [tokio::spawn(report(one.clone(), 0)), tokio::spawn(report(two, 1))];
    for done in reporting {
        done.await.unwrap();
    }
    let gathered = one.gathered(1_000).await.unwrap();
    assert_eq!(ids(&gathered), (0..200).map(id).collect::<Vec<_>>());
    for delivery in &gathered {
        assert_eq!((delivery.reported, delivery.parts), (PartSet(0b11), 2));
        assert_eq!(delivery.worst.as_ref().map(|(state, _)| *state), Some(State::Delivered));
    }
    let ends = (0..200).map(|n| Change { forget_awaited: true, ..ended(&long(n), State::Delivered) });
    record(&*one, ends).await;
    assert_eq!(one.gathered(1_000).await.unwrap(), []);
    assert_eq!(database.sql("SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM gathered)"), "0|0");
}

#[tokio::test]
async fn a_message_of_which_a_part_is_still_to_come_is_not_gathered() {
    let database = Database::new();
    let store = database.node(1).await;
    send(&store, 0..2).await;
    record(&*store, [open(0, 0), open(1, 1)]).await;
    assert_eq!(store.gathered(10).await.unwrap(), []);
    let whole = Change { forget_awaited: true, ..ended(&long(0), State::Delivered) };
    record(&*store, [Change { arrived: vec![(UPSTREAM, name(0, 1))], ..whole }]).await;
    assert_eq!(store.gathered(10).await.unwrap(), []);
    assert_eq!(store.silent(NOW + std::time::Duration::from_secs(60), 10).await.unwrap().len(), 1);
}
