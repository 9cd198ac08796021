//! A connection that goes while a transaction is being committed: what was asked is done once, whether or not it was.

use super::{Database, Postgres, Settings};
use crate::conformance::samples::{
    NOW, SHOP, UPSTREAM, accept, accepting, after, change, ended, id, ids, message,
};
use postrider_core::contract::{Accepted, Once, Record, Store, Told};
use postrider_core::delivery::{Change, PartSet, Queue, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A wire to the database that goes at the worst moments.
struct Wire {
    port: u16,
    /// Commits that are still to be interrupted; the even ones are done and not answered, the odd ones not done.
    cuts: Arc<AtomicUsize>,
}

impl Wire {
    async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&counted)));
            }
        });
        Self { port, cuts }
    }

    /// Interrupts the next commit, done or not.
    fn cut(&self, done: bool) {
        self.cuts.store(if done { 2 } else { 1 }, Ordering::SeqCst);
    }

    fn is_uncut(&self) -> bool {
        self.cuts.load(Ordering::SeqCst) == 0
    }
}

/// Carries octets both ways until it is to be cut.
async fn carry(mut client: TcpStream, mut server: TcpStream, cuts: Arc<AtomicUsize>) {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let commits = |octets: &[u8]| octets.windows(7).any(|octets| octets == b"COMMIT\0");
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let octets = &asked[..length];
                let cut = if commits(octets) { cuts.swap(0, Ordering::SeqCst) } else { 0 };
                if cut == 1 {
                    return;
                }
                server.write_all(octets).await.unwrap();
                if cut == 2 {
                    // Until the database has said that it is done, which nobody hears.
                    let mut heard = Vec::new();
                    while !commits(&heard) {
                        let length = server.read(&mut answered).await.unwrap();
                        heard.extend_from_slice(&answered[..length]);
                    }
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn over_a_wire(database: &Database) -> (Arc<Postgres>, Wire) {
    let url = database.url();
    let port: u16 =
        url.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    let wire = Wire::to(port).await;
    let url = url.replace(&format!(":{port}/"), &format!(":{}/", wire.port));
    (Postgres::open(&url, Settings::default()).await.unwrap(), wire)
}

async fn record(store: &Postgres, change: Change) {
    store.record(Arc::new(Record { changes: vec![change], ..Record::default() })).await.unwrap();
}

#[tokio::test]
async fn what_was_in_doubt_is_done_once() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    // Its day is there already, so that the first commit is not one that fails for want of it.
    database.sql("SELECT make_day(531)");
    for (n, done) in [(1, true), (2, false)] {
        wire.cut(done);
        store.accept(vec![accepting(message(n), UPSTREAM, false)], None).await.unwrap();
        assert!(wire.is_uncut());

        wire.cut(done);
        let leased = store.lease(UPSTREAM, 9, NOW).await.unwrap();
        assert_eq!(ids(&leased), [id(n)], "what was leased is not lost");
        assert!(wire.is_uncut());

        // It returns to the queue once: by then it may be in somebody's hands again.
        let queue = Queue::Put {
            upstream: UPSTREAM,
            due: after(n * 60),
            failed: 1,
            taken: PartSet::default(),
            possible_duplicate: false,
        };
        wire.cut(done);
        record(&store, Change { queue, ..change(&message(n)) }).await;
        assert!(wire.is_uncut());
        assert_eq!(ids(&store.lease(UPSTREAM, 9, after(n * 60)).await.unwrap()), [id(n)]);

        wire.cut(done);
        record(&store, ended(&message(n), State::Delivered)).await;
        assert!(wire.is_uncut());

        wire.cut(done);
        store.told(None, vec![Told { message: id(n), again: None, failed: 0, attempt: None }]).await.unwrap();
        assert!(wire.is_uncut());
    }
    for (table, rows) in [("message", "2"), ("outcome", "2"), ("queue", "0"), ("notice", "0")] {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), rows, "{table}");
    }
}

#[tokio::test]
async fn a_key_in_doubt_is_no_repetition() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    // Its day is there already, so that the first commit is not one that fails for want of it.
    database.sql("SELECT make_day(531)");
    for (n, done) in [(1, true), (2, false)] {
        let once = |answer: &str| {
            Some(Once { account: SHOP, key: format!("k{n}").into(), request: [1; 32], answer: answer.into() })
        };
        wire.cut(done);
        let first = store.accept(vec![accepting(message(n), UPSTREAM, false)], once("one")).await.unwrap();
        assert!(wire.is_uncut());
        assert_eq!(first, Accepted::Now);
        let second = store.accept(vec![accepting(message(n + 10), UPSTREAM, false)], once("two")).await;
        assert_eq!(second.unwrap(), Accepted::Before("one".into()));
    }
    assert_eq!(database.sql("SELECT count(*) FROM message"), "2");
}

#[tokio::test]
async fn names_and_claims_in_doubt_are_given_once() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    accept(&*store, [message(1)]).await;
    wire.cut(true);
    let numbers = store.number(vec![("account".into(), "a".into())]).await.unwrap();
    assert!(wire.is_uncut());
    assert_eq!(numbers, store.number(vec![("account".into(), "a".into())]).await.unwrap());
    wire.cut(true);
    let claim = store.claim(Some(SHOP), id(1), NOW).await.unwrap();
    assert!(wire.is_uncut());
    assert!(matches!(claim, postrider_core::contract::Claim::Taken(_)), "{claim:?}");
}
