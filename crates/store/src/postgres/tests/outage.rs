//! A database that goes away, and connections that do: what was acknowledged is there, and there once.

use super::{Database, Postgres, Settings};
use crate::clock;
use crate::conformance::cluster::Cluster;
use crate::conformance::samples::{UPSTREAM, accepting, ended, id, message, taken, wanted};
use postrider_core::contract::{Filter, Record, Store, StoreError};
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;
use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Messages that walk their whole way, each step until it is acknowledged.
struct Walk {
    store: Arc<Postgres>,
    next: AtomicU64,
    refused: AtomicU64,
    over: AtomicBool,
}

impl Walk {
    fn new(store: Arc<Postgres>) -> Arc<Self> {
        Arc::new(Self { store, next: 0.into(), refused: 0.into(), over: false.into() })
    }

    /// Returns the messages that were acknowledged as accepted and as delivered.
    async fn walk(self: Arc<Self>) -> Vec<u64> {
        let mut acknowledged = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.store.accept(vec![accepting(message(n), UPSTREAM, true)], None).await {
                assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
                self.refused.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            self.record(taken(&message(n), &format!("a{n}"))).await;
            let arrived = vec![(UPSTREAM, format!("a{n}").into())];
            let end = ended(&message(n), State::Delivered);
            self.record(postrider_core::delivery::Change { arrived, ..end }).await;
            acknowledged.push(n);
        }
        acknowledged
    }

    /// As the engine does: until it is recorded.
    async fn record(&self, change: postrider_core::delivery::Change) {
        let record = Arc::new(Record { changes: vec![change], ..Record::default() });
        while self.store.record(Arc::clone(&record)).await.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn until(&self, enough: u64) {
        let wanted = self.next.load(Ordering::Relaxed) + enough;
        while self.next.load(Ordering::Relaxed) < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn all_are_there(store: &Postgres, acknowledged: &[u64]) {
    for n in acknowledged {
        let history = store.history(Viewer::Everything, id(*n)).await.unwrap().unwrap();
        assert_eq!((history.state, history.awaited.len()), (State::Delivered, 0), "{n}");
        assert_eq!(*history.message, message(*n));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_database_loses_nothing_that_was_acknowledged() {
    let cluster = Arc::new(Cluster::start());
    let store = Postgres::open(&cluster.url("postgres"), Settings::default()).await.unwrap();
    let walk = Walk::new(store.clone());
    let walks: Vec<_> = (0..8).map(|_| tokio::spawn(walk.clone().walk())).collect();
    for _ in 0..3 {
        walk.until(100).await;
        let stopped = cluster.clone();
        tokio::task::spawn_blocking(move || stopped.stop()).await.unwrap();
        let asked = clock::moment();
        let answer = store.list(Filter::all(Viewer::Everything, 1)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        assert!(asked.elapsed() < Duration::from_secs(10));
        let started = cluster.clone();
        tokio::task::spawn_blocking(move || started.start_again()).await.unwrap();
    }
    walk.until(100).await;
    walk.over.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for walk in walks {
        acknowledged.append(&mut walk.await.unwrap());
    }
    assert!(acknowledged.len() >= 300, "{}", acknowledged.len());
    all_are_there(&store, &acknowledged).await;
    store.close().await;
}

#[tokio::test]
async fn while_the_database_is_away_every_verb_says_so_soon() {
    let cluster = Cluster::start();
    let store = Postgres::open(&cluster.url("postgres"), Settings::default()).await.unwrap();
    cluster.stop();
    let asked = clock::moment();
    let (accepted, leased, recorded, listed) = tokio::join!(
        store.accept(vec![accepting(message(1), UPSTREAM, true)], None),
        store.lease(UPSTREAM, wanted(1, 1), crate::conformance::samples::NOW),
        store.record(Arc::new(Record::default())),
        store.depths(),
    );
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    for error in [accepted.unwrap_err(), leased.unwrap_err(), recorded.unwrap_err(), listed.unwrap_err()] {
        assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("connect")), "{error}");
    }
    cluster.start_again();
    store.accept(vec![accepting(message(1), UPSTREAM, true)], None).await.unwrap();
}

/// Whether it had a connection when that began, or needs a new one.
#[tokio::test]
async fn a_database_that_hangs_keeps_nobody_waiting() {
    let cluster = Cluster::start();
    let store = Postgres::open(&cluster.url("postgres"), Settings::default()).await.unwrap();
    store.accept(vec![accepting(message(1), UPSTREAM, true)], None).await.unwrap();
    // Two queries at once, so that two connections wait for the next ones.
    let (one, two) = tokio::join!(store.depths(), store.list(Filter::all(Viewer::Everything, 1)));
    assert!(one.is_ok() && two.is_ok());
    cluster.hang();
    for n in 2..5 {
        let asked = clock::moment();
        let (written, read) = tokio::join!(
            store.accept(vec![accepting(message(n), UPSTREAM, true)], None),
            store.list(Filter::all(Viewer::Everything, 1)),
        );
        assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        assert!(asked.elapsed() < Duration::from_millis(6_500), "{n} waited for {:?}", asked.elapsed());
    }
}

/// A small disk, which only root can make.
struct Disk(tempfile::TempDir);

impl Disk {
    fn make() -> Option<Self> {
        let folder = tempfile::TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=110m,mode=1777", "tmpfs"])
            .arg(folder.path())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn fill(&self) {
        let mut file = File::create(self.0.path().join("other")).unwrap();
        while file.write_all(&[0; 1 << 12]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.path().join("other")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_of_the_database_harms_nothing_that_was_acknowledged() {
    let Some(disk) = Disk::make() else {
        println!("LEFT OUT: a file system of its own needs CAP_SYS_ADMIN, which root has");
        return;
    };
    let cluster = Cluster::start_in(disk.0.path());
    let store = Postgres::open(&cluster.url("postgres"), Settings::default()).await.unwrap();
    disk.fill();
    let mut acknowledged = Vec::new();
    // Until the room is used up that its files have still.
    let error = loop {
        let next = acknowledged.len() as u64;
        match store.accept(vec![accepting(message(next), UPSTREAM, true)], None).await {
            Ok(_) => acknowledged.push(next),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("No space left")), "{error}");
    disk.make_room();
    let next = acknowledged.len() as u64 + 1;
    store.accept(vec![accepting(message(next), UPSTREAM, true)], None).await.unwrap();
    for n in acknowledged.into_iter().chain([next]) {
        assert_eq!(*store.history(Viewer::Everything, id(n)).await.unwrap().unwrap().message, message(n));
    }
    store.close().await;
}

/// Each connection is ended again and again, in the middle of whatever it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_ended_neither_lose_nor_double() {
    let database = Database::new();
    let store = database.node(1).await;
    let walk = Walk::new(store.clone());
    let walks: Vec<_> = (0..8).map(|_| tokio::spawn(walk.clone().walk())).collect();
    let url = database.url();
    let axe = crate::postgres::open::Connector::new(&url, 9).unwrap();
    let axe = axe.connect(crate::postgres::open::Purpose::Reading).await.unwrap();
    let mut ended = 0;
    while ended < 60 {
        // Only those that are at work.
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() AND state <> 'idle'";
        let count = axe.query(sql, &[]).await.unwrap().len();
        ended += count;
        if count > 0 {
            // Some get as far as their work again, some only as far as connecting.
            walk.until(3).await;
        }
    }
    walk.until(100).await;
    walk.over.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for walk in walks {
        acknowledged.append(&mut walk.await.unwrap());
    }
    assert_eq!(walk.refused.load(Ordering::Relaxed), 0, "each was soon connected again");
    all_are_there(&store, &acknowledged).await;
    let count = acknowledged.len().to_string();
    for table in ["message", "outcome", "notice"] {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), count, "{table}");
    }
    assert_eq!(database.sql("SELECT count(*) FROM queue"), "0");
}
