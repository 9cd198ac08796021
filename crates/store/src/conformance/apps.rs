//! Records and counts of applications.

use super::Place;
use super::samples::{BANK, SHOP, after, number};
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppCount, AppFilter, AppKey, AppKind, AppRecord, AppWrite, AppWritten, Store,
};
use postrider_core::principal::Viewer;
use std::sync::Arc;

const KIND: AppKind = AppKind::Verification;

fn key(account: AccountId, id: &str) -> AppKey {
    AppKey { account, kind: KIND, id: id.into() }
}

fn record(id: &str, version: u64, document: &str) -> AppRecord {
    let key = key(SHOP, id);
    AppRecord {
        key,
        version,
        person: None,
        due: None,
        expires: None,
        document: document.into(),
        labels: None,
    }
}

fn count(subject: &str, stretch: u64, add: u32, most: u32) -> AppCount {
    let (account, name, subject) = (SHOP, "sends", subject.into());
    AppCount {
        account,
        name,
        subject,
        stretch: after(stretch),
        since: after(10),
        add,
        most,
        expires: after(90),
    }
}

async fn write(store: &dyn Store, records: Vec<AppRecord>, counts: Vec<AppCount>) -> AppWritten {
    let writes = records.into_iter().map(AppWrite::Keep).collect();
    store.write_app_records(writes, counts).await.expect("answered")
}

async fn one(store: &dyn Store, id: &str) -> Option<AppRecord> {
    store.app_records(vec![key(SHOP, id)]).await.expect("read").pop().flatten()
}

async fn ids(store: &dyn Store, filter: AppFilter) -> Vec<String> {
    let found = store.list_app_records(filter).await.expect("read");
    found.into_iter().map(|record| record.key.id.into()).collect()
}

/// A record is written in the place of the version that was read, and of no other.
pub async fn a_record_reads_back_and_changes_by_its_version(place: &impl Place) {
    let store = place.open().await;
    let first = AppRecord {
        person: Some(number(447_700_900_001)),
        due: Some(after(1)),
        expires: Some(after(2)),
        ..record("a", 0, "{\"one\":1}")
    };
    assert_eq!(write(&*store, vec![first.clone()], Vec::new()).await, AppWritten::Done);
    assert_eq!(one(&*store, "a").await, Some(AppRecord { version: 1, ..first.clone() }));
    assert_eq!(write(&*store, vec![first], Vec::new()).await, AppWritten::Changed);
    assert_eq!(write(&*store, vec![record("a", 2, "x")], Vec::new()).await, AppWritten::Changed);
    assert_eq!(write(&*store, vec![record("a", 1, "two")], Vec::new()).await, AppWritten::Done);
    assert_eq!(one(&*store, "a").await, Some(record("a", 2, "two")));
    let others = [key(BANK, "a"), AppKey { kind: AppKind::Template, ..key(SHOP, "a") }, key(SHOP, "b")];
    assert_eq!(store.app_records(others.into()).await.expect("read"), [None, None, None]);
    let forget =
        |version| store.write_app_records(vec![AppWrite::Forget(key(SHOP, "a"), version)], Vec::new());
    assert_eq!(forget(1).await.expect("answered"), AppWritten::Changed);
    assert_eq!(forget(2).await.expect("answered"), AppWritten::Done);
    assert_eq!(one(&*store, "a").await, None);
}

/// Of records and counts that are written together none is written alone.
pub async fn a_write_is_made_whole_or_not_at_all(place: &impl Place) {
    let store = place.open().await;
    write(&*store, vec![record("a", 0, "1")], Vec::new()).await;
    let both = vec![record("b", 0, "2"), record("a", 0, "other")];
    assert_eq!(write(&*store, both, vec![count("x", 10, 1, 1)]).await, AppWritten::Changed);
    assert_eq!(one(&*store, "b").await, None);
    let counted = write(&*store, vec![record("b", 0, "2")], vec![count("x", 10, 1, 1)]).await;
    assert_eq!(counted, AppWritten::Done);
    let limited = AppWritten::Limited { count: 1, stretch: after(10) };
    let counts = vec![count("y", 10, 1, 1), count("x", 10, 1, 1)];
    assert_eq!(write(&*store, vec![record("b", 1, "3")], counts).await, limited);
    assert_eq!(one(&*store, "b").await, Some(record("b", 1, "2")));
    assert_eq!(write(&*store, Vec::new(), vec![count("y", 10, 1, 1)]).await, AppWritten::Done);
}

/// Lists are in the order of names, or of due times, and go on behind any place.
pub async fn records_are_listed_by_name_and_by_due_time(place: &impl Place) {
    let store = place.open().await;
    for (id, due) in [("b", Some(5)), ("a", None), ("C", Some(3)), ("d", Some(9))] {
        let record = AppRecord { due: due.map(after), ..record(id, 0, "x") };
        write(&*store, vec![record], Vec::new()).await;
    }
    let others = AppRecord { key: key(BANK, "e"), ..record("e", 0, "x") };
    write(&*store, vec![others], Vec::new()).await;
    let all = AppFilter::all(KIND, Some(SHOP), 9);
    assert_eq!(ids(&*store, all.clone()).await, ["C", "a", "b", "d"]);
    assert_eq!(ids(&*store, AppFilter { backwards: true, limit: 2, ..all.clone() }).await, ["d", "b"]);
    let after_a = Some((SHOP, "a".into()));
    assert_eq!(ids(&*store, AppFilter { after: after_a.clone(), ..all.clone() }).await, ["b", "d"]);
    assert_eq!(ids(&*store, AppFilter { after: after_a, backwards: true, ..all.clone() }).await, ["C"]);
    assert_eq!(ids(&*store, AppFilter { due: Some(after(5)), ..all.clone() }).await, ["C", "b"]);
    assert_eq!(ids(&*store, AppFilter::all(KIND, None, 9)).await.len(), 5);
    assert_eq!(ids(&*store, AppFilter { kind: AppKind::Template, ..all }).await, [""; 0]);
}

/// A count at its limit refuses, and says which stretch is in the way.
pub async fn a_limit_is_kept_and_says_when_there_is_room(place: &impl Place) {
    let store = place.open().await;
    for stretch in [5, 10, 20, 20] {
        assert_eq!(write(&*store, Vec::new(), vec![count("x", stretch, 1, 3)]).await, AppWritten::Done);
    }
    let limited = AppWritten::Limited { count: 0, stretch: after(10) };
    assert_eq!(write(&*store, Vec::new(), vec![count("x", 30, 1, 3)]).await, limited);
    assert_eq!(write(&*store, Vec::new(), vec![count("x", 30, 0, 3)]).await, limited);
    let later = AppCount { since: after(11), ..count("x", 30, 0, 3) };
    assert_eq!(write(&*store, Vec::new(), vec![later]).await, AppWritten::Done);
    for other in [count("y", 30, 1, 3), AppCount { account: BANK, ..count("x", 30, 1, 3) }] {
        assert_eq!(write(&*store, Vec::new(), vec![other]).await, AppWritten::Done);
    }
}

/// Counts that come at the same time don't pass their limit together.
pub async fn counts_at_once_keep_to_their_limit(place: &impl Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { write(&*store, Vec::new(), vec![count("x", 20, 1, 5)]).await })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.expect("it ends") == AppWritten::Done);
    }
    assert_eq!(done, 5);
}

/// Records and counts go when their time is over.
pub async fn what_has_expired_is_forgotten(place: &impl Place) {
    let store = place.open().await;
    let short = AppRecord { expires: Some(after(10)), ..record("a", 0, "x") };
    write(&*store, vec![short, record("b", 0, "x")], vec![count("x", 20, 1, 1)]).await;
    assert_eq!(store.forget_app_records(after(10), 9).await.expect("done"), 0);
    assert_eq!(store.forget_app_records(after(11), 9).await.expect("done"), 1);
    assert_eq!(ids(&*store, AppFilter::all(KIND, Some(SHOP), 9)).await, ["b"]);
    assert!(matches!(
        write(&*store, Vec::new(), vec![count("x", 20, 1, 1)]).await,
        AppWritten::Limited { .. }
    ));
    store.forget_app_records(after(91), 9).await.expect("done");
    assert_eq!(write(&*store, Vec::new(), vec![count("x", 20, 1, 1)]).await, AppWritten::Done);
}

/// What is kept about a person's number goes with the person's data, for who sees it.
pub async fn records_of_a_person_are_erased(place: &impl Place) {
    let store = place.open().await;
    let about = AppRecord { person: Some(number(447_700_900_001)), ..record("a", 0, "x") };
    let counted = count(&number(447_700_900_001).to_string(), 20, 1, 1);
    write(&*store, vec![about, record("b", 0, "x")], vec![counted.clone()]).await;
    store.erase_traces(Viewer::Account(BANK), number(447_700_900_001)).await.expect("done");
    assert_eq!(ids(&*store, AppFilter::all(KIND, Some(SHOP), 9)).await, ["a", "b"]);
    store.erase_traces(Viewer::Account(SHOP), number(447_700_900_001)).await.expect("done");
    assert_eq!(ids(&*store, AppFilter::all(KIND, Some(SHOP), 9)).await, ["b"]);
    assert_eq!(write(&*store, Vec::new(), vec![counted]).await, AppWritten::Done);
}

/// Records are found by any of their labels, in the order of their names, until they have others or are gone.
pub async fn records_are_found_and_counted_by_their_labels(place: &impl Place) {
    let store = place.open().await;
    let labelled = |id, version, labels: &[&str]| AppRecord {
        labels: Some(labels.iter().map(|label| (*label).into()).collect()),
        ..record(id, version, "x")
    };
    let by = |label: &str| AppFilter { label: Some(label.into()), ..AppFilter::all(KIND, Some(SHOP), 9) };
    let count = |label: &str| store.count_app_records(SHOP, KIND, label.into());
    let all = vec![labelled("b", 0, &["red", "big"]), labelled("a", 0, &["red"]), record("c", 0, "x")];
    assert_eq!(write(&*store, all, Vec::new()).await, AppWritten::Done);
    assert_eq!(ids(&*store, by("red")).await, ["a", "b"]);
    assert_eq!(ids(&*store, AppFilter { after: Some((SHOP, "a".into())), ..by("red") }).await, ["b"]);
    assert_eq!((count("red").await.expect("counted"), count("blue").await.expect("counted")), (2, 0));
    let changes = vec![labelled("b", 1, &["big", "blue"]), record("a", 1, "y")];
    assert_eq!(write(&*store, changes, Vec::new()).await, AppWritten::Done);
    assert_eq!(ids(&*store, by("red")).await, ["a"], "labels that aren't given stay");
    assert_eq!(ids(&*store, by("blue")).await, ["b"]);
    let forget = AppWrite::Forget(key(SHOP, "a"), 2);
    store.write_app_records(vec![forget], Vec::new()).await.expect("done");
    assert_eq!(count("red").await.expect("counted"), 0);
}
