//! What a person finds with `psql`, and what is kept within bounds.

use super::Database;
use crate::conformance::samples::{
    SHOP, UPSTREAM, accept, accept_owned, accepting, awaited, change, ended, find, id, message, record, taken,
};
use postrider_core::contract::{Accepted, Decided, Once, Parked, Record, Store};
use postrider_core::delivery::{Change, Queue, State};
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::time::Time;
use std::sync::Arc;

#[tokio::test]
async fn the_views_speak_in_words() {
    let database = Database::new();
    let store = database.node(1).await;
    let names =
        [("account", "shop"), ("x", "2"), ("x", "3"), ("x", "4"), ("x", "5"), ("x", "6"), ("upstream", "a")];
    let numbers = store.number(names.map(|(kind, name)| (kind.into(), name.into())).to_vec()).await.unwrap();
    assert_eq!((numbers[0], numbers[6]), (SHOP.0, UPSTREAM.0));
    accept(&*store, (1..=3).map(message)).await;
    record(&*store, [taken(&message(2), "a2"), ended(&message(3), State::Undelivered)]).await;
    let log = "SELECT concat_ws(' ', accepted_at, account, class, recipient, text, state, upstream, error, done_at) \
               FROM message_log ORDER BY id";
    assert_eq!(
        database.sql(log).lines().collect::<Vec<_>>(),
        [
            "2025-06-15T15:06:40.000Z shop transactional +447700900001 Hello 1 queued a",
            "2025-06-15T15:06:40.000Z shop transactional +447700900002 Hello 2 sent a",
            "2025-06-15T15:06:40.000Z shop transactional +447700900003 Hello 3 undelivered a unexplained 011 2025-06-15T15:06:42.000Z",
        ]
    );
    assert_eq!(
        database.sql(
            "SELECT concat_ws(' ', upstream, account, class, recipient, due_at, being_sent) FROM queue_log"
        ),
        "a shop transactional +447700900001 2025-06-15T15:06:40.000Z f"
    );
    assert_eq!(
        database
            .sql("SELECT concat_ws(' ', part, parts, upstream, carrier_reference, sent_at) FROM waiting_log"),
        "1 1 a a2 2025-06-15T15:06:40.000Z"
    );
    assert_eq!(
        database.sql("SELECT concat_ws(' ', account, via, due_at, failed_attempts) FROM notice_log"),
        "shop webhook 2025-06-15T15:06:42.000Z 0"
    );
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let database = Database::new();
    let store = database.node(1).await;
    let accept = |n: u64, request| {
        let once = Once { account: SHOP, key: "k".into(), request: [request; 32], decided: Vec::new() };
        store.accept(vec![accepting(message(n), UPSTREAM, false)], Some(once))
    };
    assert_eq!(accept(1, 1).await.unwrap(), Accepted::ALL);
    database.sql("UPDATE once SET at = at - 86300000");
    assert_eq!(accept(2, 2).await.unwrap(), Accepted::Conflict);
    database.sql("UPDATE once SET at = at - 200000");
    assert_eq!(store.once(SHOP, "k").await.unwrap(), None);
    assert_eq!(accept(2, 2).await.unwrap(), Accepted::ALL);
}

#[tokio::test]
async fn requests_at_once_with_one_key_are_one() {
    let database = Database::new();
    let (one, two) = (database.node(1).await, database.node(2).await);
    let accept = |store: Arc<super::Postgres>, n: u64| async move {
        let once = Once {
            account: SHOP,
            key: "k".into(),
            request: [7; 32],
            decided: vec![Decided::Accepted(id(n))],
        };
        store.accept(vec![accepting(message(n), UPSTREAM, false)], Some(once)).await.unwrap()
    };
    let (a, b, c, d) = tokio::join!(
        accept(one.clone(), 1),
        accept(one.clone(), 2),
        accept(two.clone(), 3),
        accept(two.clone(), 4)
    );
    let all = [a, b, c, d];
    assert_eq!(all.iter().filter(|answer| **answer == Accepted::ALL).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|answer| matches!(answer, Accepted::Before(_))).count(), 3, "{all:?}");
    assert_eq!(database.sql("SELECT count(*) FROM message"), "1");
}

#[tokio::test]
async fn parked_receipts_make_room_for_new_ones() {
    let database = Database::new();
    let store = database.node(1).await;
    database.sql(
        "INSERT INTO parked VALUES (1, 7, 'oldest', 'oldest', NULL, NULL, 1, NULL, 0), (100000, 7, 'newer', 'newer', NULL, NULL, 1, NULL, 0); \
         SELECT setval('parked_id_seq', 100000)",
    );
    let parked = vec![parked("new", 0)];
    store.record(Arc::new(Record { parked, ..Record::default() })).await.unwrap();
    let left = store.parked(9).await.unwrap();
    let names: Vec<_> = left.iter().map(|parked| &*parked.report.reference).collect();
    assert_eq!(names, ["new", "newer"]);
}

fn parked(reference: &str, at: i64) -> Parked {
    let report = Report {
        reference: reference.into(),
        also: None,
        between: [None, None],
        reported: Reported::Delivered,
        error: None,
    };
    Parked { upstream: UPSTREAM, report, key: reference.into(), at: Time(at) }
}

/// Records that come together are done as if one after the other.
#[tokio::test]
async fn the_order_of_records_counts_within_a_transaction() {
    let database = Database::new();
    let store = database.node(1).await;
    let long = Message { parts: 2, ..message(3) };
    accept_owned(&*store, [message(1), message(2), long.clone()]).await;
    let arrived = |n: u64, name: &str| Change {
        queue: Queue::Keep,
        arrived: vec![(UPSTREAM, name.into())],
        ..ended(&message(n), State::Delivered)
    };
    // The same name twice, heard of in between; a message that ends twice; a carrier that names two parts alike.
    let alike = Change {
        queue: Queue::Leave,
        awaited: vec![awaited("b", 0, 2), awaited("b", 1, 2)],
        ..change(&long)
    };
    let changes = vec![
        taken(&message(1), "a"),
        arrived(1, "a"),
        taken(&message(2), "a"),
        ended(&message(1), State::Failed),
        alike,
    ];
    let parked = |parked| Record { parked, ..Record::default() };
    let unparked = Record { unparked: vec![(UPSTREAM, "p".into())], ..Record::default() };
    let (one, two, three, four) = tokio::join!(
        store.record(Arc::new(Record { changes, ..Record::default() })),
        store.record(Arc::new(parked(vec![self::parked("p", 1), self::parked("p", 2)]))),
        store.record(Arc::new(unparked)),
        store.record(Arc::new(parked(vec![self::parked("p", 3)]))),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok() && four.is_ok());
    assert_eq!(find(&*store, "a").await.map(|(found, _)| found.message.id), Some(id(2)));
    let (found, part) = find(&*store, "b").await.expect("waited for");
    assert_eq!((found.message.id, part), (long.id, 1));
    assert_eq!(database.sql("SELECT reference FROM waiting WHERE part = 0 AND parts = 2"), {
        let at = crate::conformance::samples::NOW;
        format!("b (reused, {}.0.{at})", long.id)
    });
    let history = store.history(Viewer::Everything, id(1)).await.unwrap().unwrap();
    assert_eq!(history.state, State::Delivered);
    assert_eq!(store.parked(9).await.unwrap(), [self::parked("p", 3)]);
}

/// A zero can't be stored in a text, and must not stop what is recorded with it.
#[tokio::test]
async fn what_a_carrier_says_with_zeros_is_kept_without_them() {
    let database = Database::new();
    let store = database.node(1).await;
    accept_owned(&*store, [message(1)]).await;
    let endless = format!("a\0{}", "é".repeat(5000));
    let odd = Change { remark: Some("odd\0".into()), ..taken(&message(1), &endless) };
    store
        .record(Arc::new(Record {
            changes: vec![odd],
            parked: vec![parked("p\0", 1), parked(&endless, 2)],
            ..Record::default()
        }))
        .await
        .unwrap();
    assert!(find(&*store, &endless).await.is_some());
    let history = store.history(Viewer::Everything, id(1)).await.unwrap().unwrap();
    assert_eq!(&*history.remarks[0].1, "odd\u{FFFD}");
}
