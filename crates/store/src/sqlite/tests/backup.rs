//! Copies made while the store is written, and what comes back out of them.

use super::Directory;
use crate::conformance::samples::{accept, lease, message};
use crate::sqlite::{BackupError, DATABASE, back_up, restore, verify};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKey, AppKind, AppStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

struct Places {
    store: Directory,
    copies: Directory,
    other: Directory,
}

impl Places {
    fn new() -> Self {
        Self { store: Directory::new(), copies: Directory::new(), other: Directory::new() }
    }

    fn copy(&self) -> PathBuf {
        self.copies.0.path().join("copy.db")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_under_load_has_all_that_was_confirmed_before() {
    let places = Places::new();
    let store = places.store.sqlite();
    let (confirmed, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let load = tokio::spawn({
        let (store, confirmed, stop) = (Arc::clone(&store), Arc::clone(&confirmed), Arc::clone(&stop));
        async move {
            for n in 1.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                accept(&*store, [message(n)]).await;
                confirmed.store(n, Ordering::Relaxed);
            }
        }
    });
    while confirmed.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    let before = confirmed.load(Ordering::Relaxed);
    let (directory, copy) = (places.store.0.path().to_owned(), places.copy());
    let contents = tokio::task::spawn_blocking(move || back_up(&directory, &copy)).await.unwrap().unwrap();
    stop.store(true, Ordering::Relaxed);
    load.await.unwrap();
    assert!(contents.messages >= before && contents.queued == contents.messages, "{contents:?}, {before}");
    assert_eq!(restore(&places.copy(), places.other.0.path()).unwrap(), contents);
    let restored = places.other.sqlite();
    let leased = lease(&*restored).await;
    assert!(
        !leased.is_empty() && leased.iter().all(|delivery| delivery.possible_duplicate),
        "it may have been sent"
    );
    // By this applications know that it was restored; that from which the copy was made doesn't say so.
    let mark = AppKey { account: AccountId(0), kind: AppKind::Restored, id: "".into() };
    let is_marked = restored.app_records(vec![mark.clone()]).await.unwrap();
    assert!(is_marked[0].as_ref().is_some_and(|record| record.version == 1));
    assert_eq!(store.app_records(vec![mark]).await.unwrap(), [None]);
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let places = Places::new();
    drop(places.store.sqlite());
    back_up(places.store.0.path(), &places.copy()).unwrap();
    let again = back_up(places.store.0.path(), &places.copy());
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    let over = restore(&places.copy(), places.store.0.path());
    assert!(matches!(over, Err(BackupError::Exists(_))), "{over:?}");
    let in_use = places.other.sqlite();
    let over = restore(&places.copy(), places.other.0.path());
    assert!(matches!(over, Err(BackupError::Open(_))), "{over:?}");
    drop(in_use);
}

#[tokio::test]
async fn a_damaged_copy_is_seen_and_not_taken_back() {
    let places = Places::new();
    let store = places.store.sqlite();
    accept(&*store, (1..400).map(message)).await;
    back_up(places.store.0.path(), &places.copy()).unwrap();
    let mut octets = std::fs::read(places.copy()).unwrap();
    let middle = octets.len() / 2;
    octets[middle..middle + 4096].fill(0x5A);
    std::fs::write(places.copy(), octets).unwrap();
    assert!(matches!(verify(&places.copy()), Err(BackupError::Damaged { .. })));
    assert!(matches!(restore(&places.copy(), places.other.0.path()), Err(BackupError::Damaged { .. })));
    assert!(!places.other.0.path().join(DATABASE).exists());
}

/// A digit of a number, which is as good as another to SQLite.
#[tokio::test]
async fn a_single_octet_that_changed_is_seen() {
    let places = Places::new();
    let store = places.store.sqlite();
    accept(&*store, (1..100).map(message)).await;
    back_up(places.store.0.path(), &places.copy()).unwrap();
    let mut octets = std::fs::read(places.copy()).unwrap();
    let text = octets.windows(5).rposition(|octets| octets == b"Hello").unwrap();
    octets[text] = b'J';
    std::fs::write(places.copy(), octets).unwrap();
    let refused = verify(&places.copy());
    assert!(matches!(refused, Err(BackupError::Damaged { .. })), "{refused:?}");
    assert!(restore(&places.copy(), places.other.0.path()).is_err());
}

/// Those that other programs made have no seal.
#[tokio::test]
async fn a_copy_of_a_restored_store_is_sealed_anew_and_one_by_other_means_is_taken() {
    let places = Places::new();
    accept(&*places.store.sqlite(), (1..100).map(message)).await;
    let contents = back_up(places.store.0.path(), &places.copy()).unwrap();
    // As who doesn't know `restore` does it.
    std::fs::copy(places.copy(), places.other.0.path().join(DATABASE)).unwrap();
    accept(&*places.other.sqlite(), [message(100)]).await;
    let second = places.copies.0.path().join("second.db");
    assert_eq!(back_up(places.other.0.path(), &second).unwrap().messages, contents.messages + 1);
    assert_eq!(verify(&second).unwrap().messages, contents.messages + 1);
    let third = places.copies.0.path().join("third.db");
    rusqlite::Connection::open(places.store.0.path().join(DATABASE))
        .unwrap()
        .execute("VACUUM INTO ?1", [third.to_string_lossy()])
        .unwrap();
    assert_eq!(verify(&third).unwrap().messages, contents.messages);
}

#[test]
fn what_is_not_there_is_named() {
    let places = Places::new();
    let error = back_up(places.store.0.path(), &places.copy()).unwrap_err();
    assert!(error.to_string().contains(DATABASE), "{error}");
    assert!(!places.copy().exists());
    assert!(matches!(verify(&places.copy()), Err(BackupError::Missing(_))));
    assert!(matches!(verify(places.copies.0.path()), Err(BackupError::Missing(_))));
    rusqlite::Connection::open(places.copy()).unwrap().execute_batch("CREATE TABLE another (thing)").unwrap();
    assert!(matches!(verify(&places.copy()), Err(BackupError::Foreign(..))));
}
