//! What a death and a close leave behind.

use super::Place;
use super::samples::{
    NOW, UPSTREAM, accept, accept_owned, accepting, after, ended, find, id, ids, lease, lease_of, message,
    record, taken,
};
use postrider_core::contract::{Filter, StoreError};
use postrider_core::delivery::State;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;

/// What was acknowledged is there after a death.
pub async fn everything_survives(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    accept_owned(&*store, [message(2), message(3)]).await;
    record(&*store, [taken(&message(2), "a2"), ended(&message(3), State::Delivered)]).await;
    let all = Filter::all(Viewer::Everything, 9);
    let before = store.list(all.clone()).await.expect("listed");
    drop(store);
    let store = place.open().await;
    assert_eq!(store.list(all).await.expect("listed"), before);
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    assert!(find(&*store, "a2").await.is_some());
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased").notices.len(), 1);
}

/// What was accepted or leased by a process that died is given out again, marked.
pub async fn what_was_in_hand_at_a_death_may_have_been_sent(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), message(2)]).await;
    accept_owned(&*store, [message(3)]).await;
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 1, NOW).await), [id(1)]);
    drop(store);
    let store = place.open().await;
    let leased = lease(&*store).await;
    let marks: Vec<_> =
        leased.iter().map(|delivery| (delivery.message.id, delivery.possible_duplicate)).collect();
    assert_eq!(marks, [(id(1), true), (id(2), false), (id(3), true)]);
}

/// A close in order says that nothing was under way.
pub async fn what_was_in_hand_at_a_close_was_not(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    accept_owned(&*store, [message(2)]).await;
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    store.close().await;
    drop(store);
    let store = place.open().await;
    let leased = lease(&*store).await;
    assert_eq!(ids(&leased), [id(1), id(2)]);
    assert!(leased.iter().all(|delivery| !delivery.possible_duplicate));
}

/// Nothing is pretended.
pub async fn a_closed_store_says_so(place: &impl Place) {
    let store = place.open().await;
    store.close().await;
    store.close().await;
    let accepted = store.accept(vec![accepting(message(1), UPSTREAM, false)], None).await;
    assert!(matches!(accepted, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.parked(1).await, Err(StoreError::Unavailable(_))));
}
