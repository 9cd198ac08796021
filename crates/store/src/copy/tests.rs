//! Whole stores carried from SQLite to PostgreSQL and back, and what must stop that.

use super::{CopyError, Place, copy};
use crate::conformance::client_parts::part;
use crate::conformance::cluster::Cluster;
use crate::conformance::samples::{
    SHOP, UPSTREAM, accept, accept_owned, after, ended, find, id, lease, message, record, taken,
};
use crate::conformance::sessions::{ANNA, NEVER, session};
use crate::postgres::{self, Postgres};
use crate::sqlite::{self, Sqlite};
use postrider_core::contract::{Accepted, Once, Parked, Record, Store, Told};
use postrider_core::delivery::State;
use postrider_core::message::{Body, Encoding, Message, Parameter};
use postrider_core::notice::Attempt;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::user::SetupLink;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tokio::sync::Notify;

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// An empty database of this name.
fn database(name: &str) -> String {
    let cluster = CLUSTER.get_or_init(Cluster::start);
    cluster.create(name);
    cluster.url(name)
}

fn directory(folder: &TempDir) -> Place {
    Place::Directory(folder.path().to_owned())
}

fn open(folder: &TempDir) -> Arc<Sqlite> {
    Sqlite::open(folder.path(), sqlite::Settings::default()).unwrap()
}

/// Something in every table, and every kind of value.
async fn fill(store: &dyn Store) {
    let zero =
        Message { body: Body::Text("a\0b".into()), reference: Some("r\u{1F600}".into()), ..message(1) };
    let octets = Body::Data {
        encoding: Encoding::Octets,
        header: Box::from([5, 0, 3, 1, 2, 1]),
        data: Box::from([0, 255, 128]),
    };
    let parameters = [Parameter { tag: 0x1400, value: Box::from([0, 255]) }].into();
    let binary =
        Message { body: octets, flash: true, metadata: Some("{\"a\":1}".into()), parameters, ..message(2) };
    accept(store, [zero, binary]).await;
    accept(store, (3..40).map(message)).await;
    accept_owned(store, (40..60).map(message)).await;
    record(store, (40..50).map(|n| taken(&message(n), &format!("Name {n}")))).await;
    record(store, (50..58).map(|n| ended(&message(n), State::Undelivered))).await;
    let attempt = Attempt { at: after(5), result: "503 in 31 ms".into() };
    let told = Told { notice: id(50).into(), again: Some(after(60)), failed: 1, attempt: Some(attempt) };
    store.told(Lane::Webhooks, vec![told]).await.unwrap();
    let report = Report {
        reference: "early".into(),
        also: Some("or this".into()),
        between: [None, None],
        reported: Reported::Delivered,
        error: None,
    };
    let parked = vec![Parked { upstream: UPSTREAM, report, key: "early".into(), at: after(1) }];
    store.record(Arc::new(Record { parked, ..Record::default() })).await.unwrap();
    store.collect(vec![part(90, 1)]).await.unwrap();
    let once = Once { account: SHOP, key: "key".into(), request: [7; 32], decided: Vec::new() };
    assert_eq!(store.accept(Vec::new(), Some(once)).await.unwrap(), Accepted::ALL);
    store.begin_session(session(1, ANNA, after(1)), NEVER).await.unwrap();
    assert!(store.take_code(ANNA, 100).await.unwrap());
    let link = SetupLink { token: [1; 32], user: None, expires: after(9) };
    store.keep_link(link, after(0)).await.unwrap();
    store.number(vec![("account".into(), "shop".into()), ("upstream".into(), "acme".into())]).await.unwrap();
}

#[tokio::test]
async fn a_store_goes_to_postgresql_and_comes_back() {
    let (from, back) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open(&from);
    fill(&*store).await;
    // It ends as if it had been killed: what it held is marked.
    drop(store);
    let url = database("there_and_back");
    let mut told = Vec::new();
    let (source, target) = (directory(&from), Place::Database(url.clone()));
    let messages = copy(&source, &target, |table, rows| told.push((table.to_owned(), rows))).await;
    assert_eq!(messages.unwrap(), 59);
    assert!(told.contains(&("message".into(), 59)), "{told:?}");

    let shared = Postgres::open(&url, postgres::Settings::default()).await.unwrap();
    let history = shared.history(Viewer::Everything, id(1)).await.unwrap().unwrap();
    assert_eq!(history.message.body, Body::Text("a\0b".into()));
    assert!(find(&*shared, "Name 44").await.is_some());
    assert_eq!(shared.number(vec![("account".into(), "new".into())]).await.unwrap(), [3]);
    assert!(
        lease(&*shared)
            .await
            .iter()
            .any(|delivery| delivery.message.id == id(59) && delivery.possible_duplicate)
    );
    shared.close().await;

    assert_eq!(copy(&Place::Database(url), &directory(&back), |_, _| {}).await.unwrap(), 59);
    let embedded = open(&back);
    for n in [1, 2, 30, 44, 50, 59] {
        let (old, new) = (
            open(&from).history(Viewer::Everything, id(n)).await.unwrap(),
            embedded.history(Viewer::Everything, id(n)).await.unwrap(),
        );
        assert_eq!(old.unwrap().message, new.unwrap().message);
    }
}

#[tokio::test]
async fn a_copy_goes_on_where_it_was_interrupted() {
    let from = TempDir::new().unwrap();
    let store = open(&from);
    accept(&*store, (1..10).map(message)).await;
    store.close().await;
    drop(store);
    let target = Place::Database(database("interrupted"));
    copy(&directory(&from), &target, |_, _| {}).await.unwrap();
    let store = open(&from);
    accept(&*store, (10..30).map(message)).await;
    record(&*store, (2..5).map(|n| ended(&message(n), State::Delivered))).await;
    store.close().await;
    drop(store);
    let mut carried = Vec::new();
    let messages =
        copy(&directory(&from), &target, |table, rows| carried.push((table.to_owned(), rows))).await;
    assert_eq!(messages.unwrap(), 29);
    assert!(
        carried.contains(&("message".into(), 20)),
        "those that were there are not carried again: {carried:?}"
    );
}

/// After the first table, then after the second, and so on, until it is left alone.
#[tokio::test]
async fn a_copy_that_is_broken_off_anywhere_is_gone_on_with() {
    let from = TempDir::new().unwrap();
    let store = open(&from);
    fill(&*store).await;
    drop(store);
    let (source, target) = (directory(&from), Place::Database(database("broken_off")));
    let mut broken_off = 0;
    loop {
        let (enough, mut told) = (Notify::new(), 0);
        let progress = |_: &str, _| {
            told += 1;
            if told > broken_off {
                enough.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = enough.notified() => broken_off += 1,
            messages = copy(&source, &target, progress) => match messages {
                // The last one's connection, or its lock of the directory, is still there.
                Err(
                    CopyError::Postgres(postgres::OpenError::Copied)
                    | CopyError::Sqlite(sqlite::OpenError::InUse { .. }),
                ) => tokio::task::yield_now().await,
                messages => break assert_eq!(messages.unwrap(), 59),
            },
        }
    }
    assert!(broken_off >= 8, "it was broken off only {broken_off} times");
}

#[tokio::test]
async fn another_store_is_not_overwritten() {
    let (from, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (one, two) = (open(&from), open(&other));
    accept(&*one, [message(1)]).await;
    accept(&*two, [message(2)]).await;
    drop((one, two));
    let refused = copy(&directory(&from), &directory(&other), |_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty { table: "message" })), "{refused:?}");
    assert!(open(&other).history(Viewer::Everything, id(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn stores_in_use_are_left_alone() {
    let (from, empty) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open(&from);
    let refused = copy(&directory(&from), &directory(&empty), |_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::Sqlite(_))), "{refused:?}");
    drop(store);
    let url = database("in_use");
    let node = Postgres::open(&url, postgres::Settings::default()).await.unwrap();
    let refused = copy(&directory(&from), &Place::Database(url.clone()), |_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::InUse(_))), "{refused:?}");
    node.close().await;
    let (access, _) = crate::postgres::Access::open(&url).await.unwrap();
    let kept_away = Postgres::open(&url, postgres::Settings::default()).await;
    assert!(matches!(kept_away, Err(postgres::OpenError::Copied)), "a node started while a store was copied");
    let second = copy(&directory(&from), &Place::Database(url.clone()), |_, _| {}).await;
    assert!(matches!(second, Err(CopyError::Postgres(postgres::OpenError::Copied))), "{second:?}");
    drop(access);
    while Postgres::open(&url, postgres::Settings::default()).await.is_err() {}
    let missing = copy(&directory(&empty), &directory(&from), |_, _| {}).await;
    assert!(matches!(missing, Err(CopyError::Missing(_))), "{missing:?}");
}
