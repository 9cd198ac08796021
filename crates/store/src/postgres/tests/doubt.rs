//! A connection that goes while a transaction is being committed: what was asked is done once, whether or not it was.

use super::{Database, Postgres, Settings};
use crate::conformance::samples::{
    NOW, SHOP, UPSTREAM, accept, accepting, after, change, ended, id, ids, lease_of, message, wanted,
};
use postrider_core::contract::{Accepted, Decided, Once, Record, Store, Told};
use postrider_core::delivery::{Change, PartSet, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A wire to the database that goes at the worst moments.
struct Wire {
    port: u16,
    /// Commits that are still to be interrupted; the even ones are done and not answered, the odd ones not done.
    cuts: Arc<AtomicUsize>,
    /// Whether nobody gets through any more.
    blocked: Arc<AtomicBool>,
}

impl Wire {
    async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let blocked = Arc::new(AtomicBool::new(false));
        let (counted, closed) = (Arc::clone(&cuts), Arc::clone(&blocked));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&counted)));
            }
        });
        Self { port, cuts, blocked }
    }

    /// Interrupts the next commit, done or not.
    fn cut(&self, done: bool) {
        self.cuts.store(if done { 2 } else { 1 }, Ordering::SeqCst);
    }

    /// Lets no new connection through.
    fn block(&self, blocked: bool) {
        self.blocked.store(blocked, Ordering::SeqCst);
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

/// Leases until there are so many: what was taken for nobody is returned soon.
async fn lease_some(store: &Postgres, enough: usize) -> Vec<MessageId> {
    let mut leased = Vec::new();
    let leasing = async {
        while leased.len() < enough {
            leased.append(&mut ids(&lease_of(&*store, UPSTREAM, 9, NOW).await));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), leasing).await.expect("it never came back");
    leased
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
        let leased = lease_of(&*store, UPSTREAM, 9, NOW).await;
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
        assert_eq!(
            ids(&store.lease(UPSTREAM, wanted(9, 9), after(n * 60)).await.unwrap().deliveries),
            [id(n)]
        );

        wire.cut(done);
        record(&store, ended(&message(n), State::Delivered)).await;
        assert!(wire.is_uncut());

        wire.cut(done);
        store
            .told(Lane::Webhooks, vec![Told { notice: id(n).into(), again: None, failed: 0, attempt: None }])
            .await
            .unwrap();
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
        let once = |message: u64| {
            Some(Once {
                account: SHOP,
                key: format!("k{n}").into(),
                request: [1; 32],
                decided: vec![Decided::Accepted(id(message))],
            })
        };
        wire.cut(done);
        let first = store.accept(vec![accepting(message(n), UPSTREAM, false)], once(1)).await.unwrap();
        assert!(wire.is_uncut());
        assert_eq!(first, Accepted::ALL);
        let second = store.accept(vec![accepting(message(n + 10), UPSTREAM, false)], once(2)).await;
        assert_eq!(second.unwrap(), Accepted::Before(vec![Decided::Accepted(id(1))]));
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
    let claim = store.claim(Viewer::Account(SHOP), id(1), NOW).await.unwrap();
    assert!(wire.is_uncut());
    assert!(matches!(claim, postrider_core::contract::Claim::Taken(_)), "{claim:?}");
}

/// What was given up in doubt, and was done, is known as soon as the database can be asked.
#[tokio::test]
async fn what_was_given_up_in_doubt_is_put_right() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    accept(&*store, [message(1), message(2)]).await;
    // The lanes are connected, and can't be again.
    store.record(Arc::new(Record::default())).await.unwrap();
    lease_of(&*store, UPSTREAM, 0, NOW).await;
    wire.block(true);
    wire.cut(true);
    let leased = store.lease(UPSTREAM, wanted(1, 1), NOW).await;
    assert!(leased.is_err() && wire.is_uncut());
    wire.block(false);
    let mut again = lease_some(&store, 2).await;
    again.sort();
    assert_eq!(again, [id(1), id(2)]);

    // A record is asked for again by who could not be told; it may have been done.
    let queue = Queue::Put {
        upstream: UPSTREAM,
        due: after(60),
        failed: 1,
        taken: PartSet::default(),
        possible_duplicate: false,
    };
    let back =
        Arc::new(Record { changes: vec![Change { queue, ..change(&message(1)) }], ..Record::default() });
    wire.block(true);
    wire.cut(true);
    assert!(store.record(Arc::clone(&back)).await.is_err());
    wire.block(false);
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 9, after(60)).await), [id(1)]);
    store.record(back).await.unwrap();
    assert_eq!(lease_of(&*store, UPSTREAM, 9, after(60)).await, [], "it is in hand and stays there");
}

/// A client may hang up while its message is being taken out of the queue.
#[tokio::test]
async fn what_is_taken_for_nobody_is_returned() {
    let database = Database::new();
    let store = database.node(1).await;
    accept(&*store, [message(1)]).await;
    {
        let claim = store.claim(Viewer::Everything, id(1), NOW);
        let mut claim = std::pin::pin!(claim);
        let asked = std::future::poll_fn(|context| {
            let _ = claim.as_mut().poll(context);
            std::task::Poll::Ready(())
        });
        asked.await;
    }
    assert_eq!(lease_some(&store, 1).await, [id(1)]);
    assert_eq!(database.sql("SELECT possible_duplicate FROM queue"), "f");
}

/// A client that was told to try again must not have its message sent as well.
#[tokio::test]
async fn what_was_refused_and_stored_is_taken_out_again() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    database.sql("SELECT make_day(531)");
    // The lane is connected, and can't be again.
    accept(&*store, [message(1)]).await;
    let count =
        |table: &str| database.sql(&format!("SELECT count(*) FROM {table} WHERE id <> {}", id(1).number()));
    for (n, owned) in [(2, true), (3, false)] {
        wire.block(true);
        wire.cut(true);
        let refused = store.accept(vec![accepting(message(n), UPSTREAM, owned)], None).await;
        assert!(refused.is_err() && wire.is_uncut());
        assert_eq!((count("message"), count("queue")), ("1".into(), "1".into()));
        wire.block(false);
        // Nothing more is asked of the store.
        until(|| count("queue") == "0").await;
        assert_eq!(count("message"), "0");
    }
    let leased = lease_of(&*store, UPSTREAM, 9, NOW).await;
    assert_eq!(ids(&leased), [id(1)]);
}

/// Somebody has it in hand, or has tried it: it is sent, and counted.
#[tokio::test]
async fn what_was_refused_and_is_being_sent_stays() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    database.sql("SELECT make_day(531)");
    accept(&*store, [message(1)]).await;
    for (n, happened) in [(2, "owner = 77"), (3, "failed = 1"), (4, "taken = 1")] {
        wire.block(true);
        wire.cut(true);
        let refused = store.accept(vec![accepting(message(n), UPSTREAM, false)], None).await;
        assert!(refused.is_err() && wire.is_uncut());
        database.sql(&format!("UPDATE queue SET {happened} WHERE id = {}", id(n).number()));
        wire.block(false);
        // The next one is stored when it is known what became of this one.
        accept(&*store, [message(n + 10)]).await;
        let there = database.sql(&format!(
            "SELECT count(*) FROM message JOIN queue USING (id) WHERE id = {}",
            id(n).number()
        ));
        assert_eq!(there, "1", "{happened}");
    }
}

/// A repetition with the key is told that it was accepted: so it is sent.
#[tokio::test]
async fn what_was_refused_with_a_key_is_freed() {
    let database = Database::new();
    let (store, wire) = over_a_wire(&database).await;
    database.sql("SELECT make_day(531)");
    accept(&*store, [message(1)]).await;
    let once = || {
        let decided = vec![Decided::Accepted(id(2))];
        Some(Once { account: SHOP, key: "k".into(), request: [1; 32], decided })
    };
    wire.block(true);
    wire.cut(true);
    assert!(
        store.accept(vec![accepting(message(2), UPSTREAM, true)], once()).await.is_err() && wire.is_uncut()
    );
    let owner = || database.sql(&format!("SELECT owner FROM queue WHERE id = {}", id(2).number()));
    assert_ne!(owner(), "0");
    wire.block(false);
    until(|| owner() == "0").await;
    let again = store.accept(vec![accepting(message(3), UPSTREAM, true)], once()).await.unwrap();
    assert_eq!(again, Accepted::Before(vec![Decided::Accepted(id(2))]));
}

/// A server that stood still with a transaction goes on with it when its node has long given it up.
#[tokio::test]
async fn what_was_given_up_is_not_done_later() {
    let database = Database::new();
    let _store = database.node(1).await;
    let last: i64 = database.sql("SELECT number FROM batch WHERE lane = 2").parse().unwrap();
    let epoch = database.sql("SELECT epoch FROM batch WHERE lane = 2");
    let sql = |function: &str, number: i64| {
        format!("SELECT {function}(1::smallint, 2::smallint, {epoch}::bigint, {number}::bigint)")
    };
    assert_eq!(database.sql(&sql("give_up_batch", last)), "t", "it was committed");
    assert_eq!(database.sql(&sql("give_up_batch", last + 2)), "f");
    assert_eq!(
        database.sql(&sql("give_up_batch", last + 2)),
        "f",
        "asked again, it is not taken for committed"
    );
    let done = format!(
        "DO $$ BEGIN PERFORM {}; RAISE 'done'; EXCEPTION WHEN serialization_failure THEN NULL; END $$",
        &sql("begin_batch", last + 2)["SELECT ".len()..]
    );
    database.sql(&done);
    assert_eq!(database.sql("SELECT number FROM batch WHERE lane = 2"), (last + 3).to_string());
}

async fn until(holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), holding).await.expect("it never was");
}
