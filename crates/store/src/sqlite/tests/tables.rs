//! What a person finds with `sqlite3`, and what is kept within bounds.

use super::{Directory, Sql};
use crate::conformance::samples::{SHOP, UPSTREAM, accept, accepting, ended, message, record, taken};
use crate::sqlite::open;
use postrider_core::contract::{Accepted, Once, Parked, Record, Store};
use postrider_core::delivery::State;
use postrider_core::receipt::{Report, Reported};
use postrider_core::time::Time;
use std::sync::Arc;

#[tokio::test]
async fn the_views_speak_in_words() {
    let directory = Directory::new();
    let store = directory.sqlite();
    let names =
        [("account", "shop"), ("x", "2"), ("x", "3"), ("x", "4"), ("x", "5"), ("x", "6"), ("upstream", "a")];
    let numbers = store.number(names.map(|(kind, name)| (kind.into(), name.into())).to_vec()).await.unwrap();
    assert_eq!((numbers[0], numbers[6]), (SHOP.0, UPSTREAM.0));
    accept(&*store, (1..=3).map(message)).await;
    record(&*store, [taken(&message(2), "a2"), ended(&message(3), State::Undelivered)]).await;
    let connection = open::reading(directory.0.path(), 1).unwrap();
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let log = "SELECT concat_ws(' ', accepted_at, account, class, recipient, text, state, upstream, error, done_at) \
               FROM message_log ORDER BY id";
    assert_eq!(
        rows(log),
        [
            "2025-06-15T15:06:40.000Z shop transactional +447700900001 Hello 1 queued a",
            "2025-06-15T15:06:40.000Z shop transactional +447700900002 Hello 2 sent a",
            "2025-06-15T15:06:40.000Z shop transactional +447700900003 Hello 3 undelivered a unexplained 011 2025-06-15T15:06:42.000Z",
        ]
    );
    assert_eq!(
        rows("SELECT concat_ws(' ', upstream, account, class, recipient, due_at, being_sent) FROM queue_log"),
        ["a shop transactional +447700900001 2025-06-15T15:06:40.000Z 0"]
    );
    assert_eq!(
        rows("SELECT concat_ws(' ', part, parts, upstream, carrier_reference, sent_at) FROM waiting_log"),
        ["1 1 a a2 2025-06-15T15:06:40.000Z"]
    );
    assert_eq!(
        rows("SELECT concat_ws(' ', account, via, due_at, failed_attempts) FROM notice_log"),
        ["shop webhook 2025-06-15T15:06:42.000Z 0"]
    );
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let directory = Directory::new();
    let store = directory.sqlite();
    let accept = |n: u64, request| {
        let once = Once { account: SHOP, key: "k".into(), request: [request; 32], decided: Vec::new() };
        store.accept(vec![accepting(message(n), UPSTREAM, false)], Some(once))
    };
    assert_eq!(accept(1, 1).await.unwrap(), Accepted::ALL);
    store.write(Sql("UPDATE once SET at = at - 86300000")).await.unwrap();
    assert_eq!(accept(2, 2).await.unwrap(), Accepted::Conflict);
    store.write(Sql("UPDATE once SET at = at - 200000")).await.unwrap();
    assert_eq!(store.once(SHOP, "k").await.unwrap(), None);
    assert_eq!(accept(2, 2).await.unwrap(), Accepted::ALL);
}

#[tokio::test]
async fn parked_receipts_make_room_for_new_ones() {
    let directory = Directory::new();
    let store = directory.sqlite();
    let old = "INSERT INTO parked VALUES (1, 7, 'oldest', 'oldest', NULL, NULL, 1, NULL, 0, NULL, 0), (100000, 7, 'newer', 'newer', NULL, NULL, 1, NULL, 0, NULL, 0)";
    store.write(Sql(old)).await.unwrap();
    let report = Report {
        reference: "new".into(),
        also: None,
        between: [None, None],
        reported: Reported::Delivered,
        error: None,
    };
    let parked = vec![Parked { upstream: UPSTREAM, report, key: "new".into(), at: Time(0) }];
    store.record(Arc::new(Record { parked, ..Record::default() })).await.unwrap();
    let left = store.parked(9).await.unwrap();
    let names: Vec<_> = left.iter().map(|parked| &*parked.report.reference).collect();
    assert_eq!(names, ["new", "newer"]);
}
