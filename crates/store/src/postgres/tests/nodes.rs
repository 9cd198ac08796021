//! Several nodes on one database, and several processes that take themselves for the same node.

use super::{Database, Postgres};
use crate::conformance::samples::{
    NOW, UPSTREAM, accept, accept_owned, accepting, ended, id, ids, lease, lease_of, message, record, wanted,
};
use postrider_core::contract::{Claim, Store, StoreError};
use postrider_core::delivery::{Change, PartSet, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::node::{Nodes, Presence};
use postrider_core::principal::Viewer;
use std::sync::Arc;

async fn lease_all(store: Arc<Postgres>) -> Vec<MessageId> {
    let mut all = Vec::new();
    loop {
        let mut leased = ids(&lease_of(&*store, UPSTREAM, 7, NOW).await);
        // What the other node was at is passed over, and may be there the next time.
        if leased.is_empty() && store.depths().await.unwrap().queued.is_empty() {
            return all;
        }
        let left = leased.iter().map(|id| {
            let n = id.number() - message(0).id.number();
            Change { queue: Queue::Leave, ..ended(&message(n), State::Delivered) }
        });
        record(&*store, left).await;
        all.append(&mut leased);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_is_leased_by_two_nodes() {
    let database = Database::new();
    let (one, two) = (database.node(1).await, database.node(2).await);
    accept(&*one, (0..1000).map(message)).await;
    let leasing = [tokio::spawn(lease_all(one.clone())), tokio::spawn(lease_all(two.clone()))];
    let mut all = Vec::new();
    for leased in leasing {
        all.append(&mut leased.await.unwrap());
    }
    all.sort();
    assert_eq!(all, (0..1000).map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_node_returns_only_what_it_holds() {
    let database = Database::new();
    let (one, two) = (database.node(1).await, database.node(2).await);
    accept_owned(&*one, [message(1), message(2)]).await;
    two.release(vec![id(1)]).await.unwrap();
    let retry = Queue::Put {
        upstream: UPSTREAM,
        due: NOW,
        failed: 1,
        taken: PartSet::default(),
        possible_duplicate: false,
    };
    record(&*two, [Change { queue: retry, ..crate::conformance::samples::change(&message(2)) }]).await;
    assert_eq!(lease(&*two).await, []);
    assert!(matches!(two.claim(Viewer::Everything, id(1), NOW).await.unwrap(), Claim::Busy));
    one.release(vec![id(1)]).await.unwrap();
    assert_eq!(ids(&lease(&*two).await), [id(1)]);
    // A death frees what the dead node held, and a close what the closed one held.
    drop(one);
    let one = database.node(1).await;
    let leased = lease(&*one).await;
    assert_eq!((ids(&leased), leased[0].possible_duplicate), (vec![id(2)], true));
    two.close().await;
    let leased = lease(&*one).await;
    assert_eq!((ids(&leased), leased[0].possible_duplicate), (vec![id(1)], false));
}

#[tokio::test]
async fn of_two_processes_with_one_number_only_the_later_one_writes() {
    let database = Database::new();
    let first = database.node(1).await;
    accept_owned(&*first, [message(1)]).await;
    let second = database.node(1).await;
    let refused = first.accept(vec![accepting(message(2), UPSTREAM, true)], None).await;
    assert!(matches!(refused, Err(StoreError::Superseded)), "{refused:?}");
    let beat = first.beat(&Presence::default()).await;
    assert!(matches!(beat, Err(StoreError::Superseded)), "{beat:?}");
    assert!(first.lease(UPSTREAM, wanted(9, 9), NOW).await.is_err());
    let leased = lease(&*second).await;
    assert_eq!((ids(&leased), leased[0].possible_duplicate), (vec![id(1)], true));
    // Its close takes nothing from the other's hands.
    first.close().await;
    assert_eq!(lease(&*second).await, []);
    accept_owned(&*second, [message(2)]).await;
}
